"""Makes the clips of the package: `python -m tests.zoom.rtms.make_clips`; needs av and Pillow.

Test pictures with a bar that moves, and a test tone; a second of sound, ten pictures of H264 with a
key frame every five, two stills. They are ours, and free of anybody's rights.
"""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw

from mockzoom.zoom.rtms.params import SIZES
from mockzoom.zoom.rtms.sources.audio import second_of
from mockzoom.zoom.rtms.sources.files import CLIPS

MOVING, STILL = 10, 2
COLOURS = ("#c0c0c0", "#c0c000", "#00c0c0", "#00c000", "#c000c0", "#c00000", "#0000c0")
PITCHES = (441, 559)


def picture(kind: str, number: int, size: tuple[int, int]) -> Image.Image:
    """Return colour bars for the camera, a page with lines for the share; a bar moves on both."""
    width, height = size
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    if kind == "video":
        for index, colour in enumerate(COLOURS):
            left = width * index // len(COLOURS)
            draw.rectangle((left, 0, width * (index + 1) // len(COLOURS), height), colour)
    else:
        for line in range(1, 12):
            top = height * line // 13
            right = width * (40 + 37 * line % 50) // 100
            draw.rectangle((width // 10, top, right, top + height // 40), "#303030")
    left = width * number // MOVING
    draw.rectangle((left, height * 9 // 10, left + width // MOVING, height), "black")
    return image


def stills(kind: str, size: tuple[int, int]) -> None:
    for form, ending, options in (
        ("JPEG", "mjpeg", {"quality": 20, "optimize": True}), ("PNG", "png", {"optimize": True}),
    ):  # fmt: skip
        out = io.BytesIO()
        for number in range(STILL):
            image = picture(kind, number * 3, size)
            if form == "PNG":
                image = image.quantize(16)
            image.save(out, form, **options)
        (CLIPS / f"{kind}-{size[1]}.{ending}").write_bytes(out.getvalue())


def moving(kind: str, size: tuple[int, int]) -> None:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = size
    codec.pix_fmt, codec.time_base, codec.framerate = "yuv420p", Fraction(1, 30), Fraction(30)
    codec.options = {
        "preset": "veryslow", "tune": "zerolatency", "profile": "main", "crf": "26",
        "x264-params": "keyint=5:min-keyint=5:scenecut=0:repeat-headers=1:annexb=1:sliced-threads=0"
        ":threads=1",
    }  # fmt: skip
    data = b""
    for number in range(MOVING):
        frame = av.VideoFrame.from_image(picture(kind, number, size))
        frame.pts = number
        data += b"".join(bytes(packet) for packet in codec.encode(frame))
    data += b"".join(bytes(packet) for packet in codec.encode(None))
    (CLIPS / f"{kind}-{size[1]}.h264").write_bytes(data)


def sound(path: Path, codec: str, rate: int, channels: int, form: str) -> None:
    each = [second_of((pitch,), rate) for pitch in PITCHES[:channels]]
    samples = b"".join(
        one[at : at + 2] for at in range(0, 2 * rate, 2) for one in each
    )  # fmt: skip
    layout = "mono" if channels == 1 else "stereo"
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if codec == "libopus":
            stream.codec_context.options = {
                "vbr": "off", "application": "lowdelay", "b": str(24_000 * channels),
            }  # fmt: skip
        step = rate // 50
        for number in range(100):  # the first second, in which a codec adapts, is left out
            frame = av.AudioFrame(format="s16", layout=layout, samples=step)
            size = step * 2 * channels
            start = number % 50 * size
            frame.planes[0].update(samples[start : start + size])
            frame.sample_rate, frame.pts = rate, number * step
            for packet in stream.encode(frame):
                if number >= 50:
                    packet.pts = packet.dts = (number - 50) * step
                    out.mux(packet)


def main() -> None:
    CLIPS.mkdir(exist_ok=True)
    for size in SIZES.values():
        for kind in ("video", "deskshare"):
            stills(kind, size)
            moving(kind, size)
    for channels in (1, 2):
        sound(CLIPS / f"tone-{channels}.opus", "libopus", 48_000, channels, "ogg")
    sound(CLIPS / "tone.g722", "g722", 16_000, 1, "g722")


if __name__ == "__main__":
    main()
