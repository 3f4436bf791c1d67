"""A journal has one server, by whatever name, and no reader but its owner."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mockzoom.journal import Archive, JournalError
from mockzoom.service.lock import Lock, restrict
from tests.dispatch.receiver import SECRET, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and modes are POSIX")
SERVED = "is served by another mockzoom; stop that one, or name another file"


@pytest.mark.parametrize("link", ["", "symbolic", "hard"])
def test_two_servers_do_not_share_a_file_by_whatever_name(tmp_path: Path, link: str) -> None:
    path = other = tmp_path / "j.db"
    with running(path):
        if link:
            other = tmp_path / "other.db"
            (other.symlink_to if link == "symbolic" else other.hardlink_to)(path)
        with pytest.raises(JournalError, match=SERVED), running(other):
            pass
    with running(path):
        pass  # whoever has ended leaves it to others


_HOLD = """
import sys
from pathlib import Path
from mockzoom.service.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_a_lock_ends_with_its_process_and_not_before(tmp_path: Path) -> None:
    path, link = tmp_path / "j.db", tmp_path / "link.db"
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        link.hardlink_to(path)
        for name in (path, link):
            with pytest.raises(JournalError, match=SERVED):
                Lock(name)
        other.send_signal(signal.SIGKILL)
        other.wait()
    Lock(link).release()


def test_a_journal_that_others_could_read_is_restricted_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with running(path) as service:
        assert service.restricted == ""
        service.subscriptions.create("http://127.0.0.1:9/", SECRET)
    path.chmod(0o644)
    wal = tmp_path / "j.db-wal"
    wal.touch()
    wal.chmod(0o640)
    with running(path) as service:
        assert "j.db could be read by others (mode 0644), and holds secrets" in service.restricted
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert len(service.subscriptions.all()) == 1


def test_a_journal_of_somebody_else_that_others_can_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.db"
    path.touch(0o644)
    path.chmod(0o644)

    def refuse(self: Path, mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(JournalError, match="have them run `chmod 600`"):
        restrict(path)


def test_a_file_that_is_no_journal_keeps_its_mode_and_can_be_named_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    path.chmod(0o644)
    for _ in range(2):
        with pytest.raises(JournalError, match="is no SQLite database"), running(path):
            pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_sqlite_holds_is_held_though_another_server_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with running(path) as service:
        with pytest.raises(JournalError, match=SERVED):
            Lock(path)
        service.subscriptions.create("http://127.0.0.1:9/", SECRET)
        assert len(Archive(path).runs()) == 0
        assert os.path.exists(f"{path}-wal")
