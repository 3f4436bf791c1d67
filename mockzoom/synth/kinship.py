"""Enumerated fields that go together: a transcript is a VTT file, a thumbnail a JPG.

From the descriptions of file_type, file_extension and recording_type in Zoom's recording events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockzoom.model import JSON

_FILE_OF_RECORDING = {
    "audio_only": "M4A", "audio_only_each_participant": "M4A", "audio_transcript": "TRANSCRIPT",
    "chat_file": "CHAT", "cc_transcript": "CC", "closed_caption": "CC", "poll": "CSV",
    "timeline": "TIMELINE", "thumbnail": "TB", "chat_message": "CHAT_MESSAGE",
}  # fmt: skip
_EXTENSION_OF_FILE = {
    "MP4": "MP4", "M4A": "M4A", "CHAT": "TXT", "TRANSCRIPT": "VTT", "CC": "VTT", "CSV": "CSV",
    "TIMELINE": "JSON", "TB": "JPG", "CHAT_MESSAGE": "JSON",
}  # fmt: skip

CONSTRUCTION_FIRST = {"recording_type": 0, "file_type": 1, "file_extension": 2}
"""The order in which fields that go together are made."""


def kin(name: str, values: Sequence[JSON], siblings: Mapping[str, JSON]) -> list[int] | None:
    """Return which of `values` go with what `siblings` have; None where all do."""
    if name == "file_type" and "recording_type" in siblings:
        wanted = _FILE_OF_RECORDING.get(siblings["recording_type"], "MP4")
    elif name == "file_extension" and "file_type" in siblings:
        wanted = _EXTENSION_OF_FILE.get(siblings["file_type"], "")
    else:
        return None
    found = [position for position, value in enumerate(values) if value == wanted]
    return found or None
