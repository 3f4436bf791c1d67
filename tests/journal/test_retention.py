"""The journal forgets the oldest first, by age and by size, and nothing that is to be delivered."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from mockzoom.journal import Archive, Retention, Writer
from mockzoom.journal.retention import DAY_S, size
from tests.journal.test_recorder import keep


def age(path: Path, run: int, days: float) -> None:
    raw = sqlite3.connect(path)
    moment = time.time() - days * DAY_S
    raw.execute("UPDATE run SET started_at = ?, finished_at = ? WHERE id = ?",
                (moment, moment, run))  # fmt: skip
    raw.commit()
    raw.close()


def add_delivery(path: Path, state: str, days: float) -> None:
    raw = sqlite3.connect(path)
    raw.execute(
        "INSERT INTO delivery (name, kind, case_name, request_id, body, forge, policy, state,"
        " created_at) VALUES ('d', 'event', '', 'r', ?, '', 'zoom', ?, ?)",
        (b"x" * 10_000, state, time.time() - days * DAY_S),
    )
    raw.commit()
    raw.close()


def test_runs_beyond_their_age_go_with_their_deliveries(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    old, new = keep(path), keep(path)
    age(path, old, 31)
    age(path, new, 29)
    Writer(path, Retention(days=30)).close()
    archive = Archive(path)
    assert [run.id for run in archive.runs()] == [new]
    assert {row.run for row in archive.deliveries()} == {new}


def test_without_limits_nothing_goes(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    age(path, keep(path), 4000)
    Writer(path, Retention(days=0, megabytes=0)).close()
    assert len(Archive(path).runs()) == 1


def test_the_oldest_runs_go_until_the_size_fits(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    numbers = [keep(path, 400) for _ in range(4)]
    before = path.stat().st_size
    raw = sqlite3.connect(path)
    limit = size(raw) * 0.6 / 1e6
    raw.close()
    Writer(path, Retention(megabytes=limit)).close()
    left = [run.id for run in Archive(path).runs()]
    assert left == numbers[::-1][: len(left)]
    assert 0 < len(left) < 4
    assert path.stat().st_size < before


def test_what_is_to_be_delivered_stays_whatever_its_age_and_size(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    for state in ("pending", "sending", "delivered", "failed"):
        add_delivery(path, state, 400)
    Writer(path, Retention(days=30, megabytes=0.001)).close()
    archive = Archive(path)
    assert {row.state for row in archive.deliveries()} == {"pending", "sending"}
    assert archive.runs() == []
