"""JSON as strictly as it is written down: what Python takes and JSON does not have is refused."""

from __future__ import annotations

import pytest

from mockzoom.captures.strict_json import StrictJSONError, read_sequence, read_strict


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "it is empty"),
        (" \n", 1, 1, "it is empty"),
        ('{"a": 1,}', 1, 9, "broken JSON: Expecting property name"),
        ('{"a":\n  tru}', 2, 3, "broken JSON: Expecting value"),
        ('{"a": "\n"}', 1, 8, "broken JSON: Invalid control character"),
        ('{"a": 1} {"b": 2}\n', 1, 1, "a second JSON value follows"),
        ('{"a":\n [1, NaN]}', 2, 6, "NaN is no JSON value"),
        ('{"NaN": -Infinity}', 1, 9, "-Infinity is no JSON value"),
        ('{"a": 1,\n "a": 2}', 2, 2, 'the key "a" stands here twice'),
        ('[{"a": {"b": 1}}, {"b": {"c": 1, "\\u0063": 2}}]', 1, 34, "stands here twice"),
        ("[1, 1e999]", 1, 5, "the number 1e999 is larger than any double"),
        ("[" + "1" * 5_000 + "]", 1, 2, "a number has 5000 digits, at most 100"),
        ("[" * 100_000, 1, 101, "nested too deeply: more than 100 levels"),
        ('{"a":' * 100_000, 1, 501, "nested too deeply: more than 100 levels"),
        ("[" * 101 + "]" * 101, 1, 101, "nested too deeply: more than 100 levels"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(StrictJSONError) as caught:
        read_strict(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.message.startswith(message) or message in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": {"b": 1}, "b": {"a": 1}}', {"a": {"b": 1}, "b": {"a": 1}}),
        ('["NaN", "{\\"a\\": 1}", ":"]', ["NaN", '{"a": 1}', ":"]),
        ("[" * 100 + "]" * 100, None),
        ("9007199254740993", 9007199254740993),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_what_is_json_is_read(text: str, value: object) -> None:
    read = read_strict(text)
    assert value is None or read == value


def test_values_that_follow_each_other_are_read_with_their_text_and_line() -> None:
    parts = list(read_sequence(' {"a":\n 1}\n\n[2]  {"b": 3}\n'))
    assert [(part.value, part.text, part.line) for part in parts] == [
        ({"a": 1}, '{"a":\n 1}', 1), ([2], "[2]", 4), ({"b": 3}, '{"b": 3}', 4),
    ]  # fmt: skip
