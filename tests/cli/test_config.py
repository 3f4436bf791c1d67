"""Settings: flag, environment, mockzoom.toml, pyproject.toml in this order; no secrets in files."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import URL, refused
from tests.transport.servers import NO_CONTENT, answering, http, serving

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
                               " MOCKZOOM_SECRET, name a file outside the repository"),
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

SECRETS = ("of-env", "of-env-file", "of-flag", "of-file", "of-variable", "of-the-receiver",
           "of-mockzoom")  # fmt: skip


def signed_with(call: Call, *flags: str) -> str:
    """Send an event, and return which of `SECRETS` has signed it."""
    with serving(answering(NO_CONTENT)) as server:
        assert call("send", "meeting.rtms_started", "--to", server.url, *flags).code == 0
    received = server.received[0]
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    signature = received.header("x-zm-signature")
    (found,) = (
        secret
        for secret in SECRETS
        if signature == "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    )
    return found


@pytest.mark.parametrize(
    ("flags", "environment", "used"),
    [
        ((), {"SECRET": "of-env"}, "of-env"),
        ((), {"SECRET_FILE": "env-file"}, "of-env-file"),
        ((), {"SECRET": "of-env", "SECRET_FILE": "env-file"}, "of-env"),
        (("--secret", "of-flag"), {"SECRET": "of-env", "SECRET_FILE": "env-file"}, "of-flag"),
        (("--secret-file", "file"), {"SECRET": "of-env"}, "of-file"),
        (("--secret-file", "file"), {"SECRET_FILE": "env-file"}, "of-file"),
        ((), {"SECRET_VARIABLE": "OF_TEAM"}, "of-variable"),
        ((), {"SECRET_FILE": "env-file", "SECRET_VARIABLE": "OF_TEAM"}, "of-env-file"),
        (("--secret-variable", "OF_TEAM"), {"SECRET": "of-env"}, "of-variable"),
    ],
)
def test_the_secret_of_a_flag_goes_before_that_of_the_environment(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...],
    environment: dict[str, str], used: str,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("of-file\n")
    (tmp_path / "env-file").write_text("of-env-file")
    monkeypatch.setenv("OF_TEAM", "of-variable")
    for name, value in environment.items():
        monkeypatch.setenv(f"MOCKZOOM_{name}", value)
    assert signed_with(call, *flags) == used


def test_a_secret_file_may_be_named_in_a_settings_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("x\n")
    (tmp_path / "mockzoom.toml").write_text("secret-file = 's'\n")
    with serving(answering(NO_CONTENT)) as server:
        assert call("send", "meeting.rtms_started", "--to", server.url).code == 0


def test_a_secret_variable_that_a_file_names_comes_after_the_environment(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOOM_TOKEN", "of-the-receiver")
    (tmp_path / "mockzoom.toml").write_text("secret-variable = 'ZOOM_TOKEN'\n")
    assert signed_with(call) == "of-the-receiver"
    monkeypatch.setenv("MOCKZOOM_SECRET", "of-mockzoom")
    assert signed_with(call) == "of-mockzoom"
    assert signed_with(call, "--secret-variable", "ZOOM_TOKEN") == "of-the-receiver"


@pytest.mark.slow
def test_reproduce_takes_the_secret_from_where_the_run_took_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "the secret").write_text("of-file\n")
    monkeypatch.setenv("ZOOM_TOKEN", "of-the-receiver")
    wanted = {
        ("--secret-variable", "ZOOM_TOKEN"): '"$ZOOM_TOKEN"',
        ("--secret-file", "the secret"): "\"$(cat 'the secret')\"",
    }
    with serving(answering(http(401, b""))) as server:
        for flags, in_shell in wanted.items():
            ended = call("verify", server.url, "--events", "meeting.rtms_started", *flags)
            assert f"--secret {in_shell}\n" in ended.out


def test_a_secret_variable_that_is_not_set_is_refused_with_its_place(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mockzoom.toml").write_text("secret-variable = 'ZOOM_TOKEN'\n")
    for value in (None, "", " "):
        if value is not None:
            monkeypatch.setenv("ZOOM_TOKEN", value)
        assert refused(call, "verify", URL) == (
            "mockzoom.toml: --secret-variable ZOOM_TOKEN: the environment has no such variable, or"
            " it is empty; set it to the secret token of the event subscription"
        )


# -- where a refused value comes from ----------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("FAIL_ON", "warn", "'warn' is not one of 'error', 'warning', 'never'."),
        ("SEED", "x", "'x' is not a valid integer"),
        ("FUZZ", "-1", "-1 is not in the range x>=0."),
        ("STRICT", "perhaps", "'perhaps' is not a valid boolean"),
    ],
)
def test_a_refused_value_names_the_variable_that_it_comes_from(
    call: Call, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"MOCKZOOM_{variable}", value)
    ended = call("verify", URL, "--secret", "x")
    assert ended.code == 2
    assert f"Error: Invalid value for MOCKZOOM_{variable}: {why}" in ended.err


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("timeout", "-1", "--timeout -1: expected seconds"),
        ("report", "pdf=x", "--report 'pdf=x': no format is called 'pdf'"),
        ("at", "soon", "--at 'soon': expected epoch milliseconds"),
        ("ignore", "MZ999", "--ignore: no rule is called 'MZ999'"),
        ("secret_file", "none", "--secret-file none: cannot be read"),
    ],
)
def test_what_the_command_refuses_names_its_place_too(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"MOCKZOOM_{name.upper()}", value)
    assert refused(call, "verify", URL).startswith(f"MOCKZOOM_{name.upper()}: {why}")
    monkeypatch.delenv(f"MOCKZOOM_{name.upper()}")
    flag = "--" + name.replace("_", "-")
    assert refused(call, "verify", URL, flag, value).startswith(why)
    if name in ("report", "at", "secret_file"):
        key = name.replace("_", "-")
        (tmp_path / "mockzoom.toml").write_text(f"{key} = {value!r}\n")
        assert refused(call, "verify", URL).startswith(f"mockzoom.toml: {why}")


def test_a_choice_of_a_file_names_the_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mockzoom.toml").write_text("fail-on = 'warn'\n")
    text = call("verify", URL, "--secret", "x").err
    assert "Invalid value for mockzoom.toml: fail-on: 'warn' is not one of" in text


def test_a_variable_that_is_no_setting_is_pointed_out_with_the_nearest(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_FAIL_OM", "never")
    monkeypatch.setenv("MOCKZOOM_TOKEN", "of-serve-and-known")
    monkeypatch.setenv("MOCKZOOM_CREDENTIAL", "of-a-curl-line")
    ended = call("events", "list", "meeting.rtms_*")
    assert ended.code == 0
    assert ended.err == (
        "mockzoom: the variable MOCKZOOM_FAIL_OM is none that mockzoom reads; did you mean"
        " MOCKZOOM_FAIL_ON?\n"
    )


def test_a_variable_that_a_settings_file_names_is_known(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_OF_API", "x")
    (tmp_path / "mockzoom.toml").write_text(
        "[receivers.api]\nurl = 'http://127.0.0.1:9/'\nsecret-variable = 'MOCKZOOM_OF_API'\n"
    )
    assert call("events", "list", "meeting.rtms_*").err == ""


def test_receivers_of_both_files_add_up(call: Call, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.mockzoom.receivers.a]\nurl = 'of-pyproject'\n"
        "[tool.mockzoom.receivers.b]\nurl = 'of-pyproject'\n"
    )
    (tmp_path / "mockzoom.toml").write_text("[receivers.b]\nurl = 'own'\n")
    said = [refused(call, "verify", name, "--secret", "x") for name in ("a", "b")]
    assert said[0].startswith("pyproject.toml: [receivers.a]: 'of-pyproject' is not a URL")
    assert said[1].startswith("mockzoom.toml: [receivers.b]: 'own' is not a URL")


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("probe-sql = ['postgresql://app:s3cret@db/app', 'select 1']", "MOCKZOOM_PROBE_SQL"),
        ("spec = ['https://app:s3cret@docs.example/events.json']", "MOCKZOOM_SPEC"),
    ],
)
def test_a_list_with_a_password_is_refused_and_not_shown(
    call: Call, tmp_path: Path, line: str, variable: str
) -> None:
    (tmp_path / "mockzoom.toml").write_text(line + "\n")
    said = refused(call, "play", "webinar", "--to", "http://127.0.0.1:9/", "--secret", "x")
    assert said.endswith(f"the URL has a password and this file gets committed; set {variable}")
    assert "s3cret" not in said
