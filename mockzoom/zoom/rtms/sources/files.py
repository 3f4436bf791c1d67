"""Frames from files, for what is not encoded here: Opus packets, H264 access units, other pictures.

A folder holds one frame a file, in the order of their names; a single file is one frame.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import AUDIO_MULTI
from mockzoom.zoom.rtms.sources.kind import Frame, Params


class FileFrames:
    """The frames of a file or folder, over and over, whatever `codec` is said to be in them.

    Raises `UsageError` where there is nothing to read.
    """

    def __init__(self, path: str | Path, codec: int) -> None:
        self.codec = codec
        place = Path(path)
        try:
            files = sorted(place.iterdir()) if place.is_dir() else [place]
            data = [item.read_bytes() for item in files if not item.is_dir()]
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
        if not any(data):
            raise UsageError(f"{path}: expected frames of media, one a file; found none")
        self._frames = [(b64encode(item).decode(), len(item)) for item in data if item]

    def lacks(self, params: Params) -> str:
        """Return why nothing can be sent with these parameters; empty where it can."""
        if params["codec"] == self.codec:
            return ""
        return f"the files hold codec {self.codec}, asked was {params['codec']}"

    def interval(self, params: Params) -> float:
        """Return the seconds between two frames."""
        if "send_rate" in params:
            return float(params["send_rate"]) / 1000
        return 1.0 / float(params["fps"])

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the one frame of this number."""
        data, length = self._frames[number % len(self._frames)]
        mixed = "send_rate" in params and params["data_opt"] != AUDIO_MULTI
        return (Frame(data, length, None if mixed else 0, self.interval(params)),)
