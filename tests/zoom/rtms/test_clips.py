"""Clips and files of media: somebody else's decoder reads what is sent."""

from __future__ import annotations

import io
from array import array
from base64 import b64decode
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import (
    G711,
    G722,
    H264,
    JPG,
    OPUS,
    PNG,
    SIZES,
    Refusal,
    confirmed,
)
from mockzoom.zoom.rtms.sources import FileFrames, Pictures, Tone, source_of
from mockzoom.zoom.rtms.sources.files import CLIPS, MOST_BYTES

av = pytest.importorskip("av")
SOUND = {"tone-1.opus": 1, "tone-2.opus": 2}


def asked(kind: str, **params: int) -> dict[str, Any]:
    """Return the parameters that are confirmed."""
    found = confirmed([kind], {kind: params})
    assert not isinstance(found, Refusal), found.reason
    return found[kind]


def decoded(name: str, packets: Iterable[bytes], **context: Any) -> list[Any]:
    codec = av.CodecContext.create(name, "r")
    for key, value in context.items():
        setattr(codec, key, value)
    frames = [frame for data in packets for frame in codec.decode(av.Packet(data))]
    return frames + list(codec.decode(None))


def data_of(source: Any, numbers: Iterable[int], params: dict[str, Any]) -> list[bytes]:
    sent = [source.frames(number, params, 2)[0] for number in numbers]
    assert all(frame.length == len(b64decode(frame.data)) for frame in sent)
    return [b64decode(frame.data) for frame in sent]


@pytest.mark.parametrize("kind", ["video", "deskshare"])
@pytest.mark.parametrize("resolution", SIZES)
def test_h264_decodes_to_moving_pictures_of_the_size_that_was_asked_for(
    kind: str, resolution: int
) -> None:
    params = asked(kind, codec=H264, resolution=resolution, fps=30)
    source = Pictures(kind)
    assert source.lacks(params) is None
    frames = decoded("h264", data_of(source, range(20), params))
    assert [(frame.width, frame.height) for frame in frames] == [SIZES[resolution]] * 20
    first, second = (bytes(frame.planes[0]) for frame in frames[:2])
    assert first != second
    key = [n for n, data in enumerate(data_of(source, range(20), params)) if b"\0\0\1\x67" in data]
    assert key == [0, 5, 10, 15]


@pytest.mark.parametrize("kind", ["video", "deskshare"])
@pytest.mark.parametrize(("codec", "form"), [(JPG, "JPEG"), (PNG, "PNG")])
@pytest.mark.parametrize("resolution", SIZES)
def test_stills_are_pictures_that_pillow_reads(
    kind: str, codec: int, form: str, resolution: int
) -> None:
    image = pytest.importorskip("PIL.Image")
    params = asked(kind, codec=codec, resolution=resolution, fps=1)
    data = data_of(Pictures(kind), range(2), params)
    assert data[0] != data[1]
    for each in data:
        picture = image.open(io.BytesIO(each))
        picture.load()
        assert (picture.format, picture.size) == (form, SIZES[resolution])


def test_the_share_is_another_picture_than_the_camera_and_each_person_has_a_frame() -> None:
    params = asked("video", codec=H264, fps=25, data_opt=4)
    frames = Pictures("video").frames(0, params, 3)
    assert [frame.who for frame in frames] == [0, 1, 2]
    assert frames[0].lasts == 1 / 25
    assert frames[0].data != Pictures("deskshare").frames(0, asked("deskshare"), 3)[0].data


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("step", [20, 60, 120])
def test_opus_packets_last_as_long_as_the_send_rate(channels: int, step: int) -> None:
    params = asked("audio", codec=OPUS, channel=channels, send_rate=step)
    assert params["sample_rate"] == 3
    source = Tone(1)
    assert source.lacks(params) is None
    numbers = range(1200 // step)
    frames = decoded("libopus", data_of(source, numbers, params), sample_rate=48_000,
                     layout="mono" if channels == 1 else "stereo")  # fmt: skip
    assert sum(frame.samples for frame in frames) == pytest.approx(48 * 1200, abs=960)
    assert {len(frame.layout.channels) for frame in frames} == {channels}
    loudest = max(max(abs(value) for value in array("h", bytes(frame.planes[0])))
                  for frame in frames if frame.format.name == "s16")  # fmt: skip
    assert loudest > 3000


def test_opus_beyond_a_packet_is_lacking() -> None:
    lack = Tone(1).lacks(asked("audio", codec=OPUS, send_rate=140))
    assert lack is not None
    assert lack[0] == "send_rate"


@pytest.mark.parametrize(("codec", "name", "step"), [(G722, "g722", 20), (G722, "g722", 300),
                                                     (G711, "pcm_mulaw", 20)])  # fmt: skip
def test_narrow_band_sound_decodes_to_the_tone(codec: int, name: str, step: int) -> None:
    params = asked("audio", codec=codec, send_rate=step)
    assert params["sample_rate"] == (1 if codec == G722 else 0)
    packets = data_of(Tone(1), range(900 // step), params)
    frames = decoded(name, packets, sample_rate=16_000 if codec == G722 else 8_000, layout="mono")
    samples = array("h", b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames))
    assert len(samples) == 900 * (16 if codec == G722 else 8)
    crossings = sum(1 for a, b in pairwise(samples) if a < 0 <= b)
    assert crossings / 0.9 == pytest.approx(441 if codec == G722 else 340, rel=0.25)
    assert max(samples) > 5000


def test_g722_at_another_rate_is_lacking() -> None:
    assert Tone(1).lacks(asked("audio", codec=G722, sample_rate=0)) == (
        "sample_rate", "G.722 has 16 kHz",
    )  # fmt: skip


def test_all_clips_together_are_small() -> None:
    assert sum(path.stat().st_size for path in CLIPS.iterdir()) < 500_000


# -- files that are given ----------------------------------------------------------------------


def test_a_file_may_hold_many_frames_and_a_folder_many_files(tmp_path: Path) -> None:
    whole = CLIPS / "video-360.h264"
    frames = data_of(FileFrames(whole), range(10), asked("video", codec=H264, fps=25))
    assert b"".join(frames) == whole.read_bytes()
    for number, frame in enumerate(frames):
        (tmp_path / f"{number}.264").write_bytes(frame)
    source = source_of("video", tmp_path)
    assert data_of(source, range(10), asked("video", codec=H264, fps=25)) == frames
    assert source.lacks(asked("video", codec=JPG)) == (
        "codec", "the files hold codec 7, asked was 5",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "data", "words"),
    [
        ("video", "a.mov", b"x", "no media is known by the ending '.mov'"),
        ("video", "a.h265", b"x", "did you mean .h264"),
        ("video", "a.jpg", b"", "found none"),
        ("video", "a.png", b"no picture", "found none"),
        ("video", "a.opus", b"x", "this is no video; expected .h264, .jpg or .png files"),
        ("deskshare", "a.g722", b"x", "this is no deskshare"),
        ("audio", "a.jpg", b"\xff\xd8\xff", "expected a .wav, .opus or .g722 file"),
        ("audio", "a.opus", b"OggS" + bytes(22) + b"\xff", "found none"),
        ("audio", "a.wav", b"RIFF", "cannot be read as WAV"),
        ("chat", "a.txt", b"\xff", "cannot be read as text"),
        ("video", "none.png", None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_with_the_reason(
    tmp_path: Path, kind: str, name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=words):
        source_of(kind, tmp_path / name)


def test_folders_of_several_codecs_and_large_files_are_refused(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.png"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="files of several codecs"):
        FileFrames(tmp_path)
    with (tmp_path / "large.h264").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UsageError, match="more than 64 MB"):
        FileFrames(tmp_path / "large.h264")
