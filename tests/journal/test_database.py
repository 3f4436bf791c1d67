"""Files that are no journal, or not to be had: each is refused with its reason."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockzoom.errors import NotFound
from mockzoom.journal import Archive, JournalError, Writer
from mockzoom.journal.database import connect
from mockzoom.journal.schema import MIGRATIONS
from tests.journal.runs import result, violation
from tests.journal.test_recorder import keep


def test_a_missing_file_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"j\.db does not exist; `mockzoom verify --journal`"):
        Archive(tmp_path / "j.db")
    assert not (tmp_path / "j.db").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"the folder .*/no does not exist; make it"):
        Writer(tmp_path / "no" / "j.db")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="is a folder; expected the path of a file"):
        Writer(tmp_path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    with pytest.raises(JournalError, match="is no SQLite database; name another file"):
        Writer(path)
    assert path.read_text() == "dear diary, " * 100


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE run (id)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="is a SQLite database of another program"):
        Writer(path)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    connect(path, migrations=[*MIGRATIONS, "CREATE TABLE later (id)"]).close()
    known = len(MIGRATIONS)
    with pytest.raises(
        JournalError,
        match=rf"newer mockzoom \(schema {known + 1}, this one knows {known}\); update",
    ):
        Archive(path)


def test_an_older_schema_is_migrated_and_its_runs_stay(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    script = "CREATE TABLE later (id);\nINSERT INTO later VALUES (1)"
    migrated = connect(path, migrations=[*MIGRATIONS, script])
    assert migrated.execute("SELECT count(*) FROM later").fetchone()[0] == 1
    assert migrated.execute("SELECT count(*) FROM run").fetchone()[0] == 1
    again = connect(path, migrations=[*MIGRATIONS, script])
    assert again.execute("SELECT count(*) FROM later").fetchone()[0] == 1


def test_violations_of_the_second_schema_are_read_with_their_fix(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    old = sqlite3.connect(path)
    (data,) = old.execute("SELECT data FROM violation").fetchone()
    assert '"fix": ""' in data
    words = ('"fix": ""', '"mend": "Do it."')
    old.execute("UPDATE violation SET data = replace(data, ?, ?)", words)
    old.execute("UPDATE run SET result = replace(result, ?, ?)", words)
    old.execute("ALTER TABLE delivery DROP COLUMN headers")
    old.execute("DROP INDEX delivery_queue")
    old.execute("ALTER TABLE run DROP COLUMN writer")
    old.execute("PRAGMA user_version = 2")
    old.commit()
    old.close()
    Writer(path).close()
    archive = Archive(path)
    (row,) = archive.violations({})
    kept = archive.result(1)
    assert kept is not None
    assert (row.violation.fix, *(item.fix for item in kept.violations)) == ("Do it.", "Do it.")
    assert replace(row.violation, fix="", reproduce="") == replace(violation(1), reproduce="")
    assert replace(kept, violations=()) == replace(result(), violations=())


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    broken = [*MIGRATIONS, "CREATE TABLE later (id);\nCREATE TABLE run (id)"]
    with pytest.raises(JournalError, match="table run already exists"):
        connect(path, migrations=broken)
    assert len(Archive(path).runs()) == 1
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_schema").fetchall()
    assert ("later",) not in tables


def test_a_locked_file_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="is locked by another program; wait for it"):
        Writer(path, busy=0.2)
    holder.execute("ROLLBACK")
    Writer(path, busy=0.2).close()


def test_a_damaged_file_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    keep(path, 200)
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(JournalError, match=r"is damaged; move it away, `sqlite3 FILE \.recover`"):
        keep(path)


def test_a_read_only_file_is_called_so(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    path = tmp_path / "j.db"
    keep(path)
    path.chmod(0o400)
    with pytest.raises(JournalError, match=r"cannot be (written|opened); check its permissions"):
        Writer(path)
