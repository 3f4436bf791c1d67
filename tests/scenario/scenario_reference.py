"""The examples of the language's reference, as scenarios that can be loaded and played."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SCENARIOS = Path(__file__).parents[2] / "scenarios"
README = SCENARIOS / "README.md"


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
