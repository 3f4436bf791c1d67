"""Several receivers in one settings file: examined by name or all of them, with one summary."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import refused
from tests.transport.servers import Received, answering, http, serving, unused_port

pytestmark = pytest.mark.slow

FEW = "events = ['meeting.rtms_started']\n"


@pytest.fixture
def both(
    receiver: str, defective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """A correct receiver and a defective one, in a settings file; each has a secret variable."""
    monkeypatch.setenv("GOOD_SECRET", SECRET)
    monkeypatch.setenv("BAD_SECRET", SECRET)
    monkeypatch.setenv("MOCKZOOM_SECRET", "the secret of neither")
    (tmp_path / "mockzoom.toml").write_text(
        FEW
        + f"[receivers.good]\nurl = '{receiver}'\nsecret-variable = 'GOOD_SECRET'\n"
        + f"[receivers.bad]\nurl = '{defective}'\nsecret-variable = 'BAD_SECRET'\n"
    )
    return receiver, defective


def test_all_are_examined_and_summed_up_and_the_worst_decides(
    call: Call, both: tuple[str, str]
) -> None:
    ended = call("verify", "--all")
    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert f"good: {both[0]}" in lines
    assert f"bad: {both[1]}" in lines
    assert lines[-3] == "Receivers"
    assert lines[-2] == "  good  PASS: no violations"
    assert lines[-1].startswith("  bad   FAIL: 3 errors, ")


def test_one_is_examined_by_its_name(call: Call, both: tuple[str, str]) -> None:
    good = call("verify", "good")
    assert good.code == 0
    assert "PASS: no violations" in good.out
    assert both[0] in good.out
    assert "Receivers" not in good.out
    assert call("verify", "bad").code == 1


def test_the_only_receiver_needs_no_name(
    call: Call, receiver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD_SECRET", SECRET)
    table = f"url = '{receiver}'\nsecret-variable = 'GOOD_SECRET'\n"
    (tmp_path / "mockzoom.toml").write_text(f"{FEW}[receivers.good]\n{table}")
    assert call("verify").code == 0
    (tmp_path / "mockzoom.toml").write_text(FEW + table)
    assert call("verify").code == 0


def test_a_table_goes_before_the_file_and_the_environment_and_a_flag_before_it(
    call: Call, defective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_FAIL_ON", "error")
    monkeypatch.setenv("OF_BAD", SECRET)
    (tmp_path / "mockzoom.toml").write_text(
        "events = ['session.*']\nfail-on = 'warning'\n[receivers.bad]\n"
        f"url = '{defective}'\nsecret-variable = 'OF_BAD'\nfail-on = 'never'\n{FEW}"
    )
    lenient = call("verify", "bad")
    assert lenient.code == 0
    assert "1 of 1 event" in lenient.out
    assert call("verify", "bad", "--fail-on", "error").code == 1
    # The secret of a flag, too: the receiver refuses what another one has signed.
    other = call("verify", "bad", "--secret", "another")
    assert "MZ101" in other.out


def test_each_accepts_findings_of_its_own(
    call: Call, both: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "mockzoom.toml"
    rules = ("MZ107", "MZ205", "MZ305", "MZ306", "MZ401")
    accepted = ", ".join(f"'{rule} is known'" for rule in rules)
    file.write_text(file.read_text() + f"ignore = [{accepted}]\n")
    ended = call("verify", "--all")
    assert ended.code == 0, ended.out
    assert "  bad   PASS: no other violations; " in ended.out


def test_reports_have_the_receiver_s_name(
    call: Call, both: tuple[str, str], tmp_path: Path
) -> None:
    call("verify", "--all", "--report", "json=r-{receiver}.json", "--journal", "j.db")
    reports = [json.loads((tmp_path / f"r-{name}.json").read_text()) for name in ("good", "bad")]
    assert [report["target"] for report in reports] == list(both)
    listed = call("runs", "list", "--journal", "j.db").out.splitlines()
    assert [line.split()[-1] for line in listed] == [both[1], both[0]]


def test_one_file_for_several_is_refused(call: Call, both: tuple[str, str]) -> None:
    hint = (
        ": several receivers would write it; put {receiver} into the path, or name a file in the"
        " table of each receiver"
    )
    assert refused(call, "verify", "--all", "--report", "json=r.json") == f"--report r.json{hint}"
    text = refused(call, "verify", "--all", "--baseline", "b.json", "--write-baseline")
    assert text == f"--write-baseline b.json{hint}"


def test_an_unreachable_one_makes_the_code_3_unless_another_fails(
    call: Call, receiver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_SECRET", SECRET)
    (tmp_path / "mockzoom.toml").write_text(
        f"{FEW}[receivers.gone]\nurl = 'http://127.0.0.1:{unused_port()}/'\n"
        f"[receivers.good]\nurl = '{receiver}'\n"
    )
    ended = call("verify", "--all")
    assert ended.code == 3
    assert ended.out.splitlines()[-2:] == [
        "  gone  INCOMPLETE: the run could not be completed",
        "  good  PASS: no violations",
    ]


def test_nothing_is_sent_before_the_settings_of_all_are_read(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_SECRET", SECRET)
    with serving(answering(http(200))) as server:
        (tmp_path / "mockzoom.toml").write_text(
            f"[receivers.a]\nurl = '{server.url}'\n[receivers.b]\nurl = '{server.url}'\n"
            "secret-variable = 'NOT_SET'\n"
        )
        text = refused(call, "verify", "--all")
    assert text.startswith("mockzoom.toml: [receivers.b]: --secret-variable NOT_SET: the env")
    assert server.received == []


@pytest.mark.parametrize(
    ("table", "words", "why"),
    [
        ("", (), "no receiver: pass its URL, set MOCKZOOM_URL, or write url into mockzoom.toml"),
        ("", ("--all",), "--all: no receiver has a table; expected [receivers.NAME]"),
        ("[receivers.a]\nurl='http://h/'\n[receivers.b]\nurl='http://h/'", (),
         "no receiver: pass its URL, its name (a, b), or --all"),
        ("[receivers.api]\nurl='http://h/'", ("--all", "api"),
         "--all and 'api' exclude each other"),
        ("[receivers.api]\nurl='http://h/'\n[receivers.b]\nurl='http://h/'", ("apo",),
         "'apo' is not a URL: it has no scheme; expected http://HOST[:PORT]/PATH or https://…;"
         " did you mean api?"),
        ("", ("api",),
         "'api' is not a URL: it has no scheme; expected http://HOST[:PORT]/PATH or https://…,"
         " or a name that has a table [receivers.api] in mockzoom.toml"),
        ("url = 'nonsense'", (), "mockzoom.toml: 'nonsense' is not a URL"),
        ("[receivers.api]\nurl = 'nonsense'", ("api",),
         "mockzoom.toml: [receivers.api]: 'nonsense' is not a URL"),
        ("receivers = 3", (), "mockzoom.toml: receivers: expected tables such as [receivers.api]"),
        ("[receivers]\napi = 3", (), "mockzoom.toml: [receivers.api]: expected a table with the"),
        ("[receivers.api]\nseed = 3", (), "mockzoom.toml: [receivers.api]: expected a table with"),
        ("[receivers.'a b']\nurl = 'x'", (), "mockzoom.toml: [receivers.a b]: expected a name"),
        ("[receivers.api]\nurl = 3", (), "mockzoom.toml: [receivers.api]: url: expected a text"),
        ("[receivers.api]\nurl = 'x'\nseeed = 3", (),
         "mockzoom.toml: [receivers.api]: no setting is called 'seeed'; did you mean seed"),
        ("[receivers.api]\nurl = 'http://h/'\nsecret = 'hunter2'", (),
         "mockzoom.toml: [receivers.api]: 'secret' is a credential"),
        ("[receivers.api]\nurl = 'http://h/'\nsource = 'none.js'", (),
         "mockzoom.toml: [receivers.api]: --source none.js: no such file"),
        ("[receivers.api]\nurl = 'http://h/'\ntimeout = -1", (),
         "mockzoom.toml: [receivers.api]: --timeout -1: expected seconds"),
    ],
)  # fmt: skip
def test_receivers_that_cannot_be_examined_say_what_and_where(
    call: Call, tmp_path: Path, table: str, words: tuple[str, ...], why: str
) -> None:
    (tmp_path / "mockzoom.toml").write_text(table)
    text = refused(call, "verify", *words, "--secret", "x")
    assert text.startswith(why), text
    assert "hunter2" not in text


def test_a_wrong_choice_in_a_table_names_it(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mockzoom.toml").write_text(
        "[receivers.api]\nurl = 'http://h/'\nfail-on = 'warn'\n"
    )
    text = call("verify", "--secret", "x").err
    assert "Invalid value for mockzoom.toml: [receivers.api]: fail-on: 'warn' is not one" in text


def test_a_url_of_the_environment_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKZOOM_URL", "nonsense")
    assert refused(call, "verify", "--secret", "x").startswith("MOCKZOOM_URL: 'nonsense' is not a")
    monkeypatch.setenv("MOCKZOOM_TO", "neither")
    for words in (("send", "meeting.rtms_started"), ("play", "outage")):
        said = refused(call, *words, "--secret", "x")
        assert said.startswith("MOCKZOOM_TO: 'neither' is not a URL: it has no scheme")


def test_an_interrupt_ends_all_of_them(receiver: str, tmp_path: Path) -> None:
    def interrupt(received: Received) -> bytes:
        if len(server.received) == 1:
            process.send_signal(signal.SIGINT)
        return http(200)

    with serving(answering(interrupt)) as server:
        (tmp_path / "mockzoom.toml").write_text(
            f"[receivers.first]\nurl = '{server.url}'\n[receivers.next]\nurl = '{receiver}'\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "mockzoom", "verify", "--all", "--secret", SECRET],
            cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        out, _ = process.communicate(timeout=120)
    lines = out.splitlines()
    assert lines[-2].startswith("  first  ")
    assert lines[-1] == "  next   not examined"
    assert process.returncode in (1, 3)
    assert f"next: {receiver}" not in lines


def test_play_takes_the_receiver_of_the_settings(call: Call, both: tuple[str, str]) -> None:
    words = ("play", "rtms-start-interrupt-stop", "--virtual", "--to")
    good = call(*words, "good")
    assert good.code == 0, good
    assert both[0] in good.out
    assert "no receiver: pass --to URL" in refused(call, *words[:-1])
    assert "'gud' is not a URL" in refused(call, *words, "gud")


def test_send_takes_the_receiver_of_the_settings(
    call: Call, both: tuple[str, str], tmp_path: Path
) -> None:
    assert call("send", "meeting.rtms_started", "--to", "good").code == 0
    text = refused(call, "send", "meeting.rtms_started")
    assert text == "no receiver: pass --to URL, or write url into mockzoom.toml"
    with serving(answering(http(204))) as server:
        (tmp_path / "mockzoom.toml").write_text(f"url = '{server.url}'\n")
        assert call("send", "meeting.rtms_started").code == 0
    assert len(server.received) == 1


def test_play_takes_the_only_receiver(
    call: Call, receiver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD_SECRET", SECRET)
    table = f"url = '{receiver}'\nsecret-variable = 'GOOD_SECRET'\nfuzz = 3\n"
    for text in (table, f"[receivers.good]\n{table}"):
        (tmp_path / "mockzoom.toml").write_text(text)
        ended = call("play", "rtms-start-interrupt-stop", "--virtual")
        assert ended.code == 0, ended
