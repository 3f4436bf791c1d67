"""Audio: a tone for each participant, or a WAV file; 16-bit linear PCM, little-endian (L16).

By the mu-law it becomes G.711; Opus and G.722 come from clips.

Every tone has a whole number of cycles a second, so that one second is made once and then repeated;
frames of 20 ms within it differ, and a frame that is lost or doubled can be told.
"""

from __future__ import annotations

import math
import wave
from array import array
from base64 import b64encode
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import AUDIO_MULTI, G711, L16, OPUS, SAMPLE_RATES
from mockzoom.zoom.rtms.sources.files import FileFrames, clip
from mockzoom.zoom.rtms.sources.kind import Frame, Lack, Params

_LOUDNESS = 8000
_BYTES = 2


class Tone:
    """A tone whose pitch the seed and the participant decide; mixed, that of the first two."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def lacks(self, params: Params) -> Lack | None:
        """Return what of these parameters cannot be sent, if anything."""
        found = self._clip(params)
        return None if found is None else found.lacks(params)

    def interval(self, params: Params) -> float:
        """Return `send_rate` in seconds."""
        return float(params["send_rate"]) / 1000

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the frames that begin `number` intervals after the start."""
        found = self._clip(params)
        if found is not None:
            return found.frames(number, params, people)
        if params["data_opt"] != AUDIO_MULTI:
            return (self._frame(tuple(range(min(people, 2))), None, number, params),)
        return [self._frame((who,), who, number, params) for who in range(people)]

    def _clip(self, params: Params) -> FileFrames | None:
        if params["codec"] in (L16, G711):
            return None
        return clip(f"tone-{params['channel']}.opus" if params["codec"] == OPUS else "tone.g722")

    def _frame(
        self, voices: tuple[int, ...], who: int | None, number: int, params: Params
    ) -> Frame:
        pitches = tuple(self.pitch(voice) for voice in voices) or (self.pitch(0),)
        rate, step = SAMPLE_RATES[params["sample_rate"]], int(params["send_rate"])
        return _cut(pitches, rate, number * step % 1000, step, who, params["codec"])

    def pitch(self, who: int) -> int:
        """Return the frequency of a participant's tone in Hz."""
        hz = 301 + 113 * who + self.seed * 7 % 97
        while math.gcd(hz, 50) > 1:  # else the 50 frames of a second would not all differ
            hz += 1
        return hz


class Wav:
    """The samples of a WAV file (16 bits, mono), at its own rate, over and over.

       With one stream a participant, the first one speaks.
    Raises `UsageError` where the file cannot be read or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            with wave.open(str(path), "rb") as file:
                form = file.getnchannels(), file.getsampwidth() * 8
                self.rate = file.getframerate()
                self._samples = file.readframes(file.getnframes())
        except (OSError, EOFError, wave.Error) as error:
            raise UsageError(f"{path}: cannot be read as WAV: {error}") from None
        if form != (1, 16) or self.rate not in SAMPLE_RATES:
            raise UsageError(
                f"{path}: {form[0]} channels of {form[1]} bits at {self.rate} Hz; expected one"
                f" channel of 16 bits at one of {', '.join(map(str, SAMPLE_RATES))} Hz"
            )
        if not self._samples:
            raise UsageError(f"{path}: the file holds no samples")

    def lacks(self, params: Params) -> Lack | None:
        """Return what of these parameters cannot be sent, if anything."""
        if params["codec"] not in (L16, G711):
            return "codec", "a WAV file is sent as L16 or G.711"
        asked = SAMPLE_RATES[params["sample_rate"]]
        if asked == self.rate:
            return None
        return "sample_rate", f"the WAV file has {self.rate} Hz, asked were {asked}"

    def interval(self, params: Params) -> float:
        """Return `send_rate` in seconds."""
        return float(params["send_rate"]) / 1000

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the one frame that begins `number` intervals after the start."""
        size = params["send_rate"] * self.rate // 1000 * 2
        whole = self._samples
        begin = number * size % len(whole)
        data = whole[begin : begin + size]
        while len(data) < size:
            data += whole[: size - len(data)]
        if params["codec"] == G711:
            data = mu_law(data)
        who = 0 if params["data_opt"] == AUDIO_MULTI else None
        return (Frame(b64encode(data).decode(), len(data), who, params["send_rate"] / 1000),)


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
    pitches: tuple[int, ...], rate: int, start_ms: int, step_ms: int, who: int | None, codec: int
) -> Frame:
    whole = second_of(pitches, rate) * 2
    begin, length = start_ms * rate // 1000 * _BYTES, step_ms * rate // 1000 * _BYTES
    data = whole[begin : begin + length]
    if codec == G711:
        data = mu_law(data)
    return Frame(b64encode(data).decode(), len(data), who, step_ms / 1000)


def mu_law(data: bytes) -> bytes:
    """Return L16 samples as G.711 (mu-law), a byte each."""
    return bytes(map(_mu_law, memoryview(data).cast("h")))


@cache
def _mu_law(sample: int) -> int:
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    code = (sample < 0) << 7 | exponent << 4 | magnitude >> exponent + 3 & 15
    return ~code & 255
