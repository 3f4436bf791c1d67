"""The baseline's file: sorted, one entry a line, and refused where it is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockzoom.errors import UsageError
from mockzoom.report.baseline import (
    AcceptedFinding,
    Baseline,
    check_baseline,
    read_baseline,
    write_baseline,
)
from tests.each import each

ENTRY = '{"rule": "MZ201", "event": "", "cause": "accepted", "run": "verify"}'


def test_a_baseline_is_sorted_has_an_entry_a_line_and_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    entries = (
        AcceptedFinding("MZ201", "session.ended", "accepted", reason="kept – on purpose"),
        AcceptedFinding("MZ105", "session.ended", "202", "play"),
    )
    write_baseline(file, entries)
    assert file.read_text().splitlines() == [
        "{",
        '  "mockzoom_baseline": 1,',
        '  "accepted": [',
        '    {"rule": "MZ105", "event": "session.ended", "cause": "202", "run": "play"},',
        '    {"rule": "MZ201", "event": "session.ended", "cause": "accepted", "run": "verify",'
        ' "reason": "kept – on purpose"}',
        "  ]",
        "}",
    ]
    assert read_baseline(file) == Baseline(file, tuple(sorted(entries)))
    assert [item.name for item in tmp_path.iterdir()] == ["b.json"]  # nothing temporary stays


def test_an_empty_baseline_is_one(tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", ())
    assert read_baseline(tmp_path / "b.json").entries == ()


@each(("written", "message"), [
    (b"", "no JSON"),
    (b"\xff", "no JSON"),
    (b"[" * 100_000, "no JSON: nested too deeply"),
    (b"9" * 5_000, "no JSON"),
    (b"[]", "no baseline"),
    (b'{"accepted": 7}', "no baseline"),
    (b'{"mockzoom_baseline": 2, "accepted": []}', "#/mockzoom_baseline: is 2, expected 1"),
    (b'{"mockzoom_baseline": true, "accepted": []}', "is true, expected 1"),
    (b'{"mockzoom_baseline": 1, "accepted": [7]}', "#/accepted/0: is no object"),
    (ENTRY.replace("MZ201", "MZ999"), "#/accepted/0/rule: no rule is called 'MZ999'"),
    (ENTRY.replace('"run"', '"ran"'), "#/accepted/0/run: is missing or no text"),
    (ENTRY.replace("}", ', "why": "x"}'), "#/accepted/0: no key is called 'why'"),
    (ENTRY.replace("verify", "send"), "#/accepted/0/run: is 'send', expected one of verify, play"),
    (ENTRY.replace('"accepted"', "7"), "#/accepted/0/cause: is missing or no text"),
])  # fmt: skip
def test_a_file_that_is_no_baseline_is_refused_with_its_place(
    written: bytes | str, message: str, tmp_path: Path
) -> None:
    if isinstance(written, str):
        written = f'{{"mockzoom_baseline": 1, "accepted": [{written}]}}'.encode()
    (tmp_path / "b.json").write_bytes(written)
    with pytest.raises(UsageError) as caught:
        read_baseline(tmp_path / "b.json")
    assert str(caught.value).startswith(f"--baseline {tmp_path / 'b.json'}")
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_refused_unless_it_is_about_to_be_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match="no such file; write it with --write-baseline"):
        read_baseline(tmp_path / "b.json")
    assert read_baseline(tmp_path / "b.json", may_miss=True).entries == ()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_baseline(tmp_path)


def test_where_no_baseline_can_be_written_the_flag_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--baseline: the folder .* does not exist"):
        check_baseline(tmp_path / "none" / "b.json")
