"""Reports that a test or a script writes, and where an application in process is to blame."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mockzoom import Mockzoom
from mockzoom.client.accepting import accepted
from mockzoom.errors import UsageError
from mockzoom.model import Coverage, RunResult
from mockzoom.report.accepted import parse_all_ignored
from mockzoom.settings import Settings

SECRET = "a-secret-of-these-tests"
APP = """\
def app(environ, start_response):
    raise KeyError("what is it")
"""


def test_a_finding_points_to_the_frame_of_the_application_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "crashing_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    monkeypatch.delitem(sys.modules, "crashing_app", raising=False)
    from crashing_app import app  # type: ignore[import-not-found]

    with Mockzoom(app, SECRET) as zoom:
        verified = zoom.verify(events="session.started", suites=(), report="sarif=z.sarif")
        sent = zoom.send("session.started")
    assert verified.violations
    assert {item.location for item in verified.violations} == {"src/crashing_app.py:2"}
    assert {item.location for item in sent.violations} == {"src/crashing_app.py:2"}
    [run] = json.loads((tmp_path / "z.sarif").read_text())["runs"]
    places = [item["locations"][0]["physicalLocation"] for item in run["results"]]
    assert places[0] == {
        "artifactLocation": {"uri": "src/crashing_app.py"}, "region": {"startLine": 2},
    }  # fmt: skip


def test_a_frame_outside_of_the_working_directory_is_not_pointed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(environ: object, start_response: object) -> list[bytes]:
        raise KeyError("what is it")

    monkeypatch.chdir(tmp_path)
    with Mockzoom(app, SECRET) as zoom:
        found = zoom.verify(events="session.started", suites=()).violations
    assert {item.location for item in found} == {"specs/video-sdk.json"}


def test_several_reports_are_written_of_a_run_and_of_a_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(environ: object, start_response: object) -> list[bytes]:
        start_response("200 OK", [])  # type: ignore[operator]
        return [SECRET.encode()]

    monkeypatch.chdir(tmp_path)
    with Mockzoom(app, SECRET) as zoom:
        zoom.verify(events="session.started", suites=(), report=["html=v.html", "har=v.har"])
        zoom.play("outage", report="har=p.har")
    assert (tmp_path / "v.html").read_text().startswith("<!doctype html>")
    for name in ("v.har", "p.har"):
        text = (tmp_path / name).read_text()
        assert SECRET not in text
        assert "…redacted…" in text
        assert json.loads(text)["log"]["entries"]


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ("sarif", "expected FORMAT=PATH"),
        ("sarf=x", "no format is called 'sarf'; did you mean sarif"),
        ("json=-", "expected the path of a file"),
        ("json=none/x", "the folder none does not exist"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused_before_anything_is_sent(
    report: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def app(environ: object, start_response: object) -> list[bytes]:
        called.append(environ)
        return []

    monkeypatch.chdir(tmp_path)
    with Mockzoom(app, SECRET) as zoom, pytest.raises(UsageError) as caught:
        zoom.verify(events="session.started", report=report)
    assert why in str(caught.value)
    assert called == []


def test_a_result_says_what_was_asked_for_without_credentials() -> None:
    settings = Settings(
        secret=SECRET, client_secret="a-client-secret", auth="basic:me:my-password", strict=True,
        proxy="http://me:proxy-password@127.0.0.1:9", events=("session.*",), fuzz=3,
        entities={"account_id": "a1"}, ignore=parse_all_ignored("MZ105 ours answers 202", "here"),
    )  # fmt: skip
    told = accepted(RunResult("http://x", 1, 0.0, 0, Coverage()), settings).settings
    assert told == {
        "strict": "yes", "proxy": "http://…redacted…@127.0.0.1:9", "events": "session.*",
        "fuzz": "3", "entities": "account_id=a1", "ignore": "MZ105",
    }  # fmt: skip
    assert accepted(RunResult("http://x", 1, 0.0, 0, Coverage()), Settings()).settings == {}
