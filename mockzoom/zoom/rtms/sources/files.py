"""Frames from files, for what is not encoded here: Opus, G.722, H264, JPG and PNG.

The clips of the package are such files, made by `tests/zoom/rtms/make_clips.py`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mockzoom.zoom.rtms.params import AUDIO_MULTI, G722, OPUS, SIZES, VIDEO_INDIVIDUAL
from mockzoom.zoom.rtms.sources.formats import frames_of
from mockzoom.zoom.rtms.sources.kind import Frame, Lack, Params

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
_OF_CODEC: Mapping[int, str] = {5: "mjpeg", 6: "png", 7: "h264"}


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
