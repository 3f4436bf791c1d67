"""Bad input: each kind is refused with its reason, place and expectation; all at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from readers import NAMES, mistake, mistakes, mistakes_of

from mockzoom.errors import UsageError
from mockzoom.scenario import ScenarioError, find, read, read_text
from mockzoom.scenario.document import MOST_BYTES

Project = Callable[..., Path]


def in_steps(text: str, top: str = "") -> str:
    return f"name: mine\n{top}\nsteps:\n{text}\n"


def test_a_mistake_shows_file_line_column_caret_expectation_and_the_nearest_name() -> None:
    text = "name: mine\nsteps:\n  - send: meeting.rtms_start\n"
    assert str(mistake(text)) == (
        "mine.yaml:3:11: no event is called 'meeting.rtms_start'\n"
        "  3 |   - send: meeting.rtms_start\n"
        "    |           ^\n"
        "  expected: an event of the contract (`mockzoom events list`); with `like: EVENT` beside "
        "it any name, for an event that Zoom may add\n"
        "  did you mean meeting.rtms_started, meeting.rtms_stopped or meeting.started?"
    )


def test_all_mistakes_are_found_at_once_in_the_order_of_their_places() -> None:
    found = mistakes(
        "nme: mine\nsteps:\n"
        "  - sned: session.started\n"
        "  - {wait: 5, wait: 6m}\n"
        "  - {send: session.startd, expect: {status: 99}}\n"
        "  - wait: ${nothing}\n"
        "  - {wait: !!python/object:os.system 1s}\n"
    )
    assert [(item.place.line, item.message) for item in found] == [
        (1, "a scenario has no 'nme'"),
        (1, "the scenario has no `name`"),
        (3, "no kind of step is called 'sned'"),
        (4, "the key 'wait' stands twice; first in line 4"),
        (5, "no event is called 'session.startd'"),
        (5, "no HTTP status: the number 99"),
        (6, "nothing is called ${nothing} here"),
        (7, "the tag tag:yaml.org,2002:python/object:os.system is not allowed"),
    ]


def test_a_mistake_within_another_is_told_as_well() -> None:
    found = mistakes(
        in_steps(
            "  - together: [[{wait: 5}]]\n"
            "  - {send: session.started, deliver: {forge: stalee, fault: drippd}}\n"
            "  - {send: session.startd, with: {a..b: 1}, expect: {asserts: [{equals: 1}]}}"
        )
    )
    assert [item.message for item in found] == [
        "one lane alone is played together with nothing",
        "5: a duration without a unit",
        "no `forge` is called 'stalee'",
        "`forge` and `fault` exclude each other",
        "no `fault` is called 'drippd'",
        "no event is called 'session.startd'",
        "no path: 'a..b'",
        "the assert has no `path`",
    ]


def test_the_caret_stands_under_the_place_after_wide_letters_and_tabs() -> None:
    found = mistake(in_steps('  - {about: "会議\t☕", send: nothing}'))
    [_, line, caret, *_] = str(found).splitlines()
    wide = line.index("nothing") + 2  # two letters take two cells each
    assert caret.index("^") in (wide, wide + 1)
    assert "\t" in caret


def test_control_characters_of_a_document_never_reach_the_terminal() -> None:
    found = mistake(in_steps('  - send: "\\e[2Jmeeting"'))
    assert "\x1b" not in str(found)


def test_a_mistake_in_a_very_long_line_is_shown_with_what_is_around_it() -> None:
    found = mistake(in_steps(f"  - {{about: '{'x' * 5000}', send: nothing}}"))
    [_, line, caret, *_] = str(found).splitlines()
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("nothing")


@pytest.mark.parametrize(
    ("steps", "message", "hint"),
    [
        ("  - sned: session.started", "no kind of step is called 'sned'", "did you mean send?"),
        ("  - {send: session.started, withh: {}}", "a `send` step has no 'withh'",
         "did you mean with or without?"),
        ("  - {send: session.started, deliver: {tims: 2}}", "`deliver` has no 'tims'",
         "did you mean times?"),
        ("  - {send: session.started, expect: {sttus: 2}}", "`expect` has no 'sttus'",
         "did you mean status?"),
        ("  - {send: session.started, deliver: {forge: wrong-secrt}}",
         "no `forge` is called 'wrong-secrt'", "did you mean wrong-secret"),
        ("  - {send: session.started, deliver: {malform: cut-shor}}",
         "no malformed body is called 'cut-shor'", "did you mean cut-short"),
        ("  - {send: session.started, deliver: {fault: driped}}",
         "no `fault` is called 'driped'", "did you mean dripped?"),
        ("  - {send: session.started, deliver: {retry: zom}}",
         "no `retry` is called 'zom'", "did you mean zoom"),
        ("  - {send: meeting.rtms_stopped, with: {payload.stop_reson: 6}}",
         "meeting.rtms_stopped has no 'payload.stop_reson'", "did you mean payload.stop_reason"),
        ("  - {send: meeting.rtms_stopped, save: {x: payload.stop_reson}}",
         "meeting.rtms_stopped has no 'payload.stop_reson'", "did you mean payload.stop_reason"),
        ("  - {send: session.user_left, without: [payload.object.user.usr_key]}",
         "session.user_left has no 'payload.object.user.usr_key'",
         "did you mean payload.object.user.user_key"),
        ("  - {send: session.started, save: {x: answer.stats}}",
         "an answer has no 'stats'", "did you mean status?"),
        ("  - await: stream.redy", "nothing to await is called 'stream.redy'",
         "did you mean stream.ready"),
        ("  - stream: drop-signalling", "the stream server can't 'drop-signalling'",
         "did you mean drop-signaling"),
        ("  - {send: meeting.new, like: meeting.rtms_startd}",
         "no event is called 'meeting.rtms_startd'", "did you mean meeting.rtms_started"),
        ("  - play: rtms-start-stp", "no scenario is called 'rtms-start-stp'",
         "did you mean rtms-start-stop"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_told_with_the_nearest(steps: str, message: str, hint: str) -> None:
    found = mistake(in_steps(steps, "stream: {media: [audio]}"))
    assert found.message.startswith(message)
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("  - wait: -5m", "-5m: a duration can't be negative"),
        ("  - wait: -5", "-5: a duration can't be negative"),
        ("  - wait: 5", "5: a duration without a unit"),
        ("  - wait: 0", "0: a duration without a unit"),
        ("  - wait: 1.5", "1.5: a duration without a unit"),
        ("  - wait: 5 minutes", "5 minutes: is no duration"),
        ("  - wait: 1m1m", "1m1m: a unit stands twice in this duration"),
        ("  - wait: 900d", "900d: is longer than a year"),
        ("  - wait: true", "True: is no duration"),
        ("  - wait: [1s]", "a list: is no duration"),
        ("  - wait:", "nothing: is no duration"),
        ("  - {send: session.started, after: 5}", "5: a duration without a unit"),
        ("  - {send: session.started, deliver: {late: -1s}}",
         "-1s: a duration can't be negative"),
        ("  - {send: session.started, deliver: {times: 2, gap: 0}}",
         "0: a duration without a unit"),
        ("  - {send: session.started, expect: {within: 3}}", "3: a duration without a unit"),
    ],
)  # fmt: skip
def test_a_duration_has_a_unit_and_is_not_negative(steps: str, message: str) -> None:
    found = mistake(in_steps(steps))
    assert found.message == message
    assert found.expected.startswith("a duration with its unit")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("  - {wait: 1s, probe: true}", "a step does one thing, and this has `wait` and `probe`"),
        ("  - about: nothing", "this step does nothing"),
        ("  - wait", "this step is a text"),
        ("  - {name: a/b, wait: 1s}", "no name for a step: a/b"),
        ("  - challenge: false", "`challenge` is false"),
        ("  - rotate: key", "`rotate` is a text"),
        ("  - probe: 5", "`probe` is the number 5"),
        ("  - {send: session.started, deliver: {times: 0}}", "`times` is the number 0"),
        ("  - {send: session.started, deliver: {times: 2, same_id: 1}}",
         "`same_id` is the number 1"),
        ("  - {send: session.started, deliver: {gap: 0s}}",
         "`gap` says how duplicates are sent, and there is one delivery"),
        ("  - {send: session.started, deliver: {lose_response: 5}}",
         "`lose_response` is the number 5"),
        ("  - {send: session.started, deliver: {forge: stale, fault: dripped}}",
         "`forge` and `fault` exclude each other"),
        ("  - {send: session.started, deliver: {malform: 'mutant:99999'}}",
         "session.started has no mutant:99999"),
        ("  - {send: meeting.rtms_stopped, with: {payload.stop_reason: 6},"
         " deliver: {malform: 'mutant:0'}}",
         "a mutant is made from the contract, not from this event"),
        ("  - {challenge: true, deliver: {malform: 'mutant:0'}}",
         "a challenge has no mutants: the contract does not describe it"),
        ("  - {challenge: true, deliver: {lose_response: 2}}",
         "`lose_response: 2`, and there is one attempt: nothing is retried"),
        ("  - {send: session.started, expect: {}}", "`expect` names nothing"),
        ("  - {send: session.started, expect: {status: []}}", "`status` is an empty list"),
        ("  - {send: session.started, expect: {headers: {a: '('}}}",
         "no regular expression: missing ), unterminated subpattern at position 0"),
        ("  - {send: session.started, expect: {schema: {type: objct}}}",
         "no JSON Schema: at /type: 'objct' is not valid under any of the given schemas"),
        ("  - {probe: true, expect: {status: 200}}", "`expect` of a probe has no 'status'"),
        ("  - probe: {get: stats}", "no address: stats"),
        ("  - {send: session.started, after: 1s, same_millisecond: true}",
         "`after` and `same_millisecond` exclude each other"),
        ("  - probe: {get: /a, run: [b]}", "`get` and `run` exclude each other"),
        ("  - {send: session.started, with: {event: x}}", "event can't be changed"),
        ("  - {send: session.started, with: {a..b: x}}", "no path: 'a..b'"),
        ("  - {send: meeting.rtms_stopped, without: [payload.stop_reason]}",
         "meeting.rtms_stopped requires payload.stop_reason"),
        ("  - {send: session.started, save: {'a b': payload.account_id}}",
         "no name for a value: 'a b'"),
        ("  - {send: session.started, like: session.ended}",
         "session.started is an event of the contract"),
        ("  - together: [{send: session.started}]",
         "one lane alone is played together with nothing"),
        ("  - together: {a: 1}", "`together` is an object"),
        ("  - together: [{wait: 1s}, {rotate: secret}]",
         "`rotate`: within `together` this cannot be separated from what happens beside it"),
        ("  - shuffle: [{send: session.started}, {wait: 1s}]",
         "`wait`: only events that are sent can be shuffled"),
        ("  - shuffle: [{send: session.started}]", "one event has one order"),
        ("  - shuffle: [{send: session.started},"
         " {send: session.ended, save: {a: payload.account_id}}]",
         "`save` within `shuffle`: every order would save another value"),
        ("  - shuffle: [{send: session.started}, {send: session.ended, deliver: {late: 1s}}]",
         "`late` within `shuffle`: it makes the order already"),
        ("  - []", "this step is a list"),
        ("  - {send: session.started, deliver: 5}", "`deliver` is the number 5"),
        ("  - {probe: {run: [5]}}", "`run` is the number 5"),
        ("  - {send: session.started, without: [5]}", "this path is the number 5"),
        ("  - {send: session.started, expect: {headers: {a: 5}}}", "this header is the number 5"),
        ("  - {send: session.started, deliver: {lose_at: mid-answer}}",
         "`lose_at` says when an answer is lost, and none is"),
        ("  - {send: session.started, deliver: {lose_response: 1, lose_at: late}}",
         "no `lose_at` is called 'late'"),
        ("  - await: 5", "`await` is the number 5"),
        ("  - await: stream.message", "`stream.message` names no message"),
        ("  - stream: 5", "`stream` is the number 5"),
        ("  - await: stream.ready", "`await` needs the stream server, and none is run"),
        ("  - stream: drop-media", "`stream` needs the stream server, and none is run"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_meant_is_refused(steps: str, message: str) -> None:
    assert mistake(in_steps(steps)).message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is empty"),
        ("# only a comment\n", "the document is empty"),
        ("[]", "a scenario is a list"),
        ("name: mine", "the scenario has no `steps`"),
        ("steps: [{wait: 1s}]", "the scenario has no `name`"),
        ("name: My Own\nsteps: [{wait: 1s}]", "no name for a scenario: My Own"),
        ("name: mine\nsteps: []", "these steps are an empty list"),
        ("name: mine\nsteps: {wait: 1s}", "these steps are an object"),
        ("name: mine\nrevalidate: 0s\nsteps: [{wait: 1s}]", "no time between validations"),
        ("name: mine\nstream: {media: [adio]}\nsteps: [{wait: 1s}]",
         "no kind of media is called 'adio'"),
        ("name: mine\nprobe: true\nsteps: [{wait: 1s}]", "`probe` is true"),
        ("name: mine\nlet: [a]\nsteps: [{wait: 1s}]", "`let` is a list"),
        ("name: mine\nlet: {a: 1}\nmatrix: {a: [1]}\nsteps: [{wait: 1s}]",
         "'a' is a variable of `matrix` already"),
        ("name: mine\nmatrix: {a: []}\nsteps: [{wait: '${a}'}]", "`a` is an empty list"),
        ("name: mine\n---\nname: yours\n", "a second document begins here"),
        ("name: mine\nsteps:\n\t- wait: 1s\n", "a tab, where YAML wants spaces"),
        ("name: mine\nsteps: [\n", "no YAML: expected the node content, but found '<stream end>'"),
        ("name: mine\nsteps: [{wait: 1s}]\n<<: {about: x}",
         "merge keys (`<<`) are no part of the language"),
        ("name: mine\nsteps: [{wait: 1s}]\n? [a, b]\n: c", "a key that is no text"),
        ("name: mine\nname: mine\nsteps: [{wait: 1s}]",
         "the key 'name' stands twice; first in line 1"),
        ("name: mine\nabout: *a\nsteps: [{wait: 1s}]", "no YAML: found undefined alias 'a'"),
        ("name: mine\nabout: !!python/object:os.system ls\nsteps: [{wait: 1s}]",
         "the tag tag:yaml.org,2002:python/object:os.system is not allowed"),
        ("name: mine\nabout: !own x\nsteps: [{wait: 1s}]", "the tag !own is not allowed"),
        ("name: mine\nabout: !!binary aGk=\nsteps: [{wait: 1s}]",
         "the tag tag:yaml.org,2002:binary is not allowed"),
        ('name: mine\nabout: "\\ud800"\nsteps: [{wait: 1s}]',
         "a lone surrogate, which UTF-8 cannot carry"),
        ("name: mine\nabout: \x07\nsteps: [{wait: 1s}]",
         "a control character (U+0007), which YAML forbids"),
        ("name: mine\nlet: {a: .nan}\nsteps: [{wait: 1s}]", "a number that JSON cannot carry"),
        (f"name: mine\nlet: {{a: {'9' * 5000}}}\nsteps: [{{wait: 1s}}]",
         "a number that JSON cannot carry"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_scenario_is_refused(text: str, message: str) -> None:
    found = mistake(text)
    assert found.message == message
    assert found.place.file == "mine.yaml"


def test_within_braces_a_reference_wants_quotes_and_the_mistake_says_so() -> None:
    found = mistake("name: mine\nlet: {a: 1}\nsteps: [{wait: ${a}}]")
    assert "quote it" in found.hint


# -- values --------------------------------------------------------------------------------------


def test_a_reference_to_nothing_is_told_with_the_nearest_name() -> None:
    text = "name: mine\nlet: {reason: 6}\nsteps:\n  - wait: ${reson}\n"
    found = mistake(text)
    assert found.message == "nothing is called ${reson} here"
    assert found.hint == "did you mean reason?"
    assert (found.place.line, found.place.column) == (4, 11)


@pytest.mark.parametrize(
    "steps",
    [
        "  - {send: session.ended, with: {payload.account_id: '${a}'}}\n"
        "  - {send: session.started, save: {a: payload.account_id}}",
        "  - {send: session.started, save: {a: payload.account_id},"
        " with: {payload.account_id: '${a}'}}",
        "  - together:\n"
        "      - {send: session.started, save: {a: payload.account_id}}\n"
        "      - {send: session.ended, with: {payload.account_id: '${a}'}}",
        "  - together:\n      - {send: session.started, save: {a: payload.account_id}}\n"
        "    entity_sets: 2\n"
        "  - {send: session.ended, with: {payload.account_id: '${a}'}}",
    ],
)
def test_only_an_earlier_step_can_have_saved_a_value(steps: str) -> None:
    assert mistake(in_steps(steps)).message == "nothing is called ${a} here"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("  - wait: ${n}", "a duration"),
        ("  - {send: session.ended, entities: '${n}'}", "a whole number"),
        ("  - {send: session.ended, deliver: {times: 2, same_id: '${n}'}}", "true or false"),
        ("  - {send: session.ended, deliver: {forge: '${n}'}}", "one of"),
    ],
)
def test_a_plan_cannot_wait_for_a_saved_value(steps: str, expected: str) -> None:
    found = mistake(in_steps(f"  - {{send: session.started, save: {{n: answer.status}}}}\n{steps}"))
    assert found.message == "${n} is known only while playing"
    assert found.expected.startswith(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${a", "`${` without its `}`"),
        ("${}", "nothing is called ${} here"),
        ("x${object}", "an object can't stand within a text"),
    ],
)
def test_a_reference_that_cannot_be_filled_in_is_refused(text: str, message: str) -> None:
    whole = f"name: mine\nabout: '{text}'\nlet: {{object: {{a: 1}}}}\nsteps: [{{wait: 1s}}]"
    assert mistake(whole).message == message


def test_a_let_that_is_wrong_is_told_once_and_not_wherever_it_is_used() -> None:
    text = "name: mine\nlet: {a: '${b}'}\nsteps:\n  - wait: ${a}\n  - send: ${a}\n"
    assert mistake(text).message == "nothing is called ${b} here"


def test_an_override_of_a_value_that_is_not_there_is_refused() -> None:
    text = "name: mine\nlet: {reason: 1}\nsteps: [{wait: 1s}]"
    found = mistake(text, reson=2)
    assert found.message == "the scenario has no value called 'reson' to be set"
    assert found.hint == "did you mean reason?"


def test_a_mistake_that_every_variant_has_is_told_once() -> None:
    text = "name: mine\nmatrix: {a: [1s, 2s, 3]}\nsteps:\n  - wait: ${a}\n  - send: nothing\n"
    assert [item.message for item in mistakes(text)] == [
        "3: a duration without a unit", "no event is called 'nothing'"
    ]  # fmt: skip


def test_two_steps_of_one_name_are_refused_wherever_they_stand() -> None:
    found = mistakes(
        in_steps(
            "  - {name: a, wait: 1s}\n  - together:\n      - {name: a, wait: 1s}\n"
            "      - {name: b, wait: 1s}\n  - {name: b, wait: 1s}"
        )
    )
    assert [item.message for item in found] == [
        "two steps are called 'a'; the first in line 4",
        "two steps are called 'b'; the first in line 7",
    ]


def test_two_steps_of_one_name_are_refused_on_one_line_too() -> None:
    found = mistake("name: mine\nsteps: [{name: a, wait: 1s}, {name: a, wait: 1s}]")
    assert found.message == "two steps are called 'a'; the first in line 2"
    assert found.place.column == 37
    found = mistake("name: mine\nsteps: [&a {name: a, wait: 1s}, *a]")
    assert found.message == "two steps are called 'a'; the first in line 2"


def test_a_name_that_a_variant_makes_twice_is_refused() -> None:
    text = "name: mine\nmatrix: {a: [x, y]}\nsteps:\n  - {name: x, wait: 1s}\n" \
           "  - {name: '${a}', wait: 1s}\n"  # fmt: skip
    assert mistake(text).message == "two steps are called 'x'; the first in line 4"


# -- play ----------------------------------------------------------------------------------------


def test_a_circle_of_play_is_shown(project: Project) -> None:
    folder = project(
        one="name: one\nsteps: [{play: two}]",
        two="name: two\nsteps: [{wait: 1s}, {play: ./three.yaml}]",
        three="name: three\nsteps: [{play: one}]",
    )
    [found] = mistakes_of(folder / "one.yaml")
    path = folder.as_posix()
    assert found.message == (
        "`play` goes in a circle: "
        f"{path}/one.yaml → {path}/two.yaml → {path}/three.yaml → {path}/one.yaml"
    )
    assert found.place.file == f"{path}/three.yaml"


def test_a_scenario_that_plays_itself_is_refused(project: Project) -> None:
    folder = project(one="name: one\nsteps: [{play: one}]")
    [found] = mistakes_of(folder / "one.yaml")
    assert found.message.startswith("`play` goes in a circle")


def test_the_mistakes_of_a_played_scenario_stand_in_its_own_file(project: Project) -> None:
    folder = project(
        one="name: one\nsteps:\n  - play: two\n  - wait: 5\n",
        two="name: two\nsteps:\n  - send: nothing\n",
    )
    found = mistakes_of(folder / "one.yaml")
    assert [(Path(item.place.file).name, item.place.line) for item in found] == [
        ("one.yaml", 4), ("two.yaml", 3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{play: ./absent.yaml}", "no file"),
        ("{play: two, let: {b: 1, kind: x}}", "the played scenario has no value called 'b'"),
        ("{play: two}", "the played scenario has a matrix over 'kind'"),
        ("{play: three}", "a scenario is a list"),
        ("{together: [{play: four}, {wait: 1s}]}", "`rotate`: within `together`"),
    ],
)
def test_a_play_step_that_cannot_be_played_is_refused(
    step: str, message: str, project: Project
) -> None:
    folder = project(
        one=f"name: one\nsteps: [{step}]",
        two="name: two\nmatrix: {kind: [x, y]}\nsteps: [{wait: 1s}]",
        three="[]",
        four="name: four\nsteps: [{rotate: secret}]",
    )
    [found] = mistakes_of(folder / "one.yaml")
    assert found.message.startswith(message)


# -- who may do what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: mine\nsteps: [{probe: {run: [ls]}}]", "an uploaded scenario may not run commands"),
        ("name: mine\nstream: {files: {chat: /etc/passwd}}\nsteps: [{send: session.started}]",
         "an uploaded scenario may not read files"),
        ("name: mine\nprobe: {run: [ls]}\nsteps: [{probe: true}]",
         "an uploaded scenario may not run commands"),
        ("name: mine\nsteps: [{play: /etc/passwd}]", "an uploaded scenario may not play files"),
        ("name: mine\nsteps: [{play: ../other.yaml}]", "an uploaded scenario may not play files"),
        ("name: mine\nsteps: [{play: other}]", "no scenario is called 'other'"),
    ],
)  # fmt: skip
def test_an_uploaded_scenario_runs_no_command_and_reads_no_file(
    text: str, message: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(other="name: other\nsteps: [{wait: 1s}]"))
    assert mistake(text, trusted=False).message == message


# -- sizes ---------------------------------------------------------------------------------------


def test_ten_megabytes_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("name: large\nsteps:\n" + "  - send: session.started\n" * 400_000)
    assert path.stat().st_size > 10_000_000
    started = time.process_time()
    [found] = mistakes_of(path)
    assert time.process_time() - started < 2
    assert found.message == "too large for a scenario"
    assert found.expected == f"at most {MOST_BYTES // 1024} KiB"
    assert mistake("x" * (MOST_BYTES + 1)).message == "too large for a scenario"


def test_a_yaml_bomb_is_defused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    started = time.process_time()
    found = mistake("\n".join(lines))
    assert time.process_time() - started < 2
    assert found.message == "too many values once the aliases are expanded"
    assert found.expected == "at most 100,000"


def test_an_alias_within_its_own_anchor_is_refused() -> None:
    assert "no end" in mistake("name: mine\nlet: {a: &a [*a]}\nsteps: [{wait: 1s}]").message


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "{a: " * 100_000, "- " * 100_000, "a: " + "[" * 70 + "]" * 70]
)
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    assert mistake(text).message == "nested too deeply"
    assert time.process_time() - started < 5


def test_a_matrix_that_explodes_is_refused() -> None:
    axes = ", ".join(f"v{n}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]" for n in range(12))
    found = mistake(f"name: mine\nmatrix: {{{axes}}}\nsteps: [{{wait: 1s}}]")
    assert found.message == "the matrix makes 1,000,000,000,000 scenarios"
    assert found.expected == "at most 500"


@pytest.mark.slow
def test_scenarios_that_play_each_other_without_end_in_sight_are_refused(
    project: Project,
) -> None:
    files = {
        f"s{n}": f"name: s{n}\nsteps: [{', '.join([f'{{play: s{n + 1}}}'] * 8)}]" for n in range(8)
    }
    folder = project(**files, s8="name: s8\nsteps: [{wait: 1s}]")
    found = mistakes_of(folder / "s0.yaml")
    assert found[-1].message == "too many steps once `play`, `repeat` and `matrix` are expanded"
    assert len(found) == 1


@pytest.mark.slow
def test_who_has_a_thousand_mistakes_is_told_at_once() -> None:
    started = time.process_time()
    assert len(mistakes(in_steps("  - sned: session.started\n" * 3_000))) == 1000
    assert time.process_time() - started < 10


def test_hundreds_of_mistakes_are_counted_and_not_all_shown() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(in_steps("  - wait: 5\n" * 300), "mine.yaml", NAMES)
    assert len(caught.value.mistakes) == 300
    assert str(caught.value).endswith("… and 250 more")


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"name: \xff\xfe", "name: mine".encode("utf-16"), b"\x80"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_place(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(b"# one\n" + data)
    [found] = mistakes_of(path)
    assert found.message.startswith("not UTF-8 (byte 0x")
    assert found.place.line == 2


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    [found] = mistakes_of(tmp_path / "absent.yaml")
    assert found.message == "cannot be read: No such file or directory"
    [found] = mistakes_of(tmp_path)
    assert found.message == "cannot be read: Is a directory"
    with pytest.raises(ScenarioError, match="cannot be read"):
        read("a\0b.yaml", NAMES)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffname: mine\r\nsteps:\r\n  - wait: 1s\r\n".encode())
    [scenario] = read(path, NAMES)
    assert (scenario.steps[0].place.line, scenario.steps[0].place.column) == (3, 5)


def test_an_unknown_name_of_a_scenario_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"called .rtms-start-stp. in .*rtms-start-stop"):
        find("rtms-start-stp")
