"""Half of a surrogate pair, escaped: JSON's grammar allows it, UTF-8 cannot carry it.

It parses in many languages and then fails where the text is written on (a database, a log).
"""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

LONE_SURROGATE = Malformation(
    "lone-surrogate",
    "an additional field with half of a surrogate pair",
    lambda body: with_field(body, b'"\\ud83d"'),
)
