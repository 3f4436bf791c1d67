"""Whose stream it is: the ids, the credentials, and why a handshake's signature is wrong."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Literal, TypeAlias, get_args

from mockzoom.errors import UsageError, nearest
from mockzoom.zoom import entities
from mockzoom.zoom.entities import EntityKind
from mockzoom.zoom.signing import stream_signature

Kind: TypeAlias = Literal["meeting", "webinar", "session", "engagement"]

STREAM_ID = "rtms_stream_id"
"""The field of webhooks and handshakes that names the stream."""
SIGNED = (
    "lower-case hex HMAC-SHA256 of `client_id,meeting_uuid,rtms_stream_id` under the client secret"
)
"""What the signature of a handshake is; the field has the owner's id, whatever its kind."""
KINDS: tuple[Kind, ...] = get_args(Kind)
_KINDS: Mapping[Kind, EntityKind] = {
    name: next(kind for kind in entities.KINDS if kind.name == name) for name in KINDS
}


def told_by(event: str) -> tuple[Kind, str, str] | None:
    """Return what a webhook called `event` tells of a stream, None where it is no such webhook.

    That is the stream's kind, the word (`started`, `interrupted`, `stopped`), and the field of its
    payload that names the owner.
    """
    for name, kind in _KINDS.items():
        word = event.removeprefix(f"{kind.streams}rtms_")
        if word != event and word in ("started", "interrupted", "stopped"):
            return name, word, kind.owner_field
    return None


OWNER_FIELDS = tuple(kind.owner_field for kind in _KINDS.values())
"""Fields of a handshake that may name the owner: `meeting_uuid` by the official SDK for all kinds,
the kind's own field by others."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of one stream and the credentials that its handshakes are signed with.

    `client_id` and `client_secret` are the app's (of a Video SDK app, its SDK key and secret).
    """

    kind: Kind
    owner_id: str
    """The meeting's or webinar's UUID, the session's id, the engagement's id."""
    stream_id: str
    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise UsageError(
                f"no stream is of kind {self.kind!r}{nearest(self.kind, _KINDS)}"
                f" (known: {', '.join(_KINDS)})"
            )
        for name in ("owner_id", "stream_id", "client_id", "client_secret"):
            if not getattr(self, name):
                raise UsageError(f"a stream needs its {name}, which is empty")

    def event(self, word: str) -> str:
        """Return the name of the webhook `word` (started, interrupted, stopped) of this kind."""
        return f"{_KINDS[self.kind].streams}rtms_{word}"

    @property
    def is_engagement(self) -> bool:
        """Whether it belongs to Contact Center, which has events and channels of its own."""
        return self.kind == "engagement"

    @property
    def owner_field(self) -> str:
        """The field of a webhook's payload that holds `owner_id`."""
        return _KINDS[self.kind].owner_field

    @property
    def signature(self) -> str:
        """The signature that both handshakes must carry."""
        return stream_signature(self.client_id, self.client_secret, self.owner_id, self.stream_id)

    def check(self, signature: str) -> str | None:
        """Return why `signature` is wrong, in a few words, or None where it is right."""
        if hmac.compare_digest(self.signature.encode(), signature.encode("utf-8", "replace")):
            return None
        for cause, wrong in self._near_misses():
            if signature == wrong:
                return cause
        if not signature:
            return "it is empty"
        return "it matches no likely mistake: check the client secret and that ids are used as sent"

    def _near_misses(self) -> Iterator[tuple[str, str]]:
        """Yield what goes wrong with what comes out."""
        key, ids = self.client_secret, (self.client_id, self.owner_id, self.stream_id)
        right = bytes.fromhex(self.signature)
        yield "it is upper-case hex; expected lower case", self.signature.upper()
        yield "it is base64; expected hex", base64.b64encode(right).decode()
        yield (
            "the secret is used as the client id and the id as the key",
            _sign(self.client_id, ",".join((key, *ids[1:]))),
        )
        for separator, words in (("", "nothing"), (":", "colons"), (", ", "comma and space")):
            yield f"the ids are joined by {words}; expected commas", _sign(key, separator.join(ids))
        for order in permutations(ids):
            yield "the ids are in another order", _sign(key, ",".join(order))
        yield "the client id is missing from the message", _sign(key, ",".join(ids[1:]))
        yield "it is made with an empty key", _sign("", ",".join(ids))


def _sign(key: str, message: str) -> str:
    return hmac.digest(key.encode(), message.encode(), "sha256").hex()
