"""What a media handshake asks for: the kinds of media and their parameters, confirmed or refused.

The rules are those of Zoom's "RTMS data type definitions"; a kind that is not spoken of gets its
defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON
from mockzoom.zoom.rtms.protocol import MEDIA, NOT_SUPPORTED, MediaType, Status

Params: TypeAlias = Mapping[str, int]

L16, G711, G722, OPUS, JPG, PNG, H264 = range(1, 8)
AUDIO_MULTI = 2
VIDEO_INDIVIDUAL = 4
SAMPLE_RATES = (8000, 16000, 32000, 48000)
"""Hz, by the number of `sample_rate`."""
SIZES = {1: (640, 360), 2: (1280, 720), 3: (1920, 1080), 4: (2560, 1440)}
"""Pixels, by the number of `resolution`."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "audio": {
        "content_type": 2, "sample_rate": 1, "channel": 1, "codec": L16, "data_opt": 1,
        "send_rate": 20,
    },
    "video": {"content_type": 3, "codec": JPG, "resolution": 2, "data_opt": 3, "fps": 5},
    "deskshare": {"content_type": 3, "codec": JPG, "resolution": 3, "fps": 1},
    "transcript": {"content_type": 5, "src_language": 9, "enable_lid": True},
    "chat": {"content_type": 5},
}  # fmt: skip


def media_named(text: str) -> tuple[str, ...]:
    """Return the kinds of media of a list with commas, all of them where it is empty.

    Raises `UsageError` naming the nearest.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    check_media(names)
    return names or tuple(MEDIA)


def check_media(names: Iterable[str]) -> None:
    """Raise `UsageError` where a name is no kind of media, naming the nearest."""
    for name in names:
        if name not in MEDIA:
            raise UsageError(
                f"no media is called {name!r}{nearest(name, MEDIA)} (known: {', '.join(MEDIA)})"
            )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a handshake is refused, and whose doing that is.

    The `consumer` asks for what Zoom refuses, the `server` cannot do what Zoom can, or a `fault` is
    on.
    """

    status: int
    reason: str
    cause: Literal["consumer", "server", "fault"] = "consumer"


Check: TypeAlias = tuple[str, Callable[[int], bool], Status, str]
"""A field, what it must be, and what is answered where it is not."""

_AUDIO: tuple[Check, ...] = (
    ("content_type", {1, 2, 4}.__contains__, Status.INVALID_AUDIO_CONTENT_TYPE, "1, 2 or 4"),
    ("sample_rate", range(4).__contains__, Status.INVALID_AUDIO_SAMPLE_RATE, "0 to 3"),
    ("channel", {1, 2}.__contains__, Status.INVALID_AUDIO_CHANNEL, "1 or 2"),
    ("codec", {L16, G711, G722, OPUS}.__contains__, Status.INVALID_AUDIO_CODEC, "1 to 4"),
    ("data_opt", {1, 2}.__contains__, Status.INVALID_AUDIO_DATA_OPT, "1 or 2"),
    ("send_rate", lambda ms: 20 <= ms <= 1000 and ms % 20 == 0,
     Status.INVALID_AUDIO_SEND_RATE, "a multiple of 20 ms, at most 1000"),
)  # fmt: skip


def _of_pictures(kind: Literal["VIDEO", "DESKSHARE"], *more: Check) -> tuple[Check, ...]:
    def refused(field: str) -> Status:
        return Status[f"INVALID_{kind}_{field}"]

    return (
        ("content_type", {1, 3, 4}.__contains__, refused("CONTENT_TYPE"), "1, 3 or 4"),
        ("codec", {JPG, PNG, H264}.__contains__, refused("CODEC"), "5, 6 or 7"),
        ("resolution", SIZES.__contains__, refused("RESOLUTION"), "1 to 4"),
        *more,
        ("fps", range(1, 31).__contains__, refused("FPS"), "1 to 30"),
    )


_DATA_OPT: Check = ("data_opt", {3, 4}.__contains__, Status.INVALID_VIDEO_DATA_OPT, "3 or 4")
_TRANSCRIPT: tuple[Check, ...] = (
    ("content_type", {5}.__contains__, Status.INVALID_TRANSCRIPT_CONTENT_TYPE, "5"),
    ("src_language", range(-1, 37).__contains__, Status.INVALID_TRANSCRIPT_SOURCE_LANGUAGE,
     "-1 to 36"),
)  # fmt: skip
_CHAT: tuple[Check, ...] = (
    ("content_type", {5}.__contains__, Status.INVALID_CHAT_CONTENT_TYPE, "5"),
)
_RULES: dict[str, tuple[Status, tuple[Check, ...]]] = {
    "audio": (Status.INVALID_AUDIO_PARAMS, _AUDIO),
    "video": (Status.INVALID_VIDEO_PARAMS, _of_pictures("VIDEO", _DATA_OPT)),
    "deskshare": (Status.INVALID_DESKSHARE_PARAMS, _of_pictures("DESKSHARE")),
    "transcript": (Status.INVALID_TRANSCRIPT_PARAMS, _TRANSCRIPT),
    "chat": (Status.INVALID_CHAT_PARAMS, _CHAT),
}
_RATES = {G711: 0, G722: 1, OPUS: 3}
"""The sample rate of a codec where none is asked for, by its number; else it is 1."""
_RAW = {"audio": 2, "video": 3, "deskshare": 3}
"""The content types that are sent; the others would be RTP and files."""
_STILLS_UP_TO = {
    "video": (5, Status.INVALID_VIDEO_FPS),
    "deskshare": (1, Status.INVALID_DESKSHARE_FPS),
}
"""Frames a second."""


def kinds_of(media_type: int, scopes: Collection[str]) -> tuple[str, ...] | Refusal:
    """Return the kinds of media that a handshake asks for, or why it may not.

    It may ask at the media URL of any kind: Zoom's sample for Contact Center asks for all of them
    (32) at that of audio. `scopes` are the kinds that the app may have.
    """
    if not 0 < media_type < 64:
        return Refusal(
            Status.MEDIA_TYPE_INVALID_VALUE, f"media_type {media_type}; expected bits 1 to 32"
        )
    if media_type & MediaType.ALL:
        kinds = tuple(name for name in MEDIA if name in scopes)
    else:
        kinds = tuple(name for name, bit in MEDIA.items() if media_type & bit)
    for name in kinds:
        if name not in scopes:
            return Refusal(NOT_SUPPORTED[name], f"the app has no scope for {name}")
    return kinds


def confirmed(kinds: Collection[str], asked: JSON) -> dict[str, dict[str, Any]] | Refusal:
    """Return the parameters of each kind, defaults filled in, or why they are refused."""
    if asked is None:
        asked = {}
    if not isinstance(asked, Mapping):
        return Refusal(Status.INVALID_MEDIA_PARAMS, "media_params is no object")
    found: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        outcome = _one(kind, asked.get(kind))
        if isinstance(outcome, Refusal):
            return outcome
        found[kind] = outcome
    return found


def beyond(kind: str, field: str, why: str) -> Refusal:
    """Return the refusal of a parameter that Zoom accepts and that cannot be sent here."""
    status, checks = _RULES[kind]
    wrong = next((status for name, _, status, _ in checks if name == field), status)
    return Refusal(wrong, f"{kind} {field}: {why}", "server")


def _one(kind: str, asked: JSON) -> dict[str, Any] | Refusal:
    status, checks = _RULES[kind]
    if asked is None:
        return dict(DEFAULTS[kind])
    if not isinstance(asked, Mapping):
        return Refusal(status, f"media_params/{kind} is no object")
    given = {key: value for key, value in asked.items() if value is not None}
    rate = _RATES.get(given.get("codec", L16), 1) if kind == "audio" else None
    params = {**DEFAULTS[kind], **({"sample_rate": rate} if kind == "audio" else {}), **given}
    for name, fits, wrong, expected in checks:
        value = params[name]
        if isinstance(value, bool) or not isinstance(value, int):
            return Refusal(status, f"{kind} {name} is no integer; expected {expected}")
        if not fits(value):
            return Refusal(wrong, f"{kind} {name} {value}; expected {expected}")
    return _joint(kind, params)


def _joint(kind: str, params: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Check what depends on two fields: stereo is for Opus, stills are for few frames a second."""
    if params["content_type"] != _RAW.get(kind, params["content_type"]):
        return beyond(kind, "content_type", f"mockzoom sends raw media only ({_RAW[kind]})")
    if kind == "audio" and params["channel"] == 2 and params["codec"] != OPUS:
        return Refusal(Status.INVALID_AUDIO_CHANNEL, "stereo is for Opus only")
    if kind in _STILLS_UP_TO and params["codec"] != H264:
        most, status = _STILLS_UP_TO[kind]
        if params["fps"] > most:
            return Refusal(status, f"{kind} as JPG or PNG at {params['fps']} fps; at most {most}")
    return params
