"""The language's reference: its examples as scenarios, and its tables as the schema has them.

`python tests/scenario/scenario_reference.py` writes the tables anew, after a change of the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).parents[2] / "scenarios"
README = SCENARIOS / "README.md"
COMMON = ("name", "about", "after")
TABLE = re.compile(r"<!-- schema: (?P<name>[\w-]+) -->\n(?P<table>(?:\|[^\n]*\n)+)")
"""A table that says what an object of the schema may have, under the name of its definition."""


def examples() -> Iterator[tuple[str, str]]:
    """Yield the heading above each YAML example, with its number, and the scenario's text."""
    heading, number = "", 0
    for found in re.finditer(
        r"^#+ (?P<title>[^\n]+)$|^```yaml\n(?P<text>.*?)^```$",
        README.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    ):
        if found["title"]:
            heading, number = found["title"], 0
            continue
        number += 1
        text = found["text"]
        whole = text if text.startswith("name:") else f"name: example\nsteps:\n{text}"
        yield f"{heading} {number}", whole


def schema() -> dict[str, Any]:
    """Return the published schema."""
    loaded: dict[str, Any] = json.loads((SCENARIOS / "schema.json").read_text(encoding="utf-8"))
    return loaded


def properties(name: str) -> dict[str, Any]:
    """Return what an object of the schema may have, by its definition (`top`: a scenario)."""
    whole = schema()
    found = whole if name == "top" else whole["$defs"][name]
    for branch in (found, *found.get("anyOf", ())):
        if "properties" in branch:
            own: dict[str, Any] = branch["properties"]
            return own
    raise KeyError(name)


def table(name: str) -> str:
    """Return the table of the reference for an object of the schema."""
    skipped = (*COMMON, "send") if name in ("send", "call", "repeat") else ()
    rows = {key: value for key, value in properties(name).items() if key not in skipped}
    heads = {"top": "key", "deliver": "`deliver`", "expect": "`expect`", "assert": "operator"}
    first = heads.get(name, "key")
    with_defaults = any("x-default" in value for value in rows.values())
    lines = [f"| {first} | says |" + (" default |" if with_defaults else "")]
    lines += ["|---|---|" + ("---|" if with_defaults else "")]
    for key, value in rows.items():
        default = f" {value['x-default']} |".replace("  ", " ") if "x-default" in value else " |"
        lines.append(f"| `{key}` | {value['description']} |" + (default if with_defaults else ""))
    return "\n".join(lines) + "\n"


def written() -> str:
    """Return the reference with its tables as the schema has them."""
    text = README.read_text(encoding="utf-8")
    return TABLE.sub(lambda at: f"<!-- schema: {at['name']} -->\n{table(at['name'])}", text)


if __name__ == "__main__":
    README.write_text(written(), encoding="utf-8")
