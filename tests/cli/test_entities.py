"""--entity and [entities]: pinned values on the command line, in files, and in reproduce lines."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mockzoom.zoom.sample_receiver import create_app, serving
from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import refused

ACCOUNT = "OurAccount-0123456789a"
SYNTH = ("events", "synth", "meeting.ended", "--product", "meetings")
PINNED = ("--entity", f"account_id={ACCOUNT}")


class OneAccount:
    """The sample receiver for one account: genuine events of any other are answered 404."""

    def __init__(self, status: int = 404) -> None:
        self._app = create_app(SECRET)
        self._status = status
        self.accounts: set[str] = set()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)

        def noted(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            known = True
            if status.startswith("2"):
                known = self._knows(body)
            return start_response(status if known else f"{self._status} Unknown", headers)

        return self._app(environ, noted)

    def _knows(self, body: bytes) -> bool:
        try:
            account = json.loads(body)["payload"]["account_id"]
        except (ValueError, KeyError, TypeError):
            return True
        self.accounts.add(str(account))
        return bool(account == ACCOUNT)


@pytest.fixture
def ours() -> Iterator[tuple[OneAccount, str]]:
    app = OneAccount()
    with serving(app) as url:  # type: ignore[arg-type]
        yield app, url


def test_events_are_printed_with_what_is_pinned(call: Call) -> None:
    ended = json.loads(call(*SYNTH, *PINNED, "--entity", "meeting_id=85012345678").out)
    assert ended["payload"]["account_id"] == ACCOUNT
    assert ended["payload"]["object"]["id"] == "85012345678"
    mutant = json.loads(call(*SYNTH, *PINNED, "--malformed", "--count", "1").out)
    assert ACCOUNT in json.dumps(mutant["body"])


def test_the_table_of_a_file_pins_too_and_a_flag_goes_before_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def account() -> str:
        return str(json.loads(call(*SYNTH).out)["payload"]["account_id"])

    (tmp_path / "pyproject.toml").write_text("[tool.mockzoom.entities]\naccount-id = 'project'\n")
    assert account() == "project"
    (tmp_path / "mockzoom.toml").write_text(
        "[entities]\naccount_id = 'own'\nmeeting_id = 85012345678\n"
    )
    assert account() == "own"
    monkeypatch.setenv("MOCKZOOM_ENTITY", "account_id=environment")
    assert account() == "environment"
    assert json.loads(call(*SYNTH, *PINNED).out)["payload"]["account_id"] == ACCOUNT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[entities]\nacount_id = 'x'\n",
            "entities: no entity is called 'acount_id'; did you mean",
        ),
        ("[entities]\nsecret = 'x'\n", "entities.secret: is a credential and no entity"),
        (
            "[entities]\naccount_id = 1.5\n",
            "entities.account_id: expected a text or a whole number",
        ),
        ("[entities]\nmeeting_id = 'x'\n", "entities: entity meeting_id=x: events have it as a"),
        ("entities = ['account_id=x']\n", "entities: expected a table such as [entities]"),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_the_file_and_the_reason(
    call: Call, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "mockzoom.toml").write_text(text)
    assert f"mockzoom.toml: {told}" in refused(call, *SYNTH)


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "http://127.0.0.1:9", "--events", "user.created"),
        ("send", "user.created", "--to", "http://127.0.0.1:9"),
        ("play", "made.yaml", "--to", "http://127.0.0.1:9"),
        ("events", "synth", "user.created"),
    ],
)
def test_a_value_that_breaks_an_event_is_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "made.yaml").write_text("name: made\nsteps:\n  - send: user.created\n")
    secret = ("--secret", SECRET) if words[0] != "events" else ()
    said = refused(call, *words, *secret, "--entity", "user_email=nobody")
    assert (
        "entity user_email=nobody: user.created at /payload/object/email: 'nobody' is not" in said
    )


def test_an_unknown_name_is_refused_with_the_nearest(call: Call) -> None:
    assert "no entity is called 'host_mail'; did you mean host_email" in refused(
        call, *SYNTH, "--entity", "host_mail=x"
    )
    assert "expected NAME=VALUE" in refused(call, *SYNTH, "--entity", "account_id")


@pytest.mark.slow
def test_a_receiver_of_one_account_passes_with_it_and_fails_without(
    call: Call, ours: tuple[OneAccount, str]
) -> None:
    app, url = ours
    part = ("--events", "session.*_started")
    verify = ("verify", url, "--secret", SECRET, *part, "--report", "json=-")
    assert call(*verify).code == 1
    app.accounts.clear()
    ended = call(*verify, *PINNED)
    assert json.loads(ended.out)["violations"] == []
    assert ended.code == 0
    # Mutants have other values there, and none of these looks like an account.
    assert {each for each in app.accounts if len(each) == len(ACCOUNT)} == {ACCOUNT}


@pytest.mark.slow
def test_the_reproduce_line_carries_what_is_pinned_and_shows_the_same(
    call: Call, tmp_path: Path
) -> None:
    scenario = "name: made\nsteps:\n  - send: session.started\n  - send: session.ended\n"
    (tmp_path / "made.yaml").write_text(scenario)
    with serving(create_app("another secret")) as url:
        common = ("--secret", SECRET, *PINNED, "--report", "json=-")
        reports = [
            call("verify", url, "--events", "session.started", *common),
            call("play", "made.yaml", "--to", url, *common),
        ]
    for ended in reports:
        found = json.loads(ended.out)["violations"]
        assert found
        for violation in found:
            assert f"--entity account_id={ACCOUNT}" in violation["reproduce"]
