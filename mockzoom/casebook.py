"""The casebook: every case of a run by name, so that each can be made again from its name alone.

A case is written `KIND:INDEX[a][.WORLD][:PART]`: `valid:3` is the third shape of an event,
`valid:3a` the same in ASCII words, `valid:3.1` the same with other entities, `field:0:2` the third
new field in shape 0. With the seed and the payload clock (`--at`) it makes the same bytes anywhere.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from mockzoom.catalog import CHALLENGE_EVENT, Catalog
from mockzoom.checks import Kind
from mockzoom.errors import UsageError
from mockzoom.frozen import cheap, maker
from mockzoom.model import JSON, Event, EventSpec, Variant
from mockzoom.synth import (
    MALFORMED_BODIES,
    all_mutants,
    breaks,
    constraint_of,
    encode,
    encoded,
    malformed_body,
    new_fields,
    pointer,
    respell,
    synthesise,
    unknown_event,
    variants,
    with_non_ascii,
)

CHALLENGE = CHALLENGE_EVENT
JSON_TYPE = "application/json; charset=utf-8"

KINDS: dict[str, Kind] = {
    "valid": "valid",
    "unknown": "unknown",
    "invented": "unknown",
    "field": "field",
    "variant": "variant",
    "spaced": "spelling",
    "escaped": "spelling",
    "non-ascii": "non-ascii",
    "challenge": "challenge",
    "oracle": "challenge-oracle",
    "mutant": "malformed",
    "random-malformed": "malformed",
    "random-valid": "random",
    **{item.name: "body" for item in MALFORMED_BODIES},
}
"""What each kind of case is judged as."""

RANDOM = ("random-malformed", "random-valid")
"""Kinds of bodies that no name makes again: they are reproduced by the body itself."""

_Made = TypeVar("_Made")

CLIENT_SECRET = '--client-secret "$MOCKZOOM_CLIENT_SECRET"'
"""The words that hand over the client secret, in a line to be run by a shell."""
STREAMS = "streams"
"""What a case of the stream suite begins with; it is reproduced by the suite, for its event."""

_FORM = re.compile(
    r"(?P<kind>[a-z0-9-]+):(?P<index>\d+)(?P<ascii>a?)(\.(?P<world>\d+))?(:(?P<part>\d+))?"
)


@cheap
@dataclass(frozen=True, slots=True)
class Case:
    """The name of a case, taken apart."""

    kind: str
    index: int = 0
    ascii_only: bool = False
    world: int = 0
    part: int | None = None

    def __str__(self) -> str:
        world = f".{self.world}" if self.world else ""
        part = "" if self.part is None else f":{self.part}"
        return f"{self.kind}:{self.index}{'a' if self.ascii_only else ''}{world}{part}"


@cheap
@dataclass(frozen=True, slots=True)
class Prepared:
    """A case made: the body's bytes, whose event they are, and what is odd about them."""

    case: Case
    event: str
    """The name of the contract's event that it was made from."""
    body: bytes
    detail: str = ""
    plain_token: str = ""
    variant: str = ""
    """Names the other documented value that a valid event carries; such events are variants."""
    twin: Prepared | None = None
    """The same event in ASCII words, where this one is about non-ASCII text."""
    content_type: str | None = JSON_TYPE
    oversize: bool = False
    """Whether the body has a size that Zoom never sends."""
    constraint: str = ""
    """Names the constraint that a malformed event breaks."""


_prepared = maker(Prepared)


def parse_case(text: str) -> Case:
    """Read the name of a case; raise `UsageError` where it is none."""
    match = _FORM.fullmatch(text)
    if match is None or match["kind"] not in KINDS:
        raise UsageError(
            f"--case {text!r}: expected KIND:INDEX[a][.WORLD][:PART] with a kind of"
            f" {', '.join(KINDS)}, as a report's reproduce line has it"
        )
    part = match["part"]
    return Case(
        match["kind"], int(match["index"]), bool(match["ascii"]), int(match["world"] or 0),
        None if part is None else int(part),
    )  # fmt: skip


class Casebook:
    """Makes cases from the contract, one seed and one payload clock (epoch ms)."""

    def __init__(self, catalog: Catalog, seed: int, at_ms: int) -> None:
        self.catalog = catalog
        self.seed = seed
        self.at_ms = at_ms

    def event(self, spec: EventSpec, case: Case) -> Event:
        """Return the valid event that `case` starts from."""
        return self._with_choices(synthesise, spec, case)

    def _with_choices(self, make: Callable[..., _Made], spec: EventSpec, case: Case) -> _Made:
        """Call `make` (synthesise, encoded) with what `case` chooses."""
        return make(
            spec,
            seed=self.seed,
            index=case.index,
            at_ms=self.at_ms - 1000 * case.world,  # other entities, another time
            world=case.world,
            ascii_only=case.ascii_only,
        )

    def prepare(self, name: str, case: Case) -> Prepared:
        """Make `case` of the event `name`; raise `UsageError` where there is no such case."""
        if name == CHALLENGE:
            return self._challenge(case)
        spec = self.catalog.get(name)
        if case.kind == "valid" and not case.part:
            return self._valid(spec, case)
        made = next(islice(self._made(spec, case), case.part or 0, None), None)
        if made is None:
            raise UsageError(f"{name} has no case {case}")
        return made

    def parts(self, name: str, case: Case) -> Iterator[Prepared]:
        """Yield every part of a case that has several (`field`, `variant`)."""
        made = self._made(self.catalog.get(name), case)
        for part, prepared in enumerate(made):
            yield replace(prepared, case=replace(case, part=part))

    def _made(self, spec: EventSpec, case: Case) -> Iterator[Prepared]:
        if case.kind == "mutant":
            return self._mutants(spec, case)
        if case.kind in RANDOM:
            raise UsageError(f"--case {case}: random bodies have no name; deliver one with --body")
        if case.kind == "valid":
            return iter((self._valid(spec, case),))
        event = self.event(spec, case)
        makers: dict[str, Callable[[EventSpec, Case, Event], Iterator[Prepared]]] = {
            "spaced": self._respelt,
            "escaped": self._respelt,
            "unknown": self._unknown,
            "invented": self._unknown,
            "field": self._fields,
            "variant": self._variants,
            "non-ascii": self._non_ascii,
        }
        return makers.get(case.kind, self._bodies)(spec, case, event)

    def _valid(self, spec: EventSpec, case: Case) -> Prepared:
        if not spec.variants:
            return _prepared(case, spec.name, self._with_choices(encoded, spec, case))
        event = self.event(spec, case)
        return Prepared(case, spec.name, encode(event.body), variant=carried_variant(spec, event))

    def _respelt(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        detail = "written with white space" if case.kind == "spaced" else "written with \\u escapes"
        yield Prepared(case, spec.name, respell(encode(event.body), case.kind), detail)

    def _unknown(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        odd = unknown_event(event, invented=case.kind == "invented", known=self.catalog.events)
        yield Prepared(case, spec.name, encode(odd.body), odd.name)

    def _fields(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        for odd in new_fields(event):
            detail = ", ".join(_new_places(event.body, odd.body))
            yield Prepared(case, spec.name, encode(odd.body), detail)

    def _variants(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        for variant, odd in variants(spec, event):
            yield Prepared(case, spec.name, encode(odd.body), variant_detail(variant))

    def _non_ascii(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        loud = with_non_ascii(spec, event)
        if loud is not None:
            twin = self.prepare(spec.name, replace(case, kind="valid", ascii_only=True))
            yield Prepared(case, spec.name, encode(loud.body), twin=twin)

    def _bodies(self, spec: EventSpec, case: Case, event: Event) -> Iterator[Prepared]:
        odd = malformed_body(case.kind)
        yield Prepared(
            case,
            spec.name,
            odd.apply(encode(event.body)),
            odd.about,
            content_type=odd.content_type,
            oversize=odd.oversize,
        )

    def _mutants(self, spec: EventSpec, case: Case) -> Iterator[Prepared]:
        for mutant in all_mutants(spec, self.seed, self.at_ms, ascii_only=case.ascii_only):
            yield Prepared(
                case,
                spec.name,
                encode(mutant.body),
                mutation_detail(mutant),
                constraint=constraint_of(spec, mutant),
            )

    def _challenge(self, case: Case) -> Prepared:
        if case.kind == "oracle":
            forged = b'{"event":"meeting.rtms_started"}'
            token = f"v0:{self.at_ms // 1000}:{forged.decode()}"
        elif case.kind == "challenge":
            key = f"{self.seed}|{case.index}|{case.world}|{self.at_ms}".encode()
            digest = blake2b(key, digest_size=16).digest()
            token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        else:
            raise UsageError(f"{CHALLENGE} has the cases challenge:N and oracle:N, not {case}")
        body = {"payload": {"plainToken": token}, "event_ts": self.at_ms, "event": CHALLENGE}
        return Prepared(case, CHALLENGE, encode(body), "", token)


def random_body(spec: EventSpec, body: bytes, number: int = 0) -> Prepared:
    """Return the case of a body that was drawn at random or written by hand (a JSON object)."""
    # What is missing comes last: a shrunk body lacks whatever the failure does not need.
    broken = sorted(breaks(spec, json.loads(body)), key=lambda error: error.keyword == "required")
    if not broken:
        detail = "random values that the schema allows"
        return Prepared(Case("random-valid", number), spec.name, body, detail)
    faults = [f"{error.pointer or '/'}: {error.message}" for error in broken[:3]]
    more = f"; and {len(broken) - 3} more" if len(broken) > 3 else ""
    detail = f"random body, {'; '.join(faults)}{more}"
    return Prepared(Case("random-malformed", number), spec.name, body, detail)


def mutation_detail(mutant: Event) -> str:
    """Say what was done to an event, such as `/payload/stop_reason: null (type)`."""
    mutation = mutant.mutation
    if mutation is None:
        return ""
    return f"{mutation.pointer or '/'}: {mutation.operator} ({mutation.keyword})"


def _new_places(before: JSON, after: JSON, place: str = "") -> Iterator[str]:
    """Yield the pointers of the fields that `after` has and `before` has not."""
    if isinstance(after, dict) and isinstance(before, dict):
        for key, value in after.items():
            if key not in before:
                yield f"{place}/{key}"
            else:
                yield from _new_places(before[key], value, f"{place}/{key}")
    elif isinstance(after, list) and isinstance(before, list):
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from _new_places(old, new, f"{place}/{index}")


def differences(one: bytes, other: bytes) -> Iterator[str]:
    """Yield the pointers of the places at which two events of one structure differ."""

    def walk(left: JSON, right: JSON, place: str) -> Iterator[str]:
        if isinstance(left, dict) and isinstance(right, dict):
            for key in left.keys() & right.keys():
                yield from walk(left[key], right[key], f"{place}/{key}")
        elif isinstance(left, list) and isinstance(right, list):
            for index, pair in enumerate(zip(left, right, strict=False)):
                yield from walk(*pair, f"{place}/{index}")
        elif left != right:
            yield place

    yield from sorted(walk(json.loads(one), json.loads(other), ""))


def variant_detail(variant: Variant) -> str:
    """Say which documented value of which place this is."""
    return f"{variant.pointer} = {variant.value!r}"


def carried_variant(spec: EventSpec, event: Event) -> str:
    """Return the detail of the first other documented value that `event` carries, or nothing."""
    for variant in spec.variants:
        value = pointer.get(event.body, pointer.split(variant.pointer))
        if type(value) is type(variant.value) and value == variant.value:
            return variant_detail(variant)
    return ""


@dataclass(frozen=True, slots=True)
class Reproducer:
    """Writes the command that delivers a case again: same bytes, fresh timestamp and signature."""

    target: str
    seed: int
    at_ms: int
    options: tuple[str, ...] = ()
    """Further words of the command line, as the shell shall see them."""

    def command(self, event: str, case: str, forge: str = "") -> str:
        """Return one shell line; credentials in it are shell variables."""
        if case.startswith(f"{STREAMS}/"):
            words = ["mockzoom", "verify", self.target, "--streams", "--events", event]
            line = shlex.join([*words, "--seed", str(self.seed)])
            return " ".join([line, CLIENT_SECRET, *self.options])
        words = ["mockzoom", "send", event, "--to", self.target, "--case", case]
        if forge:
            words += ["--forge", forge]
        words += ["--seed", str(self.seed), "--at", str(self.at_ms)]
        return " ".join([shlex.join(words), *self.options])

    def command_with(self, event: str, body: bytes) -> str:
        """Return the same for a body that no case makes."""
        words = ["mockzoom", "send", event, "--to", self.target, "--body", body.decode()]
        return " ".join([shlex.join(words), *self.options])
