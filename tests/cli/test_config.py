"""Settings: flag, environment, mockzoom.toml, pyproject.toml in this order; no secrets in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import URL, refused
from tests.transport.servers import NO_CONTENT, answering, serving

SEND = ("send", "meeting.rtms_started", "--secret", SECRET)


def client_id(call: Call, *options: str) -> str | None:
    """The client id that a delivery carries."""
    with serving(answering(NO_CONTENT)) as server:
        assert call(*SEND, "--to", server.url, *options).code == 0
    return server.received[0].header("clientid")


def test_a_flag_goes_before_the_environment_before_mockzoom_toml_before_pyproject(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = client_id(call)
    (tmp_path / "pyproject.toml").write_text('[tool.mockzoom]\nclient-id = "project"\n')
    assert client_id(call) == "project"
    (tmp_path / "mockzoom.toml").write_text('client-id = "own"\n')
    assert client_id(call) == "own"
    monkeypatch.setenv("MOCKZOOM_CLIENT_ID", "environment")
    assert client_id(call) == "environment"
    assert client_id(call, "--client-id", "flag") == "flag"
    assert default not in (None, "project", "own", "environment", "flag")


def test_both_files_add_up(call: Call, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mockzoom]\nseed = 5\nfail-on = 'never'\n")
    (tmp_path / "mockzoom.toml").write_text("seed = 6\n")
    synth = ("events", "synth", "meeting.rtms_started")
    assert call(*synth).out == call(*synth, "--seed", "6").out
    assert call("specs", "lint").code == 0
    (tmp_path / "mockzoom.toml").write_text("fail-on = 'warning'\n")
    assert call("specs", "lint").code == 1


def test_config_names_the_only_file_that_is_read(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mockzoom.toml").write_text("seed = 6\nclient-id = 'own'\n")
    (tmp_path / "other.toml").write_text("seed = 7\n")
    synth = ("events", "synth", "meeting.rtms_started")
    assert call(*synth, "--config", "other.toml").out == call(*synth, "--seed", "7").out
    assert client_id(call, "--config", "other.toml") != "own"
    project = tmp_path / "sub" / "pyproject.toml"
    project.parent.mkdir()
    project.write_text("[tool.mockzoom]\nseed = 8\n[tool.other]\nx = 1\n")
    assert call(*synth, "--config", "sub/pyproject.toml").out == call(*synth, "--seed", "8").out


def test_config_may_come_from_the_environment(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ci.toml").write_text("client-id = 'ci'\n")
    monkeypatch.setenv("MOCKZOOM_CONFIG", "ci.toml")
    assert client_id(call) == "ci"


def test_a_pyproject_without_our_table_is_none_of_ours(call: Call, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nsecret = 1\n')
    assert client_id(call) == client_id(call, "--config", "pyproject.toml")


@pytest.mark.parametrize("name", ["mockzoom.toml", "pyproject.toml", "other.toml"])
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('fail_onn = "error"', "no setting is called 'fail_onn'; did you mean fail-on"),
        ("zzzzzz = 1", "no setting is called 'zzzzzz'"),
        ('"fail-on" = 3', "fail-on: expected a text, found 3"),
        ("seed = '1'", "seed: expected a whole number, found '1'"),
        ("seed = true", "seed: expected a whole number, found True"),
        ("timeout = 'slow'", "timeout: expected a number, found 'slow'"),
        ("count = 1.5", "count: expected a whole number, found 1.5"),
        ("seed = 1.5", "seed: expected a whole number, found 1.5"),
        ("insecure = 'yes'", "insecure: expected a switch, found 'yes'"),
        ("events = [1]", "events: expected a list of texts, found [1]"),
        ("events = {a = 1}", "events: expected a list of texts, found {'a': 1}"),
        ("client-id = ['a']", "client-id: expected a text, found ['a']"),
        ("secret = 'hunter2'", "'secret' is a credential and this file gets committed; set"
                               " MOCKZOOM_SECRET or name a file outside the repository"),
        ("auth = 'basic:a:hunter2'", "'auth' is a credential"),
        ("client-secret = 'hunter2'", "'client-secret' is a credential"),
        ("no toml", "no TOML: "),
        ("help = true", "no setting is called 'help'"),
        ("to = 'http://h/'", "no setting is called 'to'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_what_and_where(
    call: Call, tmp_path: Path, name: str, line: str, why: str
) -> None:
    table = "[tool.mockzoom]\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_text(table + line + "\n")
    options = ("--config", name) if name == "other.toml" else ()
    text = refused(call, "verify", URL, "--secret", "x", *options)
    assert text.startswith(f"{name}: {why}")
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"tool = 3", "'tool' is no table; expected [tool.mockzoom]"),
        (b"[tool]\nmockzoom = 3", "'mockzoom' is no table; expected [tool.mockzoom]"),
        (b"\xff", "cannot be read: "),
    ],
)
def test_a_pyproject_of_another_shape_says_so(
    call: Call, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    text = refused(call, "events", "list")
    assert text.startswith(f"pyproject.toml: {why}")


@pytest.mark.parametrize("config", ["missing.toml", "."])
def test_a_config_that_is_no_file_is_refused(call: Call, config: str) -> None:
    text = refused(call, "verify", URL, "--secret", "x", "--config", config)
    assert text == f"--config {config}: no such file; expected a TOML file of settings"


def test_a_choice_in_a_file_is_checked_as_on_the_command_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mockzoom.toml").write_text("fail-on = 'sometimes'\n")
    ended = call("verify", URL, "--secret", "x")
    assert ended.code == 2
    assert "'sometimes' is not one of" in ended.err


# -- the secret --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "environment", "used"),
    [
        ((), {"SECRET": "of-env"}, "of-env"),
        ((), {"SECRET_FILE": "env-file"}, "of-env-file"),
        ((), {"SECRET": "of-env", "SECRET_FILE": "env-file"}, "of-env"),
        (("--secret", "of-flag"), {"SECRET": "of-env", "SECRET_FILE": "env-file"}, "of-flag"),
        (("--secret-file", "file"), {"SECRET": "of-env"}, "of-file"),
        (("--secret-file", "file"), {"SECRET_FILE": "env-file"}, "of-file"),
    ],
)
def test_the_secret_of_a_flag_goes_before_that_of_the_environment(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...],
    environment: dict[str, str], used: str,
) -> None:  # fmt: skip
    import hashlib
    import hmac

    (tmp_path / "file").write_text("of-file\n")
    (tmp_path / "env-file").write_text("of-env-file")
    for name, value in environment.items():
        monkeypatch.setenv(f"MOCKZOOM_{name}", value)
    with serving(answering(NO_CONTENT)) as server:
        call("send", "meeting.rtms_started", "--to", server.url, *flags)
    received = server.received[0]
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    expected = "v0=" + hmac.new(used.encode(), message, hashlib.sha256).hexdigest()
    assert received.header("x-zm-signature") == expected


def test_a_secret_file_may_be_named_in_a_settings_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("x\n")
    (tmp_path / "mockzoom.toml").write_text("secret-file = 's'\n")
    with serving(answering(NO_CONTENT)) as server:
        assert call("send", "meeting.rtms_started", "--to", server.url).code == 0
