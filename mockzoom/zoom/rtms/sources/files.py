"""Frames from files, for what is not encoded here: Opus, G.722, H264, JPG and PNG.

| file | frames |
|---|---|
| `.h264`, `.264` | access units of an Annex B stream |
| `.jpg`, `.jpeg`, `.mjpeg`, `.png` | pictures, one or several in a row |
| `.opus` | packets of Ogg Opus, or one packet |
| `.g722` | samples, which are cut when they are sent |

The clips of the package are such files, made by `tests/zoom/rtms/make_clips.py`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from mockzoom.errors import UsageError, nearest
from mockzoom.zoom.rtms.params import (
    AUDIO_MULTI,
    G722,
    H264,
    JPG,
    OPUS,
    PNG,
    SIZES,
    VIDEO_INDIVIDUAL,
)
from mockzoom.zoom.rtms.sources.kind import Frame, Lack, Params

MOST_BYTES = 64 * 1024 * 1024
"""Of all files of one source."""
_START_CODE = re.compile(rb"\x00?\x00\x00\x01")
_SLICE, _IDR = 1, 5
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_OPUS_MS = 20
"""What an Opus packet of a clip lasts."""
_MOST_OPUS_MS = 120
"""What one Opus packet can last (RFC 6716)."""
_G722_BYTES_A_MS = 8


class FileFrames:
    """The frames of a file or folder, over and over, at the rate that the consumer asks for.

    Raises `UsageError` where there is nothing to read.
    """

    def __init__(self, path: str | Path) -> None:
        self.codec, self._frames = frames_of(path)
        self._made: dict[tuple[int, int], tuple[str, int]] = {}

    def lacks(self, params: Params) -> Lack | None:
        """Return what of these parameters cannot be sent, if anything."""
        if params["codec"] != self.codec:
            return "codec", f"the files hold codec {self.codec}, asked was {params['codec']}"
        if self.codec == G722 and params["sample_rate"] != 1:
            return "sample_rate", "G.722 has 16 kHz"
        if self.codec == OPUS and params["send_rate"] > _OPUS_MS:
            few = params["send_rate"] <= _MOST_OPUS_MS and self._can_be_joined()
            return None if few else ("send_rate", "these Opus packets last 20 ms, joined 120 ms")
        return None

    def interval(self, params: Params) -> float:
        """Return the seconds between two frames."""
        if "send_rate" in params:
            return float(params["send_rate"]) / 1000
        return 1.0 / float(params["fps"])

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the one frame of this number, or one for each of the people."""
        several = params.get("data_opt") in (AUDIO_MULTI, VIDEO_INDIVIDUAL)
        lasts = self.interval(params)
        if not several:
            mixed = "send_rate" in params
            return (self._frame(number, params, None if mixed else 0, lasts),)
        return [self._frame(number + who, params, who, lasts) for who in range(people)]

    def _frame(self, number: int, params: Params, who: int | None, lasts: float) -> Frame:
        step = int(params.get("send_rate", 0))
        key = number % self._cycle(step), step
        if key not in self._made:
            data = self._data(key[0], step)
            self._made[key] = b64encode(data).decode(), len(data)
        return Frame(*self._made[key], who, lasts)

    def _cycle(self, step: int) -> int:
        """Return after how many frames they come again."""
        if self.codec == G722:
            return max(1, len(self._frames[0]) // (step * _G722_BYTES_A_MS))
        return len(self._frames)

    def _data(self, number: int, step: int) -> bytes:
        frames = self._frames
        if self.codec == G722:
            size = step * _G722_BYTES_A_MS
            whole = frames[0] * (1 + size // len(frames[0]))
            return whole[number * size : (number + 1) * size]
        several = step // _OPUS_MS if self.codec == OPUS else 1
        if several <= 1:
            return frames[number]
        return _joined([frames[(number * several + each) % len(frames)] for each in range(several)])

    def _can_be_joined(self) -> bool:
        """Whether the packets hold one frame each, of one configuration."""
        return len({frame[0] for frame in self._frames}) == 1 and self._frames[0][0] & 3 == 0


def _joined(packets: Sequence[bytes]) -> bytes:
    """Return one Opus packet with the frames of several (RFC 6716, code 3 with their lengths)."""
    head = bytes([packets[0][0] | 3, 0x80 | len(packets)])
    sizes = b"".join(_size(len(packet) - 1) for packet in packets[:-1])
    return head + sizes + b"".join(packet[1:] for packet in packets)


def _size(size: int) -> bytes:
    return bytes([size]) if size < 252 else bytes([252 + (size & 3), (size - 252) >> 2])


CLIPS = Path(__file__).with_name("clips")
_OF_CODEC: Mapping[int, str] = {JPG: "mjpeg", PNG: "png", H264: "h264"}


@cache
def clip(name: str) -> FileFrames:
    """Return a clip of the package by its file's name."""
    return FileFrames(CLIPS / name)


class Pictures:
    """Test pictures of the `kind` `video` or `deskshare`, in every codec and resolution."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def lacks(self, params: Params) -> Lack | None:
        """Return nothing: there is a clip of each."""
        return None

    def interval(self, params: Params) -> float:
        """Return the seconds between two pictures."""
        return 1.0 / float(params["fps"])

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return one picture, or one for each participant."""
        height = SIZES[params["resolution"]][1]
        name = f"{self.kind}-{height}.{_OF_CODEC[params['codec']]}"
        return clip(name).frames(number, params, people)


# -- files taken apart into frames -------------------------------------------------------------


def frames_of(path: str | Path) -> tuple[int, list[bytes]]:
    """Return the codec and the frames of a file, or of a folder's files in the order of names.

    Raises `UsageError` where there is nothing to read, or no one codec.
    """
    place = Path(path)
    try:
        inside = sorted(place.iterdir()) if place.is_dir() else [place]
        files = [item for item in inside if not item.is_dir()]
        if sum(item.stat().st_size for item in files) > MOST_BYTES:
            raise UsageError(f"{path}: more than {MOST_BYTES // 2**20} MB; expected a short clip")
        codecs = {_codec(item) for item in files}
        data = [item.read_bytes() for item in files]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(codecs) > 1:
        raise UsageError(f"{path}: files of several codecs; expected files of one kind")
    codec = codecs.pop() if codecs else 0
    frames = [frame for each in data for frame in _SPLIT.get(codec, _whole)(each) if frame]
    if not frames:
        raise UsageError(f"{path}: expected frames of media; found none")
    return codec, frames


def _codec(path: Path) -> int:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{path}: no media is known by the ending {suffix!r}{nearest(suffix, SUFFIXES)}"
            f" (known: {', '.join(SUFFIXES)})"
        )
    return SUFFIXES[suffix]


def _whole(data: bytes) -> Iterable[bytes]:
    return (data,)


def _access_units(data: bytes) -> Iterator[bytes]:
    """Yield what belongs to one picture: up to its slices, the first of which has macroblock 0."""
    starts = [found.start() for found in _START_CODE.finditer(data)]
    begin, has_slice = 0, False
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        header = data.index(b"\x01", start) + 1
        unit = data[header] & 0x1F if header < end else 0
        is_slice = unit in (_SLICE, _IDR)
        first = is_slice and header + 1 < end and data[header + 1] & 0x80
        if has_slice and (first or not is_slice):
            yield data[begin:start]
            begin, has_slice = start, False
        has_slice = has_slice or is_slice
    yield data[begin:]


def _jpegs(data: bytes) -> Iterable[bytes]:
    return [_JPEG + part for part in data.split(_JPEG)[1:]]


def _pngs(data: bytes) -> Iterable[bytes]:
    return [_PNG + part for part in data.split(_PNG)[1:]]


def _opus(data: bytes) -> Iterator[bytes]:
    """Yield the packets of an Ogg stream after its two headers; what is no Ogg is one packet."""
    if not data.startswith(b"OggS"):
        yield data
        return
    packets, at, packet = 0, 0, b""
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        count = data[at + 26]
        body = at + 27 + count
        for size in data[at + 27 : body]:
            packet += data[body : body + size]
            body += size
            if size < 255:
                packets += 1
                if packets > 2:
                    yield packet
                packet = b""
        at = body


SUFFIXES: Mapping[str, int] = {
    ".h264": H264, ".264": H264, ".jpg": JPG, ".jpeg": JPG, ".mjpeg": JPG, ".png": PNG,
    ".opus": OPUS, ".g722": G722,
}  # fmt: skip
"""Codecs by the ending of a file's name."""
_SPLIT: Mapping[int, Callable[[bytes], Iterable[bytes]]] = {
    H264: _access_units, JPG: _jpegs, PNG: _pngs, OPUS: _opus,
}  # fmt: skip
