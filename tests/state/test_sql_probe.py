"""The rows of a query are a state; whatever cannot be read says why, and nothing is written."""

from __future__ import annotations

import builtins
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.reproduce import options_of
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.errors import UsageError
from mockzoom.play import PlayPlan
from mockzoom.probe_source import ProbeSource
from mockzoom.redact import has_password
from mockzoom.scenario.mistakes import ScenarioError
from mockzoom.settings import Settings
from mockzoom.state import sql_probe
from mockzoom.state.sql_probe import SqlError, SqlProbe
from tests.play.fakes import Fake, perform, rules

TWICE = """
  - {name: starts, send: session.started, deliver: {times: 2}}
  - {name: ends, send: session.ended}
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table events (id integer primary key, session, name, at)")
    return path


def probe(path: Path, query: str, within: float = 5.0) -> SqlProbe:
    return SqlProbe(f"sqlite:///{path}", query, within)


def insert(path: Path, session: str, name: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(
            "insert into events (session, name, at) values (?, ?, datetime())", (session, name)
        )


@pytest.mark.slow
@pytest.mark.parametrize(("is_right", "expected"), [(True, set()), (False, {"MZ501"})])
@pytest.mark.parametrize("order", ["", " order by id"])
def test_rows_show_what_a_copy_leaves(
    tmp_path: Path, database: Path, quick_looks: None, is_right: bool, expected: Any, order: str
) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if request_id not in fake.seen or not is_right:
            fake.seen.add(request_id)
            insert(database, event["payload"]["object"]["session_id"], event["event"])
        return 200

    source = ProbeSource(database=f"sqlite:///{database}", sql="select * from events" + order)
    result = perform(tmp_path, Fake(take), TWICE, probe=source)
    assert rules(result) == expected
    assert not result.breakages


def test_rows_are_objects_by_the_names_of_the_columns(database: Path) -> None:
    assert probe(database, "select * from events").read() == {"rows": []}
    insert(database, "s", "n")
    query = "select session, name as what, x'ff' as raw, 1.5 as number, null as none from events"
    row = {"session": "s", "what": "n", "raw": "ff", "number": 1.5, "none": None}
    assert probe(database, query).read() == {"rows": [row]}


def test_a_text_that_is_json_is_read_as_such_and_a_number_that_json_has_not_as_text(
    database: Path,
) -> None:
    query = """select '{"a": [1]}' as object, '[broken' as text, '7' as digits, 9e999 as much"""
    row = {"object": {"a": [1]}, "text": "[broken", "digits": "7", "much": "inf"}
    assert probe(database, query).read() == {"rows": [row]}


def test_rows_have_an_order_only_where_the_query_says_so(database: Path) -> None:
    assert probe(database, "select * from events").unordered == ("rows",)
    assert probe(database, "select * from events ORDER\n BY id").unordered == ()


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("selec * from events", 'near "selec": syntax error'),
        ("select * from sessions", "no such table: sessions"),
        ("insert into events (name) values ('x')", "attempt to write a readonly database"),
        ("delete from events", "attempt to write a readonly database"),
        ("begin", "within a transaction|returns no rows"),
        ("select id, 1 as id from events", "two columns are called id; name them apart with AS"),
    ],
)
def test_a_query_that_cannot_be_read_says_why(database: Path, query: str, reason: str) -> None:
    insert(database, "s", "n")
    with pytest.raises(SqlError, match=reason):
        probe(database, query).read()
    with sqlite3.connect(database) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (1,)


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"


def test_rows_are_bounded_in_number_and_time(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_probe, "MOST_ROWS", 3)
    with pytest.raises(SqlError, match="more than 3 rows; narrow the query with WHERE or LIMIT"):
        probe(database, ENDLESS).read()
    assert len(probe(database, f"{ENDLESS} limit 3").read()["rows"]) == 3
    with pytest.raises(SqlError, match="interrupted"):
        probe(database, f"select max(i) from ({ENDLESS})", within=0.2).read()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("app.db", "no URL of a database; expected one such as postgresql://user@host/name"),
        ("", "no URL of a database"),
        ("nonesuch://host/db", "SQLAlchemy knows no such database"),
        ("sqlite:////nowhere/at/all.db", "there is no file /nowhere/at/all.db"),
        ("mysql+mysqldb://u:s3cret@host/db", "its driver is not installed"),
    ],
)
def test_a_database_that_cannot_be_named_is_refused(url: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        SqlProbe(url, "select 1", 1.0)
    assert "s3cret" not in str(raised.value)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("sqlalchemy"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'mockzoom\[sql\]'"):
        SqlProbe("sqlite:///x.db", "select 1", 1.0)


def test_a_password_is_shown_nowhere(database: Path) -> None:
    assert has_password("postgresql://app:s3cret@db/app")
    assert not has_password("postgresql://app@db/app")
    assert not has_password("sqlite:///C:/a@b.db")
    source = ProbeSource(database="postgresql://app:s3cret@db/app", sql="select 'x'")
    assert "s3cret" not in repr(source)
    words = options_of(PlayPlan((), probe=source))
    assert words == ["--probe-sql", '"$DATABASE_URL"', "'select '\"'\"'x'\"'\"''"]


def scenario(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "told.yaml"
    path.write_text(f"name: told\nprobe: {text}\nsteps:\n  - {{send: session.started}}\n")
    return load_scenarios([path], load_contract(Settings()))


def test_a_scenario_names_a_database_and_a_query(tmp_path: Path) -> None:
    [told] = scenario(tmp_path, "{sql: {database: 'sqlite:///a.db', query: select 1}}")
    assert told.probe == ProbeSource(database="sqlite:///a.db", sql="select 1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{sql: {query: select 1}}", "database"),
        ("{sql: {database: 'sqlite:///a', query: x}, get: /a}", "`get` and `sql` exclude"),
        ("{sql: {database: 'sqlite:///a', query: x}, run: a}", "`run` and `sql` exclude"),
        ("{sql: {database: 'a://u:p@h/d', query: x}}", "2:25: `database` has a password"),
        ("{sql: select 1}", "an object with database and query"),
    ],
)
def test_a_scenario_whose_query_is_wrong_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        scenario(tmp_path, text)
