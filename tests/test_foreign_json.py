"""JSON that somebody else wrote: a value that can be used, or the reason why there is none."""

from __future__ import annotations

import json

import pytest

from mockzoom.foreign_json import DEEPEST, LARGEST, ForeignJSONError, read_json
from tests.each import each


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@each("value", [None, True, 0, -1.5, "", "ü😀", [], {}, [1, [2]], {"a": {"b": [None]}}, 10**99])
def test_what_is_json_is_read_in_every_encoding(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert read_json(text.encode(encoding)) == value
    assert read_json(text) == value


@each(("data", "why"), [
    (b"", "Expecting value: line 1 column 1 (char 0)"),
    (b"<html>", "Expecting value: line 1 column 1 (char 0)"),
    (b"{'a': 1}", "Expecting property name"),
    (b"[1] [2]", "Extra data"),
    (b"\xff", "it is no text in utf-8"),
    (b'"\xed\xa0\x80"', "it is no text in utf-8"),
    (b"\xff\xfe\x00", "it is no text in utf-16"),
    (b"[" * 30_000, "it is nested too deeply"),
    (b'{"a":' * 30_000, "it is nested too deeply"),
    (nested(900), "it is nested too deeply"),
    (nested(DEEPEST + 1), "it is nested too deeply"),
    (b"9" * 400, "it has a number of 400 digits"),
    (b"[-" + b"9" * 5_000 + b"]", "it has a number of 5000 digits"),
    (b" " * (LARGEST + 1), "it is larger than 64 MB"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(ForeignJSONError) as caught:
        read_json(data)
    assert why in str(caught.value)


def test_what_is_nested_as_deeply_as_is_allowed_is_read() -> None:
    assert read_json(nested(DEEPEST)) is not None
    assert len(read_json(b"[" + b"[]," * 500 + b"[]]")) == 501


def test_long_digits_in_a_text_or_a_fraction_are_no_long_number() -> None:
    assert read_json(f'["{"9" * 400}", 0.{"1" * 400}]') == ["9" * 400, pytest.approx(0.111111111)]


def test_half_of_a_surrogate_pair_becomes_a_question_mark() -> None:
    value = read_json(rb'{"a\ud800": ["\udc00b", "\ud83d\ude00"]}')
    assert value == {"a?": ["?b", "😀"]}
    json.dumps(value, ensure_ascii=False).encode()
