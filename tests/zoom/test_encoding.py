"""Bytes as JavaScript prints them. The expected texts were printed by Node's JSON.stringify."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockzoom.errors import UsageError
from mockzoom.zoom.encoding import STYLES, encode, respell

PRINTED_BY_NODE = [
    (0.0, "0"), (-0.0, "0"), (1.0, "1"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"),
    (0.000001, "0.000001"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
    (123456789012345680000.0, "123456789012345680000"),
    (1.7976931348623157e308, "1.7976931348623157e+308"), (5e-324, "5e-324"), (-2.25, "-2.25"),
    (1e16, "10000000000000000"), (4.35, "4.35"), (-1e-10, "-1e-10"),
    (1 / 3, "0.3333333333333333"), (float("nan"), "null"), (float("inf"), "null"),
    (True, "true"), (None, "null"), (2**53 - 1, "9007199254740991"), (-5, "-5"),
    (
        '\x00\b\x0b\x1f\x7f"\\/\u2028\u2029\ud800x\udc00 é 🎉',
        '"\\u0000\\b\\u000b\\u001f\x7f\\"\\\\/\u2028\u2029\\ud800x\\udc00 é 🎉"',
    ),
    ("\ud83c\udf89", '"🎉"'),
    ({"b": 1, "a": {"\ud83d": None}, "é": [1.0]}, '{"b":1,"a":{"\\ud83d":null},"é":[1]}'),
    ({}, "{}"), ([], "[]"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "printed"), PRINTED_BY_NODE, ids=[p for _, p in PRINTED_BY_NODE])
def test_values_are_printed_as_by_json_stringify(value: object, printed: str) -> None:
    assert encode(value) == printed.encode()


def test_a_float_anywhere_is_printed_as_by_json_stringify() -> None:
    assert encode({"a": [{"b": 2.0}], "c": "x"}) == b'{"a":[{"b":2}],"c":"x"}'


def test_integers_beyond_two_to_the_53_keep_their_digits() -> None:
    assert encode({"n": 2**63}) == b'{"n":9223372036854775808}'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back_as_itself(value: float) -> None:
    assert float(json.loads(encode(value))) == value


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), ANY_JSON), st.sampled_from(STYLES))
def test_a_respelling_is_the_same_value_in_other_bytes(value: object, style: str) -> None:
    body = encode({"event": "a.b", "more": value})
    spelled = respell(body, style)
    assert spelled != body
    assert json.loads(spelled) == json.loads(body)


def test_spaced_adds_white_space_outside_strings_only() -> None:
    spelled = respell(b'{"a":"x, y: {z}","b":[1,2]}', "spaced").decode()
    assert '"x, y: {z}"' in spelled
    assert "\n" in spelled


def test_escaped_leaves_neither_slashes_nor_non_ascii_text() -> None:
    spelled = respell('{"a":"é/🎉"}'.encode(), "escaped")
    assert spelled == b'{"a":"\\u00e9\\/\\ud83c\\udf89"}'


def test_escaped_escapes_letters_where_there_is_nothing_else() -> None:
    assert respell(b'{"a":"bc"}', "escaped") == b'{"\\u0061":"\\u0062c"}'


def test_an_unknown_style_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean spaced"):
        respell(b"{}", "space")
