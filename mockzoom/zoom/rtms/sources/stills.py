"""Video and screen share as stills: JPG or PNG pictures that Pillow (extra `stream`) encodes.

A picture shows one colour for each participant and a bar that moves with its number, so that two
pictures in a row differ. Ten of them are made once and then repeated.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec

from mockzoom.zoom.rtms.params import H264, JPG, SIZES, VIDEO_INDIVIDUAL
from mockzoom.zoom.rtms.sources.kind import Frame, Params

PICTURES = 10


class Stills:
    """Pictures of `seed`; with individual streams, one for each participant."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def lacks(self, params: Params) -> str:
        """Return why nothing can be sent with these parameters; empty where it can."""
        if params["codec"] == H264:
            return "stills are JPG or PNG; give files for H264"
        if find_spec("PIL") is None:
            return "pictures need Pillow; install mockzoom[stream], or give files"
        return ""

    def interval(self, params: Params) -> float:
        """Return the seconds between two pictures."""
        return 1.0 / float(params["fps"])

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return one picture, or one for each participant."""
        codec, size = params["codec"], SIZES[params["resolution"]]
        several = params.get("data_opt") == VIDEO_INDIVIDUAL
        return [
            _picture(self.seed, who, number % PICTURES, codec, size)
            for who in (range(people) if several else range(1))
        ]


@lru_cache(maxsize=256)
def _picture(seed: int, who: int, number: int, codec: int, size: tuple[int, int]) -> Frame:
    data = picture(seed, who, number, "JPEG" if codec == JPG else "PNG", size)
    return Frame(b64encode(data).decode(), len(data), who)


def colours(seed: int, who: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the colour of the ground and of the bar of a participant's pictures."""
    mix = (seed * 7919 + who * 104729 + 12345) & 0xFFFFFF
    ground = (mix >> 16 & 127, mix >> 8 & 127, mix & 127)
    return ground, (255 - ground[0], 255 - ground[1], 255 - ground[2])


def picture(seed: int, who: int, number: int, form: str, size: tuple[int, int]) -> bytes:
    """Return one picture, encoded as `form` (`JPEG` or `PNG`)."""
    from PIL import Image

    ground, bar = colours(seed, who)
    image = Image.new("RGB", size, ground)
    width = size[0] // PICTURES
    image.paste(bar, (number * width, 0, (number + 1) * width, size[1]))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
