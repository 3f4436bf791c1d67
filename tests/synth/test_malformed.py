"""Bodies that are malformed on the wire, read by a strict JSON parser of our own making."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockzoom.contract import Contract
from mockzoom.errors import UsageError
from mockzoom.synth import MALFORMED_BODIES, MalformedBody, encode, malformed_body, synthesise
from mockzoom.synth.malformed import FIELD, JSON_TYPE, with_field

EXPECTED: dict[str, str] = {
    "not-json": "refused", "cut-short": "refused", "empty": "refused",
    "top-level-array": "array", "top-level-string": "string", "top-level-number": "number",
    "top-level-null": "null", "duplicate-keys": "refused", "nan": "refused", "bom": "refused",
    "utf-16": "refused", "lone-surrogate": "refused", "wrong-content-type": "genuine",
    "missing-content-type": "genuine", "deep-nesting": "deep", "huge-number": "envelope",
    "large": "envelope",
}  # fmt: skip


@pytest.fixture(scope="module")
def body(contract: Contract) -> bytes:
    return encode(synthesise(contract.get("session.user_left")).body)


def read(text: bytes) -> Any:
    """Parse as strictly as RFC 8259 allows: UTF-8, no BOM, no NaN, no name twice, no half pair."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    def never(name: str) -> Any:
        raise ValueError(name)

    value = json.loads(text.decode(), object_pairs_hook=once, parse_constant=never)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def outcome(made: bytes, body: bytes) -> str:
    if made == body:
        return "genuine"
    try:
        value = read(made)
    except RecursionError:
        return "deep"
    except ValueError:
        return "refused"
    if isinstance(value, dict):
        value.pop(FIELD)
        return "envelope" if value == json.loads(body) else "changed"
    return {list: "array", str: "string", int: "number", type(None): "null"}[type(value)]


@pytest.mark.parametrize("kind", MALFORMED_BODIES, ids=lambda kind: kind.name)
def test_each_is_malformed_as_it_says(kind: MalformedBody, body: bytes) -> None:
    assert outcome(kind.apply(body), body) == EXPECTED[kind.name]


def test_none_is_forgotten_here() -> None:
    assert [kind.name for kind in MALFORMED_BODIES] == list(EXPECTED)


@pytest.mark.parametrize(
    "name", ["duplicate-keys", "nan", "lone-surrogate", "deep-nesting", "huge-number", "large"]
)
def test_an_object_keeps_the_genuine_envelope_before_the_oddity(name: str, body: bytes) -> None:
    made = malformed_body(name).apply(body)
    assert made.startswith(body[:-1] + b',"mz_odd":')
    assert made.endswith(b"}")


def test_wrapped_events_are_genuine_inside(body: bytes) -> None:
    assert json.loads(malformed_body("top-level-array").apply(body)) == [json.loads(body)]
    assert json.loads(malformed_body("top-level-string").apply(body)) == body.decode()
    assert malformed_body("utf-16").apply(body).decode("utf-16") == body.decode()
    assert malformed_body("bom").apply(body)[3:] == body


def test_the_sizes_that_zoom_never_sends_are_marked(body: bytes) -> None:
    marked = {kind.name for kind in MALFORMED_BODIES if kind.oversize}
    assert marked == {"deep-nesting", "huge-number", "large"}
    assert malformed_body("deep-nesting").apply(body).count(b"[") >= 10_000
    assert b"9" * 400 in malformed_body("huge-number").apply(body)
    assert len(malformed_body("large").apply(body)) > 1024 * 1024


def test_only_the_two_about_the_content_type_change_it() -> None:
    changed = {kind.name: kind.content_type for kind in MALFORMED_BODIES
               if kind.content_type != JSON_TYPE}  # fmt: skip
    assert changed == {
        "wrong-content-type": "text/plain; charset=utf-8", "missing-content-type": None,
    }  # fmt: skip


def test_a_field_is_added_to_an_empty_object_too() -> None:
    assert with_field(b"{}", b"NaN") == b'{"mz_odd":NaN}'


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean nan"):
        malformed_body("nans")
