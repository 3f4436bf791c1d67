"""`mockzoom play --step` on a real terminal, each key against a small real receiver."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mockzoom.cli.terminal import keys
from tests.cli.conftest import SECRET
from tests.cli.terminals import DOWN, LEFT, RIGHT, UP, Screen, running
from tests.transport.servers import NO_CONTENT, Peer, Server, answering, http, serving

pytestmark = pytest.mark.slow

SCENARIO = """
name: played
about: What this scenario is about.
steps:
  - {name: first, send: session.started, about: It begins.}
  - {name: rest, wait: 10m}
  - {name: second, send: session.user_joined}
  - {name: third, send: session.ended}
"""
OTHER = "name: another\nsteps: [{name: only, send: session.ended}]"


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serving(answering(NO_CONTENT)) as server:
        yield server


class Playing:
    """Starts plays in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, server: Server, *texts: str, options: tuple[str, ...] = (), columns: int = 80,
        rows: int = 24, **environment: str,
    ) -> AbstractContextManager[Screen]:  # fmt: skip
        names = []
        for number, text in enumerate(texts or (SCENARIO,)):
            file = self.folder / f"scenario-{number}.yaml"
            file.write_text(text)
            names.append(str(file))
        words = ("play", "--step", *names, "--to", server.url, "--secret", SECRET)
        return running(
            *words, "--timeout", "20", *options,
            folder=self.folder, columns=columns, rows=rows, **environment,
        )  # fmt: skip

    def editor(self, script: str) -> str:
        """Return an $EDITOR that runs a shell script on the file $1, and keeps what it saw."""
        file = self.folder / "editor with blanks.sh"
        file.write_text(f'#!/bin/sh\ncp "$1" {self.folder}/seen.json\n{script}\n')
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return f"'{file}'"

    @property
    def seen(self) -> str:
        """What the editor last had before it."""
        return (self.folder / "seen.json").read_text()


@pytest.fixture
def playing(tmp_path: Path) -> Playing:
    return Playing(tmp_path)


def row(screen: str, name: str) -> str:
    """The line of a step."""
    return next(line for line in screen.splitlines() if re.search(rf"\b{name}\b", line))


def at(name: str) -> object:
    """Whether the cursor is at a step."""
    return lambda text: re.search(rf"▶ +\d* *{name}\b", text)


def events(server: Server) -> list[str]:
    return [json.loads(received.body)["event"] for received in server.received]


# -- the table and its keys --------------------------------------------------------------------


def test_it_begins_paused_with_the_steps_what_they_do_and_the_keys(
    playing: Playing, receiver: Server
) -> None:
    with playing(receiver) as screen:
        shown = screen.wait(at("first"))
        assert shown.splitlines()[0] == "played" + "paused".rjust(74)
        assert row(shown, "second").split() == ["·", "3", "second", "send", "session.user_joined"]
        assert "It begins." in shown
        assert "n next  p play  s skip  r resend  d dup  v view  e edit  f fault" in shown
        assert not receiver.received
        screen.press("q")
        assert screen.end() == 0


def test_n_plays_one_step_and_shows_its_answer(playing: Playing, receiver: Server) -> None:
    with playing(receiver) as screen:
        screen.wait(at("first"))
        screen.press("n")
        shown = screen.wait(at("rest"))
        assert re.search(r"^✓ 1 first +send session.started +204 in \d+ ms$", shown, re.MULTILINE)
        assert "What this scenario is about." in shown
        screen.press("nn")
        screen.wait(at("third"))
        assert events(receiver) == ["session.started", "session.user_joined"]


def test_p_plays_on_to_the_report(playing: Playing, receiver: Server) -> None:
    with playing(receiver) as screen:
        screen.wait(at("first"))
        screen.press("p")
        assert screen.end() == 0
        assert screen.restored
        assert "PASS: no violations" in screen.text
        assert "d-3 session.ended: 204" in screen.text
    assert len(receiver.received) == 3


def test_p_again_pauses_within_the_step_until_n_or_p(playing: Playing, receiver: Server) -> None:
    options = ("--time-scale", "10m=4s")
    with playing(receiver, options=options) as screen:
        screen.wait(at("first"))
        screen.press("p")
        screen.wait(lambda text: "●" in row(text, "rest") and "p pause" in text)
        screen.press("p")
        shown = screen.wait("paused: nothing is sent and no time passes, until n or p")
        assert shown.splitlines()[0].endswith("paused in this step")
        assert "●" in row(shown, "rest")
        screen.press("n")
        screen.wait(at("second"))
        assert len(receiver.received) == 1


def test_a_retry_that_waits_shows_when_it_is_due(playing: Playing) -> None:
    answers = iter((http(503), http(503)))

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(next(answers, NO_CONTENT))

    with serving(script) as server, playing(server) as screen:
        screen.wait(at("first"))
        screen.press("n")
        assert "503 → retry in 5m" in row(screen.wait(at("rest")), "first")
        screen.press("n")
        assert "503 ×2 → retry in 15m" in row(screen.wait(at("second")), "first")
        screen.press("p")
        assert screen.end() == 0
    assert len(server.received) == 5


def test_many_retries_that_wait_are_counted_with_the_first_one_due(playing: Playing) -> None:
    sends = ", ".join("{send: session.started}" for _ in range(3))
    text = f"name: many\nsteps: [{{name: all, together: [[{sends}], [{sends}]]}}]"
    answers = iter([http(503)] * 6)

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(next(answers, NO_CONTENT))

    # The schedule goes on to the retries once the last step is played: so slowly, and paused.
    options = ("--time-scale", "10m=60s")
    with serving(script) as server, playing(server, text, options=options, columns=140) as screen:
        screen.wait(at("all"))
        screen.press("n")
        screen.wait(lambda text: re.search(r"503 ×6, 6 to retry, first in (4m\d+s|5m)", text))
        screen.press("q")
        assert screen.end() == 0


def test_s_skips(playing: Playing, receiver: Server) -> None:
    with playing(receiver) as screen:
        screen.wait(at("first"))
        screen.press("s")
        assert "skipped" in row(screen.wait(at("rest")), "first")
        screen.press("p")
        assert screen.end() == 0
    assert events(receiver) == ["session.user_joined", "session.ended"]


def test_r_resends_and_d_duplicates_also_at_the_end(playing: Playing, receiver: Server) -> None:
    with playing(receiver, OTHER) as screen:
        screen.wait(at("only"))
        screen.press("r")
        screen.wait("nothing has been delivered yet")
        screen.press("n")
        screen.wait(at("end"))
        screen.press("r")
        screen.wait(lambda text: row(text, "only").count("204") == 2)
        screen.press("d")
        screen.wait(lambda text: row(text, "only").count("204") == 3)
        screen.press("n")
        assert screen.end() == 0
    first, second, third = (item.header("x-zm-request-id") for item in receiver.received)
    assert first != second == third


def test_v_shows_request_and_answer_without_credentials(playing: Playing) -> None:
    answers = iter((http(200, b'{"ok": "\xc3\xa4", "esc": "\x1b[31m"}'), NO_CONTENT))

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(next(answers))

    options = ("--auth", "basic:user:hush-hush")
    with serving(script) as server, playing(server, options=options) as screen:
        screen.wait(at("first"))
        screen.press("v")
        screen.wait("nothing has been delivered yet")
        screen.press("nnn")
        screen.wait(at("third"))
        screen.press("v")
        shown = screen.wait("d-2 session.user_joined (2 of 2)")
        assert "x-zm-signature: v0=" in shown
        assert "authorization: (not shown)" in shown
        screen.press(LEFT)
        screen.wait("d-1 session.started (1 of 2)")
        screen.press("G")
        shown = screen.wait('"ok": "ä"')
        assert "\x1b[31m" not in shown
        assert "200 X" in shown
        screen.press("g" + DOWN + DOWN + UP)
        screen.wait(lambda text: re.search(r"2-\d+ of \d+", text))
        screen.press(RIGHT)
        screen.wait("d-2 session.user_joined (2 of 2)")
        screen.press("\x1b")
        screen.wait(at("third"))
        assert b"hush" not in screen.raw
        assert b"dXNlcjpodXNo" not in screen.raw


def test_emoji_of_several_code_points_shift_no_line(playing: Playing, receiver: Server) -> None:
    text = (
        "name: emoji\nsteps: [{name: only, send: session.started,"
        ' with: {payload.object.session_name: "Café 👍🏽"}}]'
    )
    with playing(receiver, text, rows=60) as screen:
        screen.wait(at("only"))
        screen.press("n")
        screen.wait(at("end"))
        screen.press("v")
        shown = screen.wait("204 No Content")
        assert "Café 👍" in shown
        assert shown.startswith("d-1 session.started (1 of 1)")


def test_f_injects_the_chosen_fault_into_the_next_delivery(
    playing: Playing, receiver: Server
) -> None:
    with playing(receiver) as screen:
        screen.wait(at("first"))
        screen.press("f")
        screen.wait("reset-mid-body")
        screen.press("\x1b")
        screen.wait(at("first"))
        screen.press("f")
        number = re.search(r"(\d)  lost-answer", screen.wait("lost-answer"))
        assert number is not None
        screen.press(number[1])
        screen.wait("the next delivery suffers the fault lost-answer")
        screen.press("n")
        screen.wait(at("rest"))
        screen.press("n")
        assert "closed → 204" in row(screen.wait(at("second")), "first")
        screen.press("p")
        assert screen.end() == 0
    ids = [received.header("x-zm-request-id") for received in receiver.received]
    assert (len(ids), len(set(ids))) == (4, 3)


def test_the_help_names_every_key(playing: Playing, receiver: Server) -> None:
    with playing(receiver) as screen:
        screen.wait(at("first"))
        screen.press("?")
        shown = screen.wait("deliver the last event again, with the same request id")
        assert set("npsrdvefq?") <= {line[:1] for line in shown.splitlines()}
        screen.press("q")
        screen.wait(at("first"))
        screen.press("z")
        screen.wait("nothing is bound to z; ? shows the keys")


def test_q_reports_what_was_played(playing: Playing) -> None:
    with serving(answering(http(400))) as server, playing(server) as screen:
        screen.wait(at("first"))
        screen.press("n")
        shown = screen.wait(at("rest"))
        assert "1 found: MZ101 not-acknowledged" in shown
        screen.press("q")
        assert screen.end() == 1
        assert "stopped at the controls; what follows was not played" in screen.text
        assert screen.restored
        assert len(server.received) == 1


# -- editing -----------------------------------------------------------------------------------


def test_e_edits_the_very_event_that_would_be_sent(playing: Playing, receiver: Server) -> None:
    editor = playing.editor('sed -i "s/session.started/session.begun/" "$1"')
    with playing(receiver, EDITOR=editor) as screen:
        screen.wait(at("first"))
        screen.press("e")
        assert "edited" in row(screen.wait("first delivers what you wrote"), "first")
        shown = json.loads(playing.seen)
        screen.press("n")
        screen.wait(at("rest"))
        assert json.loads(receiver.received[0].body) == {**shown, "event": "session.begun"}
        screen.press("p")
        assert screen.end() == 0
    assert events(receiver) == ["session.begun", "session.user_joined", "session.ended"]


def test_a_mistake_in_the_json_is_shown_and_nothing_is_lost(
    playing: Playing, receiver: Server
) -> None:
    fix = (
        'if grep -q mistake "$1"; then echo "{\\"event\\": \\"x.y\\"}" > "$1";'
        ' else echo "{mistake" > "$1"; fi'
    )
    with playing(receiver, EDITOR=playing.editor(fix)) as screen:
        screen.wait(at("first"))
        screen.press("e")
        screen.wait("no JSON: line 1, column 2")
        screen.press("?")
        screen.press("\x1b")
        screen.wait("what you wrote for first is no JSON, and does not count yet")
        screen.press("e")
        screen.wait("first delivers what you wrote")
        assert playing.seen == "{mistake\n"
        screen.press("n")
        screen.wait(at("rest"))
    assert json.loads(receiver.received[0].body) == {"event": "x.y"}


def test_an_editor_that_changes_nothing_fails_or_cannot_be_started_changes_nothing(
    playing: Playing, receiver: Server
) -> None:
    for script, said in (
        ("true", "the editor saved nothing"),
        ('touch "$1"', "unchanged: the event is the scenario"),
        ("exit 1", "Editing failed"),
        ("", "Editing failed"),
    ):
        editor = playing.editor(script) if script else "/nowhere/editor"
        with playing(receiver, OTHER, EDITOR=editor) as screen:
            screen.wait(at("only"))
            screen.press("e")
            screen.wait(said)
            screen.press("p")
            assert screen.end() == 0
    assert set(events(receiver)) == {"session.ended"}


def test_an_edit_is_taken_back_by_an_empty_text(playing: Playing, receiver: Server) -> None:
    script = 'if grep -q mine "$1"; then : > "$1"; else echo "{\\"mine\\": 1}" > "$1"; fi'
    with playing(receiver, OTHER, EDITOR=playing.editor(script)) as screen:
        screen.wait(at("only"))
        screen.press("e")
        screen.wait("only delivers what you wrote")
        screen.press("e")
        screen.wait("the event is the scenario's own again")
        screen.press("p")
        assert screen.end() == 0
    assert events(receiver) == ["session.ended"]


def test_where_no_event_is_left_there_is_nothing_to_edit(
    playing: Playing, receiver: Server
) -> None:
    with playing(receiver, OTHER, EDITOR="false") as screen:
        screen.wait(at("only"))
        screen.press("n")
        screen.wait(at("end"))
        screen.press("e")
        screen.wait("nothing to edit: no event is left to be delivered")


def test_ctrl_c_in_the_editor_is_not_ours(playing: Playing, receiver: Server) -> None:
    script = "trap 'echo interrupted > caught' INT; echo ready; sleep 100 & wait; kill $!"
    with playing(receiver, EDITOR=playing.editor(script)) as screen:
        screen.wait(at("first"))
        screen.press("e")
        screen.wait("ready")
        screen.press("\x03")
        screen.wait(at("first"))
        assert (playing.folder / "caught").read_text() == "interrupted\n"
        screen.press("q")
        assert screen.end() == 0


# -- sizes -------------------------------------------------------------------------------------


def test_a_long_scenario_scrolls_with_the_cursor(playing: Playing, receiver: Server) -> None:
    steps = "".join(f"  - {{name: step-{n}, wait: 1s}}\n" for n in range(1, 61))
    with playing(receiver, f"name: long\nsteps:\n{steps}") as screen:
        shown = screen.wait(at("step-1"))
        assert "more below" in shown
        assert "more above" not in shown
        screen.press("n" * 30)
        shown = screen.wait(at("step-31"))
        assert len(shown.splitlines()) == 24
        assert "more above" in shown
        assert "more below" in shown
        screen.press("n" * 30)
        shown = screen.wait(at("end"))
        assert "more below" not in shown
        assert "step-60" in shown


def test_a_narrow_terminal_and_a_resized_one_show_what_fits(
    playing: Playing, receiver: Server
) -> None:
    with playing(receiver, columns=36, rows=10) as screen:
        shown = screen.wait(at("first"))
        assert "paused" in shown.splitlines()[0]
        assert "n p s r d v e f q ?" in shown
        screen.press("n")
        assert re.search(r"204 in \d+ ms", screen.wait(at("rest")))
        screen.resize(100, 30)
        screen.wait("q quit  ? help")
        screen.resize(16, 5)
        screen.wait(lambda text: text.splitlines()[0].endswith("paused"))
        screen.press("q")
        assert screen.end() == 0


def test_several_scenarios_come_one_after_the_other(playing: Playing, receiver: Server) -> None:
    with playing(receiver, OTHER, SCENARIO) as screen:
        assert "another 1 of 2" in screen.wait(at("only"))
        screen.press("nn")
        assert "played 2 of 2" in screen.wait(at("first"))
        assert len(receiver.received) == 1


def test_a_terminal_that_knows_ascii_only_gets_ascii(playing: Playing, receiver: Server) -> None:
    environment = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with playing(receiver, columns=80, rows=24, **environment) as screen:
        screen.wait("> 1 first")
        screen.press("n")
        assert "+ 1 first" in screen.wait("> 2 rest")


# -- ending ------------------------------------------------------------------------------------


def test_ctrl_c_finishes_the_report_and_restores_the_terminal(
    playing: Playing, receiver: Server
) -> None:
    with playing(receiver, options=("--real-time",)) as screen:
        screen.wait(at("first"))
        screen.press("nn")
        screen.wait(lambda text: "●" in row(text, "rest"))
        screen.press("\x03")
        assert screen.end() == 3
        assert screen.restored
        assert "interrupted; what follows was not played" in screen.text
        assert "d-1 session.started: 204" in screen.text


def modes(descriptor: int) -> list[str]:
    """What `stty` says of a terminal."""
    return subprocess.run(
        ["stty", "-a"], stdin=descriptor, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("how", ["quit", "interrupt", "terminate", "fail"])
def test_the_terminal_is_as_it_was_however_it_ends(
    playing: Playing, receiver: Server, how: str
) -> None:
    environment = {}
    if how == "fail":
        broken = "from mockzoom.cli.step_table import StepTable\ndef fail(*_, **__): 1 / 0\n"
        (playing.folder / "sitecustomize.py").write_text(broken + "StepTable._row = fail\n")
        path = os.pathsep.join((str(playing.folder), *sys.path))
        environment["PYTHONPATH"] = path
    with playing(receiver, **environment) as screen:
        before = modes(screen.child.child_fd)
        if how != "fail":
            screen.wait(at("first"))
            assert modes(screen.child.child_fd) != before
        if how == "terminate":
            screen.child.kill(signal.SIGTERM)
        elif how != "fail":
            screen.press("q" if how == "quit" else "\x03")
        screen.exited()
        assert modes(screen.child.child_fd) == before
        assert screen.restored
        assert screen.raw.rfind(b"\x1b[?7h") > screen.raw.rfind(b"\x1b[?7l")
        assert ("ZeroDivisionError" in screen.text) is (how == "fail")
        assert screen.end() == {"quit": 0, "interrupt": 3, "terminate": 143, "fail": 1}[how]


def test_the_report_is_folded_to_a_narrow_terminal(playing: Playing, receiver: Server) -> None:
    with playing(receiver, columns=50, rows=40) as screen:
        screen.wait(at("first"))
        screen.press("p")
        assert screen.end() == 0
        shown = screen.text
    assert "fixture\n               mockzoom_probe)\n" in shown


def test_an_unreachable_receiver_is_reported_without_a_table(playing: Playing) -> None:
    with serving(answering(NO_CONTENT)) as server:
        pass
    with playing(server) as screen:
        assert screen.end() == 3
        assert b"\x1b[?1049h" not in screen.raw
        assert "receiver unreachable" in screen.text


def test_without_a_terminal_it_says_so_and_plays_on(playing: Playing, receiver: Server) -> None:
    file = playing.folder / "scenario.yaml"
    file.write_text(SCENARIO)
    words = [sys.executable, "-m", "mockzoom", "play", "--step", str(file), "--to", receiver.url,
             "--secret", SECRET]  # fmt: skip
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False,
        cwd=playing.folder,
    )  # fmt: skip
    assert ended.returncode == 0
    assert "mockzoom: --step needs a terminal; playing on" in ended.stderr
    assert len(receiver.received) == 3


def test_a_dumb_terminal_is_none(playing: Playing, receiver: Server) -> None:
    with playing(receiver, columns=120, TERM="dumb") as screen:
        assert screen.end() == 0
        said = "mockzoom: --step needs a terminal that can move its cursor (see TERM); playing on"
        assert said in screen.text


def test_the_report_on_standard_output_stays_clean(playing: Playing, receiver: Server) -> None:
    command = (
        f"{sys.executable} -m mockzoom play --step scenario-0.yaml --to {receiver.url}"
        f" --secret {SECRET} --report json=- > report.json"
    )
    (playing.folder / "scenario-0.yaml").write_text(OTHER)
    with running(folder=playing.folder, program=("/bin/sh", "-c", command)) as screen:
        screen.wait(at("only"))
        screen.press("p")
        assert screen.end() == 0
    report = json.loads((playing.folder / "report.json").read_text())
    assert report["verdict"] == "pass"


# -- keys as bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"np", ["n", "p"]),
        (b"\x1b[A\x1bOB\x1b[5~", ["up", "down", "page up"]),
        (b"\x1b", ["escape"]),
        (b"\x1bq", ["escape", "q"]),
        (b"\x1b[15;2~n", ["n"]),
        (b"\x1b[", []),
        (b"\r\n", ["enter", "enter"]),
        ("é".encode(), ["Ã", "©"]),
    ],
)
def test_what_a_terminal_sends_becomes_keys(sent: bytes, read: list[str]) -> None:
    assert list(keys(sent)) == read
