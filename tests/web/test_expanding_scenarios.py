"""Short texts that expand without bound are refused over HTTP, by the bounds of the language."""

from __future__ import annotations

import resource
import sys

import pytest
from flask.testing import FlaskClient

TOP = "name: grows\nabout: It grows.\nbecause: It grows.\n"
STEPS = "steps:\n  - send: session.started\n"


def _doubling(levels: int) -> str:
    lines = ["let:\n  a0: aaaaaaaaaa"]
    lines += [f"  a{n}: '{f'${{a{n - 1}}}' * 10}'" for n in range(1, levels)]
    return TOP + "\n".join(lines) + "\n" + STEPS


def _aliases(levels: int) -> str:
    lines = ["let:\n  a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return TOP + "\n".join(lines) + "\n" + STEPS


def _repeats(levels: int) -> str:
    text, indent = TOP + "steps:\n", "  "
    for n in range(levels):
        text += f"{indent}- repeat: 1000\n{indent}  as: i{n}\n{indent}  steps:\n"
        indent += "    "
    return text + f"{indent}- send: session.started\n"


def _matrix(axes: int) -> str:
    lines = "".join(f"  m{n}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" for n in range(axes))
    return TOP + "matrix:\n" + lines + STEPS


EXPANDING = {
    "a text in itself, ten times a level": (_doubling(10), "once its values are filled in"),
    "aliases of aliases": (_aliases(10), "too many values once the aliases are expanded"),
    "a repeat in a repeat": (_repeats(3), "too many steps"),
    "a matrix of nine axes": (_matrix(9), "the matrix makes 1,000,000,000 scenarios"),
    "deep nesting": (TOP + "let:\n  a: " + "[" * 5000 + "]" * 5000 + "\n" + STEPS, ""),
}
MOST_MB = 300
"""By which the process may grow for all of them."""


def _peak_mb() -> float:
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


@pytest.mark.slow
def test_texts_that_expand_are_refused_with_their_reason_and_cost_little(
    client: FlaskClient,
) -> None:
    before = _peak_mb()
    for name, (text, reason) in EXPANDING.items():
        checked = client.post("/api/v1/scenarios/check", json={"text": text}).get_json()
        assert checked["valid"] is False, name
        assert reason in checked["mistakes"][0]["message"], name
        kept = client.post("/api/v1/scenarios", json={"text": text})
        assert kept.status_code == 422, name
        assert reason in kept.get_json()["errors"][0]["message"], name
    assert client.get("/healthz").status_code == 200
    assert _peak_mb() - before < MOST_MB
