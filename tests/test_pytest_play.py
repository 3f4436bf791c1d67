"""Scenarios in a team's test suite: `mockzoom.play`, the marker `mockzoom` and its fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_pytest_plugin import FLASK, Suite

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

RECEIVERS = Path(__file__).parent / "receivers"
FIXTURES = """
    import sys
    sys.path.insert(0, {folder!r})

    import pytest
    from stateful_flask import create_app
    from stateful_flask_base import Receiver
    from stateful_flask_defects import VARIANTS

    @pytest.fixture
    def receiver_object():
        return VARIANTS.get({defect!r}, Receiver)(b"s3cret")

    @pytest.fixture
    def mockzoom_receiver(receiver_object):
        return create_app(receiver_object)

    @pytest.fixture
    def mockzoom_secret():
        return "s3cret"
"""
ASGI = """
    import asyncio
    from contextlib import asynccontextmanager

    import pytest
    from fastapi import FastAPI, Request, Response

    seen, requests, lifespans = [], set(), []

    @asynccontextmanager
    async def lifespan(app):
        lifespans.append("up")
        yield
        lifespans.append("down")

    app = FastAPI(lifespan=lifespan)

    @app.post("/webhook")
    async def webhook(request: Request):
        body = await request.json()
        number = request.headers["x-zm-request-id"]
        if number not in requests:
            {claim}
            seen.append(body["event"])
        return Response(status_code=204)

    @app.get("/state")
    async def state():
        return {{"events": len(seen)}}

    @pytest.fixture
    def mockzoom_receiver():
        return app

    @pytest.fixture
    def mockzoom_secret():
        return "s3cret"

    @pytest.fixture
    def happened():
        return lifespans
"""
CLAIMS = "requests.add(number)"
RACES = "await asyncio.sleep(0.05); requests.add(number)"


def flask(defect: str = "", probe: str = "ProbeSource('/state', within=1)") -> str:
    own = f"""
    from mockzoom import ProbeSource

    @pytest.fixture
    def mockzoom_probe(receiver_object):
        return {probe}
    """
    return FIXTURES.format(folder=str(RECEIVERS), defect=defect) + own


TWICE = "name: twice\nsteps: [{send: session.started, deliver: {times: 2}}]\n"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    """A suite whose project has a scenario `twice`: one event, and a duplicate of it."""
    made = Suite(pytester)
    (pytester.mkdir("plays") / "twice.yaml").write_text(TWICE)
    ini(made, "plays")
    return made


def ini(suite: Suite, folder: str) -> None:
    suite.pytester.makeini(
        f"[pytest]\nasyncio_default_fixture_loop_scope = function\nmockzoom_scenarios = {folder}\n"
    )


# -- the method -------------------------------------------------------------------------------


def test_a_scenario_is_played_and_its_outcome_asserted(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        import mockzoom as package

        def test_passes(mockzoom):
            played = mockzoom.play("rtms-start-interrupt-stop").assert_ok()
            assert played is mockzoom.played
            assert played.violations == ()
            assert played.result.deliveries == 3
            assert "PASS: no violations" in played.text
            assert repr(played) == "<Played: no violations>"

        def test_with_options(mockzoom):
            played = mockzoom.play("rtms-start-stop", lets={"kind": "webinar"}, seed=7)
            assert played.assert_ok().result.deliveries == 2
            assert played.result.seed == 7

        def test_nothing_was_played(mockzoom):
            mockzoom.played
        """,
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["E*UsageError: nothing has been played: put @pytest.mark.mock*"])


@pytest.mark.parametrize(
    "probe",
    [
        "'/state'",
        "receiver_object.store.state",
        "ProbeSource('/state', ignore=('zzz',), within=1)",
    ],
)
def test_a_probe_shows_what_a_scenario_leaves_behind(suite: Suite, probe: str) -> None:
    """A path, a URL, a callable and a source; each sees the same of the same receiver."""
    test = """
        def test_it(mockzoom):
            mockzoom.play("twice").assert_ok()
        """
    suite.run(conftest=flask("", probe), test_it=test).assert_outcomes(passed=1)
    result = suite.run(conftest=flask("no-deduplication", probe), test_it=test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*ContractFailure: MZ501 duplicate-processed*",
            "E*reproduce: mockzoom.play('plays/twice.yaml', seed=1)",
            "FAILED test_it.py::test_it - mockzoom.ContractFailure: MZ501*",
        ]
    )


def test_an_argument_goes_before_the_fixture_and_may_be_asynchronous(suite: Suite) -> None:
    result = suite.run(
        conftest=flask("no-deduplication", "None"),
        test_it="""
        def test_it(mockzoom, receiver_object):
            async def state():
                return receiver_object.store.state()

            once = mockzoom.play("twice")
            assert once.violations == ()
            assert "MZ501" in {item.rule for item in once.result.not_judged}
            found = mockzoom.play("twice", probe=state).violations
            assert "MZ501" in {item.rule for item in found}
            assert mockzoom.play("twice", probe=state, compare=False).violations == ()
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_probe_that_raises_shows_where(suite: Suite) -> None:
    result = suite.run(
        conftest=flask("", "lambda: {}['where the probe broke']"),
        test_it="""
        def test_it(mockzoom):
            mockzoom.play("rtms-start-stop").assert_ok()
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*KeyError: 'where the probe broke'*"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("play()", "no scenario: name one (`mockzoom play --list` shows them), or 'all'"),
        ("play('rtms-start-stp')", "no scenario is called 'rtms-start-stp'*did you mean rtms-*"),
        ("play('./none.yaml')", "none.yaml:1:1: cannot be read: No such file*"),
        ("play(7)", "scenario=7: expected the name of a scenario, or the path of a YAML file"),
        ("play('webinar', clok='real')", "no argument is called 'clok'; did you mean clock*"),
        (
            "play('webinar', clock='slow')",
            "clock='slow': expected one of 'auto', 'real', 'virtual'",
        ),
        ("play('webinar', scale=0)", "scale=0: expected a number above 0*"),
        ("play('webinar', scale=9, clock='real')", "scale=9: expected none beside clock='real'"),
        ("play('webinar', lets=['a'])", "lets=[[]'a'[]]: expected a mapping*"),
        ("play('webinar', lets={'x': 1})", "scenarios/webinar.yaml:*no value called 'x'*"),
        ("play('webinar', probe=7)", "probe=7: expected a URL or path, a callable*"),
        ("play('webinar', effects='meting.*')", "no event matches the effect 'meting.[*]'; did*"),
        ("play('webinar', folders='none')", "none: no such folder; expected one with scenarios*"),
        ("play('webinar', timeout=-1)", "--timeout -1: expected seconds above 0*"),
        ("play('secret-rotation')", "*next_secret=*"),
        ("play('webinar', events='x')", "no argument is called 'events'*"),
    ],
)
def test_a_play_that_cannot_be_is_refused_before_anything_is_sent(
    suite: Suite, call: str, message: str
) -> None:
    result = suite.run(
        test_it=f"""
        import pytest
        from mockzoom.errors import UsageError

        def test_it(mockzoom):
            mockzoom.{call}
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*Error: {message}"])
    for inner in ("stand_in.py", "playing.py", "scenarios.py", "background.py"):
        result.stdout.no_fnmatch_line(f"*{inner}*")


def test_without_receiver_or_secret_the_failure_says_how_to_give_them(suite: Suite) -> None:
    result = suite.run(
        conftest="",
        test_it="""
        import pytest

        @pytest.mark.mockzoom("webinar")
        def test_neither():
            pass
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no receiver:*mockzoom_receiver*"])


# -- receivers in process ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defect", "rule"),
    [("", ""), ("no-deduplication", "MZ503"), ("last-arrival-wins", "MZ502")],
)
def test_a_wsgi_receiver_plays_losses_duplicates_at_once_and_other_orders(
    suite: Suite, defect: str, rule: str
) -> None:
    result = suite.run(
        conftest=flask(defect),
        test_it="""
        def test_it(mockzoom):
            mockzoom.play(
                "outage", "rtms-duplicate-start", "reordered-session", "video-sdk-late-left"
            ).assert_ok()
        """,
    )
    if not rule:
        result.assert_outcomes(passed=1)
        return
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*ContractFailure:*{rule}*"])


@pytest.mark.parametrize(("claim", "rule"), [(CLAIMS, ""), (RACES, "MZ504")])
def test_an_asgi_receiver_plays_them_in_one_lifespan(suite: Suite, claim: str, rule: str) -> None:
    result = suite.run(
        conftest=ASGI.format(claim=claim),
        test_it=f"""
        def test_it(mockzoom, happened):
            mockzoom.send("session.ended").assert_ok()
            played = mockzoom.play("outage", "rtms-duplicate-start", probe="/state")
            mockzoom.play("rtms-start-stop").assert_ok()
            assert happened == ["up"]
            assert {{item.rule for item in played.violations}} == set("{rule}".split())
        """,
    )
    result.assert_outcomes(passed=1)


def test_all_leaves_out_what_does_not_apply_and_says_so(suite: Suite) -> None:
    result = suite.run(
        conftest=flask("", "None"),
        test_it="""
        def test_it(mockzoom):
            played = mockzoom.play("all").assert_ok()
            left_out = [text for text in played.result.notices if "was left out" in text]
            assert [text.split()[0] for text in left_out] == ["rtms-streamed", "secret-rotation"]
            assert played.result.deliveries > 1000
        """,
    )
    result.assert_outcomes(passed=1)


def test_all_of_a_product_plays_its_scenarios_and_names_those_of_others_too(suite: Suite) -> None:
    result = suite.run(
        conftest=flask("", "None"),
        test_it="""
        def test_it(mockzoom):
            played = mockzoom.play("all", product=["users"]).assert_ok()
            events = {event for _, event in played.result.cases if event}
            assert {event.partition(".")[0] for event in events} == {"user"}
            notices = mockzoom.play("all", product=["rtms"]).assert_ok().result.notices
            told = "burst was left out: it also sends events of video-sdk (add --product video-sdk)"
            assert told in notices
            mockzoom.play("phone-call-recorded").assert_ok()
        """,
    )
    result.assert_outcomes(passed=1)


# -- the marker -------------------------------------------------------------------------------


def test_the_marker_plays_before_the_body_which_sees_the_outcome(suite: Suite) -> None:
    result = suite.run(
        "-v",
        "--strict-markers",
        conftest=flask(),
        test_it="""
        import unittest

        import pytest

        @pytest.mark.mockzoom(scenario="rtms-start-stop", lets={"kind": "meeting"}, seed=3)
        def test_named(mockzoom, receiver_object):
            assert mockzoom.played.result.seed == 3
            assert receiver_object.store.state()["counts"]["streams_started"] >= 1

        @pytest.mark.mockzoom("rtms-start-interrupt-stop")
        def test_not_named():
            pass

        @pytest.mark.mockzoom(scenario=["webinar", "burst"], compare=False)
        def test_several(mockzoom):
            assert mockzoom.played.result.deliveries > 1000

        @pytest.mark.mockzoom("tomorrow")
        class TestClass:
            @pytest.mark.mockzoom("rtms-start-stop", lets={"kind": "session"}, compare=False)
            def test_class_first(self, mockzoom):
                assert mockzoom.played.result.deliveries == 2

        @pytest.mark.mockzoom("webinar")
        class TestCase(unittest.TestCase):
            def test_unittest(self):
                pass
        """,
    )
    result.assert_outcomes(passed=5)


def test_a_broken_rule_fails_the_call_with_the_report_and_the_body_does_not_run(
    suite: Suite,
) -> None:
    result = suite.run(
        conftest=flask("no-deduplication"),
        test_it="""
        import pytest

        @pytest.mark.mockzoom(scenario="twice")
        def test_broken():
            raise RuntimeError("the body ran")

        @pytest.mark.mockzoom(scenario="twice", fail_on="never")
        def test_told_not_to_fail(mockzoom):
            assert [item.rule for item in mockzoom.played.violations] == ["MZ501"]

        @pytest.mark.xfail(strict=True)
        @pytest.mark.mockzoom(scenario="twice")
        def test_expected():
            pass

        @pytest.mark.skip
        @pytest.mark.mockzoom(scenario="twice")
        def test_skipped():
            pass
        """,
    )
    result.assert_outcomes(passed=1, failed=1, errors=0, xfailed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "MZ501 duplicate-processed*",
            "ERROR MZ501 duplicate-processed*",
            "*reproduce: mockzoom.play('plays/twice.yaml', seed=1)",
            "FAIL: 1 error*",
            "FAILED test_it.py::test_broken - Failed: MZ501 duplicate-processed*",
        ]
    )
    for inner in ("the body ran", "pytest_plugin.py", "stand_in.py", "s3cret"):
        result.stdout.no_fnmatch_line(f"*{inner}*")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "no scenario: name one*"),
        ("scenari='webinar'", "no argument is called 'scenari'; did you mean scenario*"),
        ("'webinar', sead=3", "no argument is called 'sead'; did you mean seed*"),
        ("'webinar', fail_on='worst'", "fail_on='worst': expected one of 'error', 'warning'*"),
        ("'webinar', clock='fast'", "clock='fast': expected one of 'auto', 'real', 'virtual'"),
        ("scenario=['webinar', 7]", "scenario=7: expected the name of a scenario*"),
    ],
)
def test_a_mark_that_cannot_be_used_is_an_error_of_the_collection(
    suite: Suite, arguments: str, message: str
) -> None:
    result = suite.run(
        test_it=f"""
        import pytest

        @pytest.mark.mockzoom({arguments})
        def test_it():
            pass
        """
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*test_it.py::test_it: @mockzoom: {message}"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_an_unknown_scenario_of_a_mark_is_a_failure_with_the_nearest_names(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        import pytest

        @pytest.mark.mockzoom(scenario="webinr")
        def test_it():
            pass
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no scenario is called 'webinr'*did you mean webinar*"])


def test_scenarios_of_the_project_are_found_by_name_and_by_path(suite: Suite) -> None:
    folder = suite.pytester.path / "plays"
    (folder / "ours.yaml").write_text("name: ours\nsteps: [{send: session.started}]\n")
    (folder / "webinar.yaml").write_text("name: webinar\nsteps: [{send: session.ended}]\n")
    (folder / "bad.yaml").write_text("name: bad\nsteps: [{send: session.startd}]\n")
    test = """
        import pytest

        @pytest.mark.mockzoom("ours", "webinar")
        def test_by_name(mockzoom):
            assert mockzoom.played.result.deliveries == 2

        def test_by_path(mockzoom):
            assert mockzoom.play("plays/ours.yaml").assert_ok().result.deliveries == 1

        @pytest.mark.mockzoom("bad")
        def test_bad():
            pass
    """
    result = suite.run(test_it=test)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*plays/bad.yaml:2:16: no event is called 'session.startd'", "*did you mean session.*"]
    )
    ini(suite, "nowhere")
    result = suite.run(test_it=test)
    result.stdout.fnmatch_lines(["*nowhere: no such folder; expected one with scenarios*"])


# -- beside other plugins ---------------------------------------------------------------------


def test_marked_tests_may_be_asynchronous_and_run_under_xdist(suite: Suite) -> None:
    result = suite.run(
        "-n2",
        conftest=flask(),
        test_it="""
        import asyncio
        import pytest

        @pytest.mark.asyncio
        @pytest.mark.mockzoom("rtms-start-stop", compare=False)
        async def test_marked(mockzoom):
            assert mockzoom.played.result.deliveries == 6
            played = await asyncio.to_thread(mockzoom.play, "webinar")
            played.assert_ok()
            mockzoom.play("tomorrow", compare=False).assert_ok()

        @pytest.mark.parametrize("seed", [1, 2])
        @pytest.mark.mockzoom("rtms-start-interrupt-stop")
        def test_parametrised(mockzoom, seed):
            mockzoom.play("rtms-expired-start", seed=seed).assert_ok()
        """,
    )
    result.assert_outcomes(passed=3)


def test_a_session_without_the_mark_imports_nothing_for_it(suite: Suite) -> None:
    result = suite.run(
        conftest=FLASK,
        test_it="""
        import sys

        def test_it(mockzoom_probe, request):
            assert mockzoom_probe is None
            assert "mockzoom" not in request.fixturenames
        """,
    )
    result.assert_outcomes(passed=1)


def test_help_fixtures_and_markers_show_what_there_is(suite: Suite) -> None:
    suite.run("--help", conftest="").stdout.fnmatch_lines(["*mockzoom_scenarios (paths):*"])
    suite.run("--fixtures", conftest="").stdout.fnmatch_lines(["mockzoom_probe -- *"])
    suite.run("--markers", conftest="").stdout.fnmatch_lines(
        ["@pytest.mark.mockzoom(scenario, ..., fail_on='error'): play the scenario, or several*"]
    )
