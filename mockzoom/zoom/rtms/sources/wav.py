"""Audio from a WAV file: 16-bit mono PCM, sent at its own sample rate, over and over.

It goes out as L16 or, by the mu-law, as G.711.
"""

from __future__ import annotations

import wave
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.params import AUDIO_MULTI, G711, L16, SAMPLE_RATES
from mockzoom.zoom.rtms.sources.kind import Frame, Lack, Params
from mockzoom.zoom.rtms.sources.tone import mu_law


class Wav:
    """The samples of one file; with one stream a participant, the first one speaks.

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
