"""Where media comes from: one small module a kind, a function of the seed and a frame's number.

A source hands on frames, `frame(number, params)`, how far apart they are, `interval(params)` in
seconds, and what of some parameters it cannot send. It is real media: an independent decoder reads
it. What cannot be encoded here (Opus, G.722, H264, JPG, PNG) comes from clips of the package, or
from given files.
"""

from __future__ import annotations

from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import G722, OPUS
from mockzoom.zoom.rtms.sources.audio import Tone, Wav
from mockzoom.zoom.rtms.sources.files import FileFrames, Pictures
from mockzoom.zoom.rtms.sources.kind import Frame, MediaSource, Participant, participants
from mockzoom.zoom.rtms.sources.lines import Lines, parse_vtt, read_lines

__all__ = [
    "FileFrames",
    "Frame",
    "Lines",
    "MediaSource",
    "Participant",
    "Pictures",
    "Tone",
    "Wav",
    "parse_vtt",
    "participants",
    "read_lines",
    "source_of",
]  # fmt: skip


def source_of(kind: str, path: str | Path) -> MediaSource:
    """Return the source of a kind of media from a file or folder; raise `UsageError`."""
    if kind in ("transcript", "chat"):
        return read_lines(path)
    if kind == "audio" and Path(path).suffix.lower() == ".wav":
        return Wav(path)
    found = FileFrames(path)
    if (found.codec in (OPUS, G722)) != (kind == "audio"):
        raise UsageError(f"{path}: this is no {kind}; expected {_EXPECTED[kind == 'audio']}")
    return found


_EXPECTED = {True: "a .wav, .opus or .g722 file", False: ".h264, .jpg or .png files"}
