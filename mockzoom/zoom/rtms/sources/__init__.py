"""Where media comes from: one small module a kind, a function of the seed and a frame's number.

A source hands on frames, `frame(number, params)`, and how far apart they are,
`interval(params)` in seconds. It is real media: an independent decoder reads it. What cannot be
encoded here (Opus, G.711, G.722, H264) comes from given files only.
"""

from __future__ import annotations

from mockzoom.zoom.rtms.sources.files import FileFrames
from mockzoom.zoom.rtms.sources.kind import Frame, MediaSource, Participant, participants
from mockzoom.zoom.rtms.sources.lines import Lines, parse_vtt, read_lines
from mockzoom.zoom.rtms.sources.stills import Stills
from mockzoom.zoom.rtms.sources.tone import Tone
from mockzoom.zoom.rtms.sources.wav import Wav

__all__ = [
    "FileFrames",
    "Frame",
    "Lines",
    "MediaSource",
    "Participant",
    "Stills",
    "Tone",
    "Wav",
    "parse_vtt",
    "participants",
    "read_lines",
]  # fmt: skip
