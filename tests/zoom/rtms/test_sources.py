"""Media: it is real, the same for the same seed, and decoded by somebody else's decoder."""

from __future__ import annotations

import math
import wave
from array import array
from base64 import b64decode
from itertools import pairwise
from pathlib import Path

import pytest

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import DEFAULTS, G711, OPUS
from mockzoom.zoom.rtms.sources import (
    Lines,
    Tone,
    Wav,
    participants,
    read_lines,
)
from mockzoom.zoom.rtms.sources.audio import mu_law

AUDIO = DEFAULTS["audio"]


@pytest.mark.parametrize("rate", range(4))
@pytest.mark.parametrize("step", [20, 60, 1000])
def test_a_tone_is_l16_of_one_pitch_without_a_seam(rate: int, step: int) -> None:
    tone, hz = Tone(3), (8000, 16000, 32000, 48000)[rate]
    params = {**AUDIO, "sample_rate": rate, "send_rate": step, "data_opt": 2}
    data = b"".join(b64decode(tone.frames(n, params, 2)[1].data) for n in range(2000 // step))
    samples = array("h", data)
    assert len(samples) == 2000 // step * step * hz // 1000
    crossings = sum(1 for a, b in pairwise(samples) if a < 0 <= b)
    seconds = len(samples) / hz
    assert abs(crossings / seconds - tone.pitch(1)) <= 1
    turn = 2 * math.pi * tone.pitch(1) / hz
    assert all(
        abs(sample - 8000 * math.sin(turn * index)) < 1.01
        for index, sample in enumerate(samples[: hz // 2])
    )


def test_frames_of_a_second_differ_and_people_have_tones_of_their_own() -> None:
    tone = Tone(1)
    params = {**AUDIO, "data_opt": 2}
    frames = {frame.data for n in range(50) for frame in tone.frames(n, params, 3)}
    assert len(frames) == 150
    assert len(tone.frames(0, AUDIO, 3)) == 1
    assert Tone(1).frames(7, params, 2) == tone.frames(7, params, 2)
    assert Tone(2).frames(7, params, 2) != tone.frames(7, params, 2)


def test_a_wav_file_is_sent_as_it_is_and_at_its_own_rate(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    data = array("h", range(-1000, 1000)).tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(data)
    source = Wav(path)
    sent = b"".join(b64decode(source.frames(n, AUDIO, 1)[0].data) for n in range(25))
    assert sent == data * 4
    assert source.lacks(AUDIO) is None
    assert source.lacks({**AUDIO, "sample_rate": 3}) == (
        "sample_rate", "the WAV file has 16000 Hz, asked were 48000",
    )  # fmt: skip
    assert (source.lacks({**AUDIO, "codec": OPUS}) or ("",))[0] == "codec"
    (frame,) = source.frames(0, {**AUDIO, "codec": G711}, 1)
    assert (b64decode(frame.data), frame.length) == (mu_law(data[:640]), 320)


def test_a_wav_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(b"\0" * 8)
    with pytest.raises(UsageError, match="2 channels of 16 bits at 44100 Hz; expected one"):
        Wav(path)


def test_lines_come_from_text_from_webvtt_and_from_the_seed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n\n two \nthree\n")
    (tmp_path / "b.vtt").write_text(
        "WEBVTT\n\nNOTE nothing\n\n1\n00:01.000 --> 00:02.000\n<v Ann>Hello\nthere\n\n"
        "00:00:03.000 --> 00:00:04.000 align:start\nBye\n"
    )
    assert read_lines(tmp_path / "a.txt").lines == ("one", "two", "three")
    assert read_lines(tmp_path / "b.vtt").lines == ("Hello there", "Bye")
    assert Lines.drawn(1).lines == Lines.drawn(1).lines != Lines.drawn(2).lines
    frames = [read_lines(tmp_path / "a.txt").frames(n, {}, 2)[0] for n in range(4)]
    assert [(frame.data, frame.who) for frame in frames] == [
        ("one", 0), ("two", 1), ("three", 0), ("one", 1),
    ]  # fmt: skip
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UsageError, match="found none"):
        read_lines(tmp_path / "empty.txt")


def test_people_have_names_of_their_own() -> None:
    assert len({person.user_id for person in participants(1, 5)}) == 5
    assert participants(1) == participants(1)
