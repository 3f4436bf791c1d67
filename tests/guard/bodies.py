"""Every test case's bytes by name: the one place of the guard that imports mockzoom.

No command prints them all. When the makers of test cases move, adapt `named_bodies` alone; the
names it gives have to stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from mockzoom.client.settings import load_contract
from mockzoom.engine.case import CHALLENGE, CaseName
from mockzoom.settings import Settings
from mockzoom.suites.cases import NAMED_KINDS, TestCases
from mockzoom.synth import MALFORMED_BODIES, shapes

OF_EACH_SHAPE = (
    "spaced", "escaped", "title-case", "upper-case", "unknown", "invented", "field", "variant",
    "non-ascii", "parted",
)  # fmt: skip


def named_bodies(seed: int, at_ms: int) -> Iterator[tuple[str, bytes]]:
    """Yield `EVENT CASE` and the body of every test case; `at_ms` is the payload clock."""
    contract = load_contract(Settings())
    book = TestCases(contract, seed, at_ms)
    malformed = {item.name for item in MALFORMED_BODIES}
    assert {*OF_EACH_SHAPE, *malformed, "valid", "mutant", "challenge", "oracle"} == {
        *NAMED_KINDS
    }, "a kind of test case that is not recorded"
    for kind in ("challenge", "oracle"):
        yield f"{CHALLENGE} {kind}:0", book.prepare(CHALLENGE, CaseName(kind)).body
    for name, spec in contract.events.items():
        cases = [
            CaseName("mutant"),
            CaseName("valid", entities=1),
            *(CaseName(kind) for kind in malformed),
        ]
        for shape in range(shapes(spec)):
            cases += [CaseName("valid", shape), CaseName("valid", shape, ascii_only=True)]
            cases += [CaseName(kind, shape) for kind in OF_EACH_SHAPE]
        for case in cases:
            for made in book.parts(name, case):
                yield f"{name} {made.name}", made.body


def digests(seed: int, at_ms: int) -> dict[str, str]:
    """Return the SHA-256 of each body by its name, the names sorted."""
    found = {
        name: hashlib.sha256(body).hexdigest()[:32] for name, body in named_bodies(seed, at_ms)
    }
    return dict(sorted(found.items()))
