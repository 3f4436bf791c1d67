"""Test cases: named things to deliver and judge, each reproducible from its name.

A name is written `KIND:INDEX[a][.ENTITIES][:PART]`: `valid:3` is the third shape of an event,
`valid:3a` the same in ASCII words, `valid:3.1` the same about other entities, `field:0:2` the third
new field in shape 0. With the seed and the payload clock (`--at`) a name makes the same bytes
anywhere. `Kind` says how a case is judged; each suite owns its kinds (`mockzoom.suites`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.errors import UsageError
from mockzoom.model import Event, EventSpec, HeaderCase, Headers, Violation
from mockzoom.zoom.url_validation import EVENT as CHALLENGE

if TYPE_CHECKING:
    from mockzoom.contract import Contract
    from mockzoom.engine.evidence import Evidence
    from mockzoom.synth.pins import Pins

JSON_TYPE = "application/json; charset=utf-8"
"""The content type of Zoom's deliveries."""

Check: TypeAlias = "Callable[[Evidence], Iterable[Violation]]"
Maker: TypeAlias = "Callable[[CaseMaker, EventSpec, CaseName], Iterator[TestCase]]"
ControlPolicy: TypeAlias = Literal["none", "genuine", "ascii"]

UNNAMED = ("by-hand", "random-malformed", "random-valid")
"""Names of bodies that were written by hand or drawn at random: only the body makes them again."""

_FORM = re.compile(
    r"(?P<kind>[a-z0-9-]+):(?P<index>\d+)(?P<ascii>a?)(\.(?P<entities>\d+))?(:(?P<part>\d+))?"
)


class Kind(Struct, frozen=True, eq=False):
    """How test cases of one kind are made and judged: a row in the table of its suite.

    `check` looks at the evidence of one delivery; `rules` are those that a delivery of this kind
    judges, `strict_rules` those that it judges only with `--strict`. `control` says which genuine
    delivery a refusal is compared with: none, a genuine event, or the same event in ASCII words.
    `make` yields the parts of a named case, from that part on; a kind without it cannot be made
    from a name.
    """

    name: str
    rules: tuple[str, ...]
    check: Check
    make: Maker | None = None
    control: ControlPolicy = "none"
    strict_rules: tuple[str, ...] = ()
    plain: bool = False
    """Whether Zoom sends such events today, so that they have to be acknowledged."""
    has_entities: bool = True
    """Whether the same case can be made about other entities."""
    has_prelude: bool = True
    """Whether what happened before is delivered first."""
    refusable: bool = False
    """Whether a receiver may refuse such a delivery, whatever its signature."""
    explained: Kind | None = None
    """What it is judged as where its control was acknowledged: the control explains the refusal."""


class CaseName(Struct, frozen=True):
    """The name of a test case, taken apart."""

    kind: str
    index: int = 0
    ascii_only: bool = False
    entities: int = 0
    """The number of the entity set that the event is about."""
    part: int | None = None

    @property
    def is_made_again(self) -> bool:
        """Whether the name makes the same bytes again; a body by hand or at random has no name."""
        return self.kind not in UNNAMED

    def __str__(self) -> str:
        entities = f".{self.entities}" if self.entities else ""
        part = "" if self.part is None else f":{self.part}"
        return f"{self.kind}:{self.index}{'a' if self.ascii_only else ''}{entities}{part}"


def parse_name(text: str, kinds: Iterable[str]) -> CaseName:
    """Read the name of a case of one of `kinds`; raise `UsageError` where it is none."""
    match = _FORM.fullmatch(text)
    if match is None or match["kind"] not in kinds:
        raise UsageError(
            f"--case {text!r}: expected KIND:INDEX[a][.ENTITIES][:PART] with a kind of"
            f" {', '.join(kinds)}, as a report's reproduce line has it"
        )
    part = match["part"]
    return CaseName(
        match["kind"], int(match["index"]), bool(match["ascii"]), int(match["entities"] or 0),
        None if part is None else int(part),
    )  # fmt: skip


class TestCase(Struct, frozen=True, eq=False):
    """One thing to deliver: the body's bytes, how they are judged, and what is odd about them."""

    __test__: ClassVar[bool] = False  # pytest collects classes of this name

    name: CaseName
    kind: Kind
    event: str
    """The name of the contract's event that it was made from."""
    body: bytes
    detail: str = ""
    """What is odd about it, in words."""
    plain_token: str = ""
    """The token of a URL validation."""
    variant: str = ""
    """Names the other documented value that a valid event carries."""
    control: TestCase | None = None
    """The genuine case that a refusal of this one is compared with, where it is known."""
    prelude: tuple[TestCase, ...] = ()
    """What is delivered before it, so that it makes sense to a receiver, the first one first."""
    content_type: str | None = JSON_TYPE
    headers: Headers = ()
    """Further headers that are delivered with it."""
    header_case: HeaderCase | None = None
    """How the names of headers are spelt, where it is not as Zoom does."""
    in_pieces: bool = False
    """Whether the body comes in two pieces that part a character of several bytes."""
    twin: TestCase | None = None
    """A URL validation with the same flaw, where it is a forgery: is a 2xx a hidden refusal?"""
    sibling: TestCase | None = None
    """The same delivery with a weaker flaw, where it is a forgery: a 2xx to that says it all."""
    oversize: bool = False
    """Whether the body has a size that Zoom never sends."""
    constraint: str = ""
    """Names the constraint that a mutant breaks."""
    forge: str = ""
    """Names the forgery that it is authenticated by; nothing where it is genuine."""
    own_rules: tuple[str, ...] | None = None
    """The rules that it judges, where they are not those of its kind."""

    def judged_as(self, kind: Kind, detail: str | None = None) -> TestCase:
        """Return the same delivery as a case of another kind."""
        return replace(self, kind=kind, detail=self.detail if detail is None else detail)

    def forged(self, name: str, about: str, kind: Kind, *rules: str) -> TestCase:
        """Return the same delivery with a forgery, judged as `kind` (by `rules`, where given)."""
        return replace(
            self, forge=name, kind=kind, detail=self.detail or about, own_rules=rules or None
        )

    def compared_with(self, control: TestCase | None) -> TestCase:
        """Return the same case with the genuine one that it is compared with."""
        return replace(self, control=control)

    def rules(self, *, strict: bool) -> tuple[str, ...]:
        """Return the rules that a delivery of this case judges."""
        own = self.kind.rules if self.own_rules is None else self.own_rules
        return (*own, *self.kind.strict_rules) if strict else own


class CaseMaker(Protocol):
    """Makes test cases from a contract, one seed and one payload clock (epoch ms)."""

    contract: Contract
    seed: int
    at_ms: int
    pins: Pins
    """Values that entities have in every entity set."""

    def at_ms_of(self, entities: int) -> int:
        """Return the payload clock of an entity set."""

    def event(self, spec: EventSpec, name: CaseName) -> Event:
        """Return the valid event that `name` starts from."""

    def prepare(self, event: str, name: CaseName) -> TestCase:
        """Make the case `name` of an event; raise `UsageError` where there is no such case."""

    def parts(
        self, event: str, name: CaseName, entities: Callable[[], int] | None = None
    ) -> Iterator[TestCase]:
        """Yield every part of a case that has several, each about the `entities` asked for."""

    def about(self, case: TestCase, entities: int) -> TestCase:
        """Return the same case about other entities, with what has to be delivered before it."""

    def prelude(self, case: TestCase) -> tuple[TestCase, ...]:
        """Return what has to be delivered before a case, for it to make sense, in order."""

    def is_linked(self, case: TestCase) -> bool:
        """Return whether a case still carries every id that it shares with its prelude."""

    def by_hand(self, event: Event, body: bytes | None = None) -> TestCase:
        """Return what an event that somebody wrote is by the contract."""

    def of_bytes(self, event: str, body: bytes) -> TestCase:
        """Return what a body that somebody wrote is: an event, or else a malformed body."""

    def genuine_like(self, case: TestCase) -> TestCase:
        """Return a valid event that an odd one is compared with."""


__all__ = [
    "CHALLENGE", "JSON_TYPE", "UNNAMED", "CaseMaker", "CaseName", "Check", "Kind", "Maker",
    "TestCase", "parse_name", "replace",
]  # fmt: skip
