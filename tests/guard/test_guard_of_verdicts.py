from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.guard import __main__ as guard
from tests.guard.comparing import differences
from tests.guard.reading import normalised_report, normalised_text
from tests.guard.recording import read, write

ROOT = Path("/somewhere/mockzoom")


def made(port: int, **changed: Any) -> dict[str, Any]:
    """Return a small report as mockzoom writes it."""
    violation = {
        "rule": "MZ401", "severity": "error", "count": 2, "event": "session.started",
        "message": "500 after 12 ms", "delivery": f"d-{port}", "deliveries": [f"d-{port}", "d-2"],
        "reproduce": f"mockzoom send session.started --to http://127.0.0.1:{port}/webhook",
    }  # fmt: skip
    return {
        "mockzoom": "0.1.0", "verdict": "fail", "elapsed_s": port / 1000, "deliveries": port,
        "violations": [{**violation, **changed}], "notices": ["told"],
        "not_judged": [{"rule": "MZ403", "why": "only with --strict"}],
    }  # fmt: skip


def test_ports_times_and_numbers_of_deliveries_are_no_difference() -> None:
    one = normalised_report(made(4001), 0, ROOT)
    other = normalised_report(made(4002, message="500 after 3.5 ms"), 0, ROOT)
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("severity", "warning"), ("count", 3), ("message", "501 after 12 ms"), ("reproduce", "none")],
)
def test_what_a_violation_says_is_a_difference(key: str, value: object) -> None:
    one = normalised_report(made(4001), 0, ROOT)
    other = normalised_report(made(4001, **{key: value}), 0, ROOT)
    found = differences(one, other)
    assert len(found) == 2
    assert all(f"violations > MZ401 session.started > {key}: " in line for line in found)
    assert differences(one, other, [key]) == []


def test_another_rule_shows_as_one_gone_and_one_come() -> None:
    one = normalised_report(made(4001), 0, ROOT)
    other = normalised_report(made(4001, rule="MZ404"), 0, ROOT)
    assert [line[:20] for line in differences(one, other)] == [
        "- violations > MZ401", "+ violations > MZ404",
    ]  # fmt: skip


def test_several_violations_of_a_rule_and_event_are_all_kept() -> None:
    twice = made(4001)
    twice["violations"] *= 2
    assert list(normalised_report(twice, 0, ROOT)["violations"]) == [
        "MZ401 session.started", "MZ401 session.started #2",
    ]  # fmt: skip


def test_lines_are_compared_as_lines() -> None:
    found = differences({"notices": ["a", "b"]}, {"notices": ["a", "c"]})
    assert found == ["  notices:", "    - b", "    + c"]


def test_a_timestamp_is_told_by_its_distance_from_now() -> None:
    text = "x-zm-request-timestamp: {}\n  Date: Sat, 28 Nov 2026\n/somewhere/mockzoom/specs"
    assert normalised_text(text.format(1000000003), 1000000000.5, ROOT) == (
        "x-zm-request-timestamp: <now+0>\n  Date: <date>\nROOT/specs"
    )
    assert "<now-86400>" in normalised_text(text.format(1000000003 - 86400), 1000000000.5, ROOT)
    assert "<now+120>" in normalised_text(text.format(1000000003 + 120), 1000000000.5, ROOT)


def test_ids_of_requests_keep_their_form_and_number() -> None:
    text = "x-zm-request-id: 3d261a50_8313_85c8_9611_000000000002\ntraceparent: 00-{}-02"
    assert normalised_text(text.format("67084bdaf5e124030000000000000002"), 0, ROOT) == (
        "x-zm-request-id: <id>_000000000002\ntraceparent: 00-<id>0000000000000002-02"
    )


def test_folders_are_compared_report_by_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        write(folder / "verify" / "same.json", {"exit": 0})
    assert guard.main(["compare", str(before), str(after)]) == 0
    assert "1 reports compared, 0 differ" in capsys.readouterr().out
    write(before / "play" / "gone.json", {"exit": 0})
    write(after / "verify" / "same.json", {"exit": 1})
    assert guard.main(["compare", str(before), str(after)]) == 1
    out = capsys.readouterr().out
    assert f"play/gone\n  not recorded in {after}\n" in out
    assert "verify/same\n  - exit: 0\n  + exit: 1\n" in out
    assert guard.main(["compare", str(before), str(after), "--only", "send"]) == 1
    assert read(after / "verify" / "same.json") == {"exit": 1}
