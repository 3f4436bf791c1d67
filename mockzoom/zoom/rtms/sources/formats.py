"""Files of media as common tools write them, taken apart into frames.

| file | frames |
|---|---|
| `.h264`, `.264` | access units of an Annex B stream |
| `.jpg`, `.jpeg`, `.mjpeg`, `.png` | pictures, one or several in a row |
| `.opus` | packets of Ogg Opus, or one packet |
| `.g722` | samples, which are cut when they are sent |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from mockzoom.errors import UsageError, nearest
from mockzoom.zoom.rtms.params import G722, H264, JPG, OPUS, PNG

MOST_BYTES = 64 * 1024 * 1024
"""Of all files of one source."""
_START_CODE = re.compile(rb"\x00?\x00\x00\x01")
_SLICE, _IDR = 1, 5
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"


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
