"""Writing reports: where, whole or not at all, and refused before anything is sent."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from mockzoom.errors import UsageError
from mockzoom.report import parse_report, write


def test_a_report_replaces_what_stood_there_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write(path, "old, and longer\n")
    write(path, "new – é\n")
    assert path.read_text(encoding="utf-8") == "new – é\n"
    assert os.listdir(tmp_path) == ["report.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_failure_in_the_midst_keeps_the_old_report_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    write(path, "old\n")

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError) as caught:
        write(path, "new\n")
    assert str(caught.value) == f"{path} cannot be written: No space left on device"
    assert path.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["report.json"]


def test_text_that_is_no_unicode_is_written_with_escapes(tmp_path: Path) -> None:
    write(tmp_path / "r", "lone \udcff surrogate")
    assert (tmp_path / "r").read_text() == "lone \\udcff surrogate"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    link = tmp_path / "latest.json"
    link.symlink_to(tmp_path / "runs" / "1.json")
    write(link, "through the link")
    assert link.is_symlink()
    assert (tmp_path / "runs" / "1.json").read_text() == "through the link"


def test_a_pipe_or_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
    reader.start()
    write(pipe, "through the pipe")
    reader.join(5)
    assert got == ["through the pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert parse_report(f"json={pipe}") == ("json", str(pipe))


@pytest.mark.parametrize("name", ["json", "junit", "text"])
def test_a_report_is_asked_for_with_format_and_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / "with=sign"
    assert parse_report(f"{name}={path}") == (name, str(path))
    assert parse_report(f"{name}=-") == (name, "-")
    assert os.listdir(tmp_path) == []


def test_asking_for_a_report_does_not_touch_the_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")
    parse_report(f"json={path}")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("report.json", "--report 'report.json': expected FORMAT=PATH, such as json=report.json"),
        ("json=", "expected FORMAT=PATH"),
        ("=x", "no format is called ''"),
        ("jsn=x", "no format is called 'jsn'; did you mean json"),
        ("yaml=x", "(known: ctrf, "),
        ("json=/no/such/folder/r.json", "the folder /no/such/folder does not exist; make it first"),
        ("json=.", "--report: . is a folder; expected the path of a file"),
        ("json=/proc/r.json", "/proc/r.json cannot be written"),
        ("json=/dev/full/r", "the folder /dev/full does not exist"),
    ],
)
def test_a_report_that_cannot_be_written_says_why(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_report(text)
    assert why in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written; check its permissions"):
        parse_report(f"json={tmp_path / 'r.json'}")
