"""The text report, to the character."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom import __version__
from mockzoom.model import Coverage
from mockzoom.report import as_text, lines
from tests.report.results import CLEAN, MILD, RESULT, WORST

GOLDEN = """\
ERROR MZ201 wrong-secret-accepted, 2 deliveries
  accepted although it is signed with another secret
  expected:  401 or 403
  got:       200 OK after 2 ms: {"ok": true}
  to fix:    Compare x-zm-signature with `v0=` + hex HMAC-SHA256(secret, `v0:{timestamp}:{raw
             body}`), in constant time, and answer 401 where they differ.
  reproduce: mockzoom send meeting.rtms_started --to http://127.0.0.1:5000/webhook --case valid:0 \
--forge wrong-secret --seed 1 --at 1790000000000 --secret "$MOCKZOOM_SECRET"

WARNING MZ105 unusual-success
  session.ended: acknowledged with 202 – naïve 😀
  expected:  200 or 204
  got:       202 Accepted
  to fix:    Answer 200 or 204.

Not checked
  MZ208: no acknowledged event has a field of free text
  MZ211, MZ407: no endpoint authentication is configured (--auth)

Notices
  - d-9 (session.ended) had no answer in time, its repetition had: not reported

Run errors
  - interrupted; what follows was not checked

FAIL: 1 error, 1 warning
812 deliveries in 1.2 s, 47 of 48 events, 1629 of 1630 constraints, seed 1, \
http://127.0.0.1:5000/webhook, mockzoom VERSION
"""


def test_the_report_is_worst_first_and_says_what_to_do() -> None:
    assert as_text(RESULT) == GOLDEN.replace("VERSION", __version__)


def test_a_clean_report_is_two_lines() -> None:
    assert as_text(CLEAN).splitlines()[0] == "PASS: no violations"
    assert len(as_text(CLEAN).splitlines()) == 2


def test_the_verdict_follows_fail_on() -> None:
    mild = replace(CLEAN, violations=(MILD,))
    assert "\nPASS: 1 warning\n" in as_text(mild)
    assert "\nFAIL: 1 warning\n" in as_text(mild, "warning")
    both = replace(CLEAN, violations=(MILD, WORST, WORST))
    assert "\nPASS: 2 errors, 1 warning\n" in as_text(both, "never")
    broken = replace(CLEAN, breakages=("x",))
    assert "\nINCOMPLETE: the run could not be completed\n" in as_text(broken)


def test_constraints_are_told_only_where_there_are_any() -> None:
    assert "constraints" not in as_text(replace(CLEAN, coverage=Coverage((1, 48))))


def test_nothing_but_commands_and_the_last_line_is_wider_than_96_characters() -> None:
    long = replace(WORST, message="word " * 100, actual="seen " * 100)
    for _, line in list(lines(replace(RESULT, violations=(long,))))[:-1]:
        assert len(line) <= 96 or line.startswith("  reproduce:"), line


def test_a_long_text_is_read_once() -> None:
    left = "sessions.abc.users.0: missing, although it was there before"
    twice = replace(WORST, message=f"acknowledged, but it left no trace: {left}", actual=left)
    short = replace(WORST, message="answered 500 Oops", actual="500 Oops")
    assert "  got:" not in as_text(replace(RESULT, violations=(twice,)))
    assert "  got:       500 Oops" in as_text(replace(RESULT, violations=(short,)))


def test_every_style_is_one_that_the_terminal_knows() -> None:
    from mockzoom.cli.show import _STYLES

    assert {style for style, _ in lines(RESULT)} - {""} <= set(_STYLES)


def test_it_is_folded_to_a_narrower_width_where_words_can_be_broken_apart() -> None:
    narrow = [line for _, line in lines(replace(RESULT, timeline=()), "error", 50)]
    wide = [line for _, line in lines(replace(RESULT, timeline=()))]
    told = ("reproduce:", " constraints, ")  # to be copied, or one line of facts
    assert all(len(line) <= 50 for line in narrow if not any(word in line for word in told))
    assert " ".join(narrow).split() == " ".join(wide).split()
