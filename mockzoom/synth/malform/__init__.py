"""Bodies that are malformed on the wire, one file each; README.md says how to add another.

Each is made from the bytes of a genuine event and is complete in its HTTP framing, so rules MZ404
and MZ405 judge it like any other request.
"""

from __future__ import annotations

from mockzoom.errors import UsageError, nearest
from mockzoom.synth.malform.bom import BOM
from mockzoom.synth.malform.cut_short import CUT_SHORT
from mockzoom.synth.malform.deep_nesting import DEEP_NESTING
from mockzoom.synth.malform.duplicate_keys import DUPLICATE_KEYS
from mockzoom.synth.malform.empty import EMPTY
from mockzoom.synth.malform.huge_number import HUGE_NUMBER
from mockzoom.synth.malform.kind import Malformation
from mockzoom.synth.malform.large import LARGE
from mockzoom.synth.malform.lone_surrogate import LONE_SURROGATE
from mockzoom.synth.malform.missing_content_type import MISSING_CONTENT_TYPE
from mockzoom.synth.malform.nan import NAN
from mockzoom.synth.malform.not_json import NOT_JSON
from mockzoom.synth.malform.top_array import TOP_ARRAY
from mockzoom.synth.malform.top_null import TOP_NULL
from mockzoom.synth.malform.top_number import TOP_NUMBER
from mockzoom.synth.malform.top_string import TOP_STRING
from mockzoom.synth.malform.utf_16 import UTF_16
from mockzoom.synth.malform.wrong_content_type import WRONG_CONTENT_TYPE

MALFORMATIONS: tuple[Malformation, ...] = (
    NOT_JSON,
    CUT_SHORT,
    EMPTY,
    TOP_ARRAY,
    TOP_STRING,
    TOP_NUMBER,
    TOP_NULL,
    DUPLICATE_KEYS,
    NAN,
    BOM,
    UTF_16,
    LONE_SURROGATE,
    WRONG_CONTENT_TYPE,
    MISSING_CONTENT_TYPE,
    DEEP_NESTING,
    HUGE_NUMBER,
    LARGE,
)
"""All of them, the everyday ones first and the oversize ones last."""


def malformation(name: str) -> Malformation:
    """Return the malformation called `name`; raise `UsageError` with the nearest names if none."""
    for found in MALFORMATIONS:
        if found.name == name:
            return found
    names = [known.name for known in MALFORMATIONS]
    raise UsageError(f"no malformation is called {name!r}{nearest(name, names)}")


__all__ = ["MALFORMATIONS", "Malformation", "malformation"]
