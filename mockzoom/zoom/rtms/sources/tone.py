"""Audio: a tone for each participant, 16-bit linear PCM, little-endian (L16).

Every tone has a whole number of cycles a second, so that one second is made once and then repeated;
frames of 20 ms within it differ, and a frame that is lost or doubled can be told.
"""

from __future__ import annotations

import math
from array import array
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

from mockzoom.zoom.rtms.params import AUDIO_MULTI, L16, SAMPLE_RATES
from mockzoom.zoom.rtms.sources.kind import Frame, Params

_LOUDNESS = 8000
_BYTES = 2


class Tone:
    """A tone whose pitch the seed and the participant decide; mixed, that of the first two."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def lacks(self, params: Params) -> str:
        """Return why nothing can be sent with these parameters; empty where it can."""
        if params["codec"] != L16:
            return "a tone is encoded as L16 only; give files for other codecs"
        return ""

    def interval(self, params: Params) -> float:
        """Return `send_rate` in seconds."""
        return float(params["send_rate"]) / 1000

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the frames that begin `number` intervals after the start."""
        rate, step = SAMPLE_RATES[params["sample_rate"]], int(params["send_rate"])
        if params["data_opt"] != AUDIO_MULTI:
            return (self._frame(tuple(range(min(people, 2))), None, number, rate, step),)
        return [self._frame((who,), who, number, rate, step) for who in range(people)]

    def _frame(
        self, voices: tuple[int, ...], who: int | None, number: int, rate: int, step: int
    ) -> Frame:
        pitches = tuple(self.pitch(voice) for voice in voices) or (self.pitch(0),)
        start = number * step % 1000
        return _cut(pitches, rate, start, step, who)

    def pitch(self, who: int) -> int:
        """Return the frequency of a participant's tone in Hz."""
        hz = 301 + 113 * who + self.seed * 7 % 97
        while math.gcd(hz, 50) > 1:  # else the 50 frames of a second would not all differ
            hz += 1
        return hz


@lru_cache(maxsize=64)
def second_of(pitches: tuple[int, ...], rate: int) -> bytes:
    """Return one second of the sum of tones: `rate` samples, L16."""
    loudness = _LOUDNESS / len(pitches)
    turn = 2 * math.pi / rate
    samples = array("h")
    for index in range(rate):
        samples.append(round(sum(loudness * math.sin(turn * hz * index) for hz in pitches)))
    if array("h", [1]).tobytes() != b"\x01\x00":
        samples.byteswap()
    return samples.tobytes()


@lru_cache(maxsize=4096)
def _cut(
    pitches: tuple[int, ...], rate: int, start_ms: int, step_ms: int, who: int | None
) -> Frame:
    whole = second_of(pitches, rate) * 2
    begin, length = start_ms * rate // 1000 * _BYTES, step_ms * rate // 1000 * _BYTES
    data = whole[begin : begin + length]
    return Frame(b64encode(data).decode(), len(data), who, step_ms / 1000)
