"""The commands that deliver a case again: same bytes, fresh timestamp and signature."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from msgspec import Struct

from mockzoom.engine.case import UNNAMED
from mockzoom.model import Delivery

CLIENT_SECRET = '--client-secret "$MOCKZOOM_CLIENT_SECRET"'
"""The words that hand over the client secret, in a line to be run by a shell."""
STREAMS = "streams"
"""What the name of a case of the stream suite begins with; the suite reproduces it."""
TRACES = "traces"
"""What the name of a forgery begins with that was judged by what it leaves in the probed state."""


def entity_words(entities: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of a command line that pin the same entities, for a shell."""
    pairs = (("--entity", f"{name}={value}") for name, value in entities.items())
    return tuple(shlex.quote(word) for pair in pairs for word in pair)


class Reproducer(Struct, frozen=True):
    """Writes the command line that delivers a case again; credentials in it are shell variables."""

    target: str
    seed: int
    at_ms: int
    options: tuple[str, ...] = ()
    """Further words of the command line, as the shell shall see them."""
    of_streams: tuple[str, ...] = ()
    """Those that only streams need."""
    of_probe: tuple[str, ...] = ()
    """Those that only a forgery needs which is judged by what it leaves in the probed state."""

    def of(self, delivery: Delivery, *, fresh: bool = False) -> str:
        """Return one shell line for a delivery; what no name makes again is sent by its body.

        `fresh` has it delivered about entities never used before, after its prelude.
        """
        event = delivery.event or ""
        if delivery.case.partition(":")[0] in UNNAMED:
            return self.command_with(event, delivery.body, delivery.forge)
        return self.command(event, delivery.case, delivery.forge, fresh=fresh)

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return one shell line for a named case."""
        verify = ["mockzoom", "verify", self.target, "--events", event, "--seed", str(self.seed)]
        if case.startswith(f"{STREAMS}/"):
            line = shlex.join([*verify, "--streams"])
            return " ".join([line, CLIENT_SECRET, *self.of_streams, *self.options])
        if case.startswith(f"{TRACES}/"):
            return " ".join([shlex.join(verify), *self.of_probe, *self.options])
        words = ["mockzoom", "send", event, "--to", self.target, "--case", case]
        if forge:
            words += ["--forge", forge]
        if fresh:
            words.append("--fresh")
        words += ["--seed", str(self.seed), "--at", str(self.at_ms)]
        return " ".join([shlex.join(words), *self.options])

    def command_with(self, event: str, body: bytes, forge: str = "") -> str:
        """Return the same for a body that no case makes.

        What no command line can hold, since it is no UTF-8 or has a NUL, is printed into it.
        """
        words = ["mockzoom", "send", event, "--to", self.target, "--body"]
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = "\0"
        printed = "" if "\0" not in text else f"printf {_octal(body)} | "
        words += ["@-" if printed else text, *([] if event and _is_object(body) else ["--raw"])]
        if forge:
            words += ["--forge", forge]
        return printed + " ".join([shlex.join(words), *self.options])


def _octal(body: bytes) -> str:
    """Return the argument of `printf` that prints these bytes in any shell."""
    special = b"%'\\"
    return (
        "'"
        + "".join(
            chr(byte) if 32 <= byte < 127 and byte not in special else f"\\{byte:03o}"
            for byte in body
        )
        + "'"
    )


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
