"""The pytest plugin, in sessions of their own: what a team's test suite sees of it."""

from __future__ import annotations

import re
import shutil
import sys
import threading
from importlib.metadata import entry_points
from pathlib import Path

# A session in this process forgets the modules that it imported. Those with state of their own
# must not be imported twice.
import faker  # noqa: F401
import jsonschema  # noqa: F401
import jsonschema_rs  # noqa: F401
import pytest

import mockzoom.client
import mockzoom.pytest_plugin
from mockzoom.zoom.sample_receiver import create_app, serving

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

EXAMPLES = Path(__file__).parent / "examples"
INSTALLED = any(point.value == "mockzoom.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = ("-p", "no:schemathesis", *(() if INSTALLED else ("-p", "mockzoom.pytest_plugin")))

FLASK = """
    import pytest
    from mockzoom import mockzoom_events
    from flask_app import SECRET, app

    @pytest.fixture
    def mockzoom_receiver():
        return app, "/zoom"

    @pytest.fixture
    def mockzoom_secret():
        return SECRET
"""
DEFECTIVE = """
    import pytest
    from mockzoom.zoom.sample_receiver import create_app

    @pytest.fixture
    def mockzoom_receiver():
        return create_app("s3cret", defective=True)

    @pytest.fixture
    def mockzoom_secret():
        return "s3cret"
"""


class Suite:
    """A team's test suite: its conftest and tests, and how it is run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        for name in ("flask_app.py", "fastapi_app.py"):
            shutil.copy(EXAMPLES / name, pytester.path / name)
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        pytester.syspathinsert()

    def run(self, *args: str, conftest: str = FLASK, **files: str) -> pytest.RunResult:
        self.pytester.makeconftest(conftest)
        if files:
            self.pytester.makepyfile(**files)
        return self.pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *args)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    return Suite(pytester)


# -- passing and failing ----------------------------------------------------------------------


def test_a_correct_receiver_passes(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        def test_one_event(mockzoom):
            sent = mockzoom.send("meeting.rtms_started").assert_ok()
            assert sent.status == 204
            assert sent.acknowledged
            assert sent.violations == ()

        def test_a_part_of_the_contract(mockzoom):
            suites = ["challenge", "authenticity"]
            mockzoom.verify(events=["meeting.rtms_*"], suites=suites).assert_ok()
        """
    )
    result.assert_outcomes(passed=2)


def test_a_broken_rule_is_a_failure_of_the_call_with_the_report(suite: Suite) -> None:
    result = suite.run(
        conftest=DEFECTIVE,
        test_it="""
        def test_verify(mockzoom):
            mockzoom.verify(events="session.ended", suites="challenge").assert_ok()

        def test_send(mockzoom):
            mockzoom.send("meeting.rtms_started", event="another.event").assert_ok()
        """,
    )
    result.assert_outcomes(failed=2, errors=0)
    result.stdout.fnmatch_lines(
        [
            ">*mockzoom.verify(*).assert_ok()",
            "E*mockzoom.ContractFailure: MZ305*, MZ306*",
            "E*ERROR MZ306 challenge-signing-oracle, 3 deliveries",
            "E*to fix:*Verify the signature of the validation before answering it.",
            "E*reproduce: mockzoom.replay('endpoint.url_validation', 'oracle:0', forge=*",
            "E*FAIL: 1 error, 1 warning",
            ">*mockzoom.send(*).assert_ok()",
            "E*mockzoom.ContractFailure: MZ107*",
            'E*delivered: {"event":"another.event"*',
            "FAILED test_it.py::test_verify - mockzoom.ContractFailure:*",
            "FAILED test_it.py::test_send - mockzoom.ContractFailure:*",
        ]
    )
    for inner in ("outcome.py", "stand_in.py", "background.py", "s3cret"):
        result.stdout.no_fnmatch_line(f"*{inner}*")


def test_accepted_findings_of_the_ini_file_fail_no_test(suite: Suite) -> None:
    suite.pytester.makeini(
        """
        [pytest]
        asyncio_default_fixture_loop_scope = function
        mockzoom_ignore =
            MZ306 the forged validation is known
            MZ107:another.* it is refused on purpose
        mockzoom_baseline = accepted.json
        """
    )
    (suite.pytester.path / "accepted.json").write_text(
        '{"mockzoom_baseline": 1, "accepted": [{"rule": "MZ305", "event":'
        ' "endpoint.url_validation", "cause": "answered", "run": "verify"}]}'
    )
    result = suite.run(
        conftest=DEFECTIVE,
        test_it="""
        def test_verify(mockzoom):
            verified = mockzoom.verify(events="session.ended", suites="challenge")
            verified.assert_ok("warning")
            assert {item.rule: item.is_accepted for item in verified.violations} == {
                "MZ305": True, "MZ306": True,
            }
            assert "2 findings accepted" in verified.text

        def test_send(mockzoom):
            mockzoom.send("meeting.rtms_started", event="another.event").assert_ok()
        """,
    )
    result.assert_outcomes(passed=2)


def test_accepted_findings_of_the_settings_go_before_the_ini_file(suite: Suite) -> None:
    suite.pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nmockzoom_ignore = MZ306 known\n"
    )
    settings = """
    @pytest.fixture
    def mockzoom_settings():
        return {"ignore": "MZ305 known", "fail_on": "warning"}
    """
    result = suite.run(
        conftest=DEFECTIVE + settings,
        test_it="""
        def test_verify(mockzoom):
            mockzoom.verify(events="session.ended", suites="challenge").assert_ok()
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*mockzoom.ContractFailure: MZ306 challenge-signing-oracle"])


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        ("mockzoom_ignore = MZ306", "ignore: MZ306 has no reason; say why it is accepted*"),
        ("mockzoom_ignore = MZ999 x", "ignore: no rule is called 'MZ999'*"),
        (
            "mockzoom_baseline = none.json",
            "*none.json: no such file; write it with --write-baseline",
        ),
    ],
)
def test_what_cannot_be_accepted_is_said_without_internals(
    suite: Suite, ini: str, said: str
) -> None:
    suite.pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}\n")
    result = suite.run(
        conftest=DEFECTIVE, test_it="def test_send(mockzoom): mockzoom.send('session.ended')"
    )
    assert "passed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines([f"*{said}"])
    for inner in ("accepted.py", "arguments.py", "baseline.py"):
        result.stdout.no_fnmatch_line(f"*{inner}*")


def test_warnings_fail_only_where_they_are_asked_to(suite: Suite) -> None:
    result = suite.run(
        conftest=DEFECTIVE,
        test_it="""
        def test_lenient(mockzoom):
            mockzoom.send("session.ended", forge="stale").assert_ok()

        def test_demanding(mockzoom):
            mockzoom.send("session.ended", forge="stale").assert_ok("warning")
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["FAILED test_it.py::test_demanding - mockzoom.ContractFailure: MZ205*"]
    )


def test_a_receiver_that_is_not_there_is_a_failure_that_says_so(suite: Suite) -> None:
    result = suite.run(
        "--mockzoom-url=http://127.0.0.1:9/zoom",
        "--mockzoom-secret=s3cret",
        conftest="",
        test_it="""
        def test_send(mockzoom):
            mockzoom.send("session.ended").assert_ok()

        def test_verify(mockzoom):
            mockzoom.verify().assert_ok()
        """,
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["E*ContractFailure: not checked: receiver unreachable:*refused*"] * 2
    )


def test_an_unknown_event_is_a_failure_with_the_nearest_names(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        def test_send(mockzoom):
            mockzoom.send("meeting.rtms_startd")

        def test_malformed(mockzoom):
            mockzoom.malformed("session.endet")

        def test_override(mockzoom):
            mockzoom.send("meeting.rtms_stopped", payload__stop_reson=6)
        """
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "E*UsageError: no event is called *_startd'; did you mean meeting.rtms_started*",
            "E*UsageError: no event is called 'session.endet'; did you mean session.ended*",
            "E*UsageError: *'payload.stop_reson'*did you mean payload.stop_reason*",
        ]
    )


# -- receivers and settings -------------------------------------------------------------------


def test_the_url_comes_from_the_option_else_the_environment_else_the_ini(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = """
        def test_target(mockzoom, mockzoom_receiver, mockzoom_secret):
            assert (mockzoom_receiver, mockzoom_secret) == ("{}", "{}")
    """
    suite.pytester.makeini("[pytest]\nmockzoom_url = http://ini/\nmockzoom_secret = from-ini\n")
    result = suite.run(conftest="", test_it=test.format("http://ini/", "from-ini"))
    result.assert_outcomes(passed=1)
    monkeypatch.setenv("MOCKZOOM_URL", "http://environment/")
    monkeypatch.setenv("MOCKZOOM_SECRET", "from-environment")
    result = suite.run(conftest="", test_it=test.format("http://environment/", "from-environment"))
    result.assert_outcomes(passed=1)
    result = suite.run(
        "--mockzoom-url=http://option/",
        "--mockzoom-secret=from-option",
        conftest="",
        test_it=test.format("http://option/", "from-option"),
    )
    result.assert_outcomes(passed=1)


def test_a_receiver_behind_a_url_is_reached(suite: Suite) -> None:
    with serving(create_app("s3cret")) as url:
        result = suite.run(
            f"--mockzoom-url={url}",
            "--mockzoom-secret=s3cret",
            conftest="",
            test_it="""
            def test_url(mockzoom):
                mockzoom.send("session.ended").assert_ok()
                mockzoom.verify(events="session.ended").assert_ok()
            """,
        )
    result.assert_outcomes(passed=1)


def test_a_fixture_may_return_a_url_and_depend_on_other_fixtures(suite: Suite) -> None:
    result = suite.run(
        conftest="""
        import pytest
        from mockzoom.zoom.sample_receiver import create_app, serving

        @pytest.fixture(scope="session")
        def server():
            with serving(create_app("s3cret")) as url:
                yield url

        @pytest.fixture
        def mockzoom_receiver(server):
            return server

        @pytest.fixture
        def mockzoom_secret():
            return "s3cret"
        """,
        test_it="""
        def test_url(mockzoom):
            mockzoom.send("session.ended").assert_ok()
        """,
    )
    result.assert_outcomes(passed=1)


def test_an_asgi_application_lives_as_long_as_its_test(suite: Suite) -> None:
    result = suite.run(
        conftest="""
        from contextlib import asynccontextmanager
        import pytest
        from fastapi import FastAPI

        happened = []

        @asynccontextmanager
        async def lifespan(app):
            happened.append("up")
            yield
            happened.append("down")

        app = FastAPI(lifespan=lifespan)

        @app.post("/webhook")
        async def webhook():
            assert happened[-1] == "up"
            return {}

        @pytest.fixture
        def mockzoom_receiver():
            return app

        @pytest.fixture
        def mockzoom_secret():
            return "s3cret"

        @pytest.fixture
        def lifespans():
            return happened
        """,
        test_it="""
        def test_all_in_one_lifespan(mockzoom, lifespans):
            mockzoom.send("session.ended").assert_ok()
            mockzoom.verify(events="session.ended", suites="events").assert_ok()
            mockzoom.send("session.ended").assert_ok()
            assert lifespans == ["up"]

        def test_another_one(mockzoom, lifespans):
            assert lifespans == ["up", "down"]
            mockzoom.send("session.ended").assert_ok()
            assert lifespans == ["up", "down", "up"]
        """,
    )
    result.assert_outcomes(passed=2)


def test_without_receiver_or_secret_the_failure_says_how_to_give_them(suite: Suite) -> None:
    result = suite.run(
        conftest="",
        test_it="""
        import pytest

        def test_neither(mockzoom):
            mockzoom.send("session.ended")

        @pytest.mark.parametrize("mockzoom_receiver", ["http://127.0.0.1:9/"])
        def test_no_secret(mockzoom, mockzoom_receiver):
            mockzoom.verify()

        @pytest.mark.parametrize("mockzoom_receiver", [17])
        @pytest.mark.parametrize("mockzoom_secret", ["s3cret"])
        def test_no_application(mockzoom, mockzoom_receiver, mockzoom_secret):
            mockzoom.verify()

        def test_events_can_be_made_without(mockzoom):
            assert mockzoom.event("session.ended").payload
            assert mockzoom.malformed("session.ended")
        """,
    )
    result.assert_outcomes(passed=1, failed=3, errors=0)
    result.stdout.fnmatch_lines(
        [
            "E*UsageError: no receiver:*mockzoom_receiver*--mockzoom-url*_url*MOCKZOOM_URL*",
            "E*UsageError: no secret:*mockzoom_secret*--mockzoom-secret*MOCKZOOM_SECRET*",
            "E*UsageError: a receiver of type int: expected a URL, a WSGI or ASGI application,*",
        ]
    )


def test_an_application_that_is_called_at_the_wrong_path_is_told_so(suite: Suite) -> None:
    result = suite.run(
        conftest=FLASK.replace('app, "/zoom"', "app"),
        test_it="""
        def test_send(mockzoom):
            mockzoom.send("session.ended").assert_ok()

        def test_verify(mockzoom):
            mockzoom.verify(events="session.ended").assert_ok()

        def test_what_must_be_refused_does_not_pass_for_that(mockzoom):
            mockzoom.send("session.ended", forge="wrong-secret").assert_ok("warning")

        def test_what_may_be_refused_does_not_pass_for_that(mockzoom):
            mockzoom.send(mockzoom.malformed("session.ended")[0]).assert_ok()
        """,
    )
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["E*the application answers 404 at /webhook;*", "E*'/path')"] * 4)


def test_further_settings_come_from_a_fixture(suite: Suite) -> None:
    settings = """
    @pytest.fixture
    def mockzoom_settings():
        return {"auth": "basic:user:pass", "seed": 7}
    """
    result = suite.run(
        conftest=FLASK + settings,
        test_it="""
        def test_auth(mockzoom):
            sent = mockzoom.send("session.ended")
            names = [name.lower() for name, _ in sent.request.headers]
            assert "authorization" in names
            assert sent.result.seed == 7
        """,
    )
    result.assert_outcomes(passed=1)
    result = suite.run(
        conftest=FLASK + settings.replace('"seed"', '"sead"'),
        test_it="""
        def test_misspelt(mockzoom):
            pass
        """,
    )
    result.stdout.fnmatch_lines(["no setting is called 'sead'; did you mean seed*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_contract_of_ones_own_serves_fixtures_and_marks(suite: Suite) -> None:
    suite.pytester.makefile(
        ".json",
        own="""
        {"openapi": "3.1.0", "info": {"title": "own", "version": "1"}, "webhooks": {
          "phone.rang": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "required": ["event", "event_ts", "payload"], "properties": {
              "event": {"type": "string", "enum": ["phone.rang"]},
              "event_ts": {"type": "integer"},
              "payload": {"type": "object", "properties": {"account_id": {"type": "string"}}}
        }}}}}}}}}
        """,
    )
    test = """
        from mockzoom import mockzoom_events

        @mockzoom_events("phone.*")
        def test_phone(mockzoom, mockzoom_event):
            assert mockzoom_event == "phone.rang"
            mockzoom.send(mockzoom_event).assert_ok()
    """
    suite.run("--mockzoom-spec=own.json", test_it=test).assert_outcomes(passed=1)
    result = suite.run("--mockzoom-spec=missing.json", test_it=test)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["test_it.py::test_phone: @mockzoom_events: *missing.json*"])
    suite.pytester.makeini("[pytest]\nmockzoom_spec = own.json\n")
    suite.run(test_it=test).assert_outcomes(passed=1)


# -- the marker -------------------------------------------------------------------------------


def test_the_marker_runs_a_test_for_each_event(suite: Suite) -> None:
    result = suite.run(
        "-v",
        "--strict-markers",
        test_it="""
        import pytest
        import mockzoom
        from mockzoom import mockzoom_events

        @mockzoom_events("meeting.rtms_st*")
        def test_decorated(mockzoom_event):
            pass

        @pytest.mark.mockzoom_events("webinar.rtms_started", "webinar.rtms_stopped")
        def test_marked(mockzoom, mockzoom_event):
            assert mockzoom.event(mockzoom_event).name == mockzoom_event

        @mockzoom_events("session.started")
        class TestClass:
            @mockzoom_events("session.ended")
            def test_method(self, mockzoom_event):
                pass

        @mockzoom_events()
        def test_all(mockzoom_event):
            pass

        @mockzoom_events
        def test_bare(mockzoom_event):
            pass
        """,
    )
    result.assert_outcomes(passed=6 + 49 + 49)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_decorated[[]meeting.rtms_started[]] PASSED*",
            "test_it.py::test_decorated[[]meeting.rtms_stopped[]] PASSED*",
            "test_it.py::test_marked[[]webinar.rtms_started[]] PASSED*",
            "test_it.py::test_marked[[]webinar.rtms_stopped[]] PASSED*",
            "test_it.py::TestClass::test_method[[]session.ended[]] PASSED*",
            "test_it.py::TestClass::test_method[[]session.started[]] PASSED*",
        ]
    )


PRODUCT = """
        from mockzoom import mockzoom_events

        @mockzoom_events
        def test_all(mockzoom, mockzoom_event):
            assert mockzoom.event(mockzoom_event).name == mockzoom_event

        def test_another_product_by_name(mockzoom):
            assert mockzoom.event("meeting.started").name == "meeting.started"
        """


@pytest.mark.parametrize("where", ["option", "environment", "ini"])
def test_a_product_is_chosen_on_the_command_line_by_the_environment_or_the_ini_file(
    suite: Suite, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: tuple[str, ...] = ()
    if where == "option":
        words = ("--mockzoom-product", "tasks", "--mockzoom-product", "mail")
        monkeypatch.setenv("MOCKZOOM_PRODUCT", "phone")
    elif where == "environment":
        monkeypatch.setenv("MOCKZOOM_PRODUCT", "tasks mail")
        suite.pytester.makeini("[pytest]\nmockzoom_product = phone\n")
    else:
        suite.pytester.makeini("[pytest]\nmockzoom_product = tasks mail\n")
    suite.run(*words, test_it=PRODUCT).assert_outcomes(passed=8 + 1 + 1)


def test_a_pattern_finds_events_of_every_product_and_an_unknown_product_is_an_error(
    suite: Suite,
) -> None:
    test = """
        from mockzoom import mockzoom_events

        @mockzoom_events("mail.*", "session.started")
        def test_some(mockzoom_event):
            pass
        """
    suite.run(test_it=test).assert_outcomes(passed=2)
    result = suite.run("--mockzoom-product", "mial", test_it=test)
    result.stdout.fnmatch_lines(["*no product is called 'mial'; did you mean mail?*"])


def test_settings_and_a_verify_choose_products(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        import pytest
        from mockzoom.errors import UsageError

        @pytest.fixture
        def mockzoom_settings():
            return {"product": "mail"}

        def test_it(mockzoom):
            assert list(mockzoom.contract.events) == ["mail.history_event"]
            few = {"suites": ["challenge"]}
            assert mockzoom.verify(**few).result.coverage.events == (1, 1)
            assert mockzoom.verify(product="healthcare", **few).result.coverage.events == (1, 1)
            both = mockzoom.verify(product=["mail", "healthcare"], **few)
            assert both.result.coverage.events == (2, 2)
            with pytest.raises(UsageError, match="did you mean healthcare"):
                mockzoom.verify(product="health", **few)
        """,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "argument", "message"),
    [
        (
            '@mockzoom_events("sesion.*")',
            "mockzoom_event",
            "test_it.py::test_it: @mockzoom_events: no event matches *; did you mean session.*",
        ),
        (
            "@mockzoom_events(7)",
            "mockzoom_event",
            "*expected patterns of event names such as 'session.[*]', not 7",
        ),
        (
            '@pytest.mark.mockzoom_events("session.*", seed=1)',
            "mockzoom_event",
            "*unexpected keyword argument 'seed'",
        ),
        (
            '@mockzoom_events("session.*")',
            "mockzoom",
            "*@mockzoom_events: the test takes no argument mockzoom_event*",
        ),
    ],
)
def test_a_mark_that_cannot_be_used_is_an_error_of_the_collection(
    suite: Suite, mark: str, argument: str, message: str
) -> None:
    result = suite.run(
        test_it=f"""
        import pytest
        from mockzoom import mockzoom_events

        {mark}
        def test_it({argument}):
            pass
        """
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_the_events_name_without_the_mark_is_explained(suite: Suite) -> None:
    result = suite.run(
        test_it="""
        def test_it(mockzoom_event):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mockzoom_event: the test is not marked; put @mockzoom_events*"])


# -- beside other plugins ---------------------------------------------------------------------


def test_it_works_under_xdist(suite: Suite) -> None:
    result = suite.run(
        "-n2",
        test_it="""
        from mockzoom import mockzoom_events

        @mockzoom_events("meeting.rtms_*", "webinar.rtms_*")
        def test_it(mockzoom, mockzoom_event):
            mockzoom.send(mockzoom_event).assert_ok()

        def test_forged(mockzoom):
            assert mockzoom.send("meeting.rtms_started", forge="unsigned").status == 401
            mockzoom.send("meeting.rtms_started", forge="unsigned").assert_ok()
            assert False, "as it should"
        """,
    )
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["2 workers*", "FAILED test_it.py::test_forged*as it should*"])


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_it_works_in_the_running_loop_of_pytest_asyncio(suite: Suite, mode: str) -> None:
    suite.pytester.makeini(
        f"[pytest]\nasyncio_mode = {mode}\nasyncio_default_fixture_loop_scope = function\n"
    )
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    result = suite.run(
        conftest=FLASK.replace("flask_app", "fastapi_app"),
        test_it=f"""
        import asyncio
        import pytest

        {mark}
        async def test_within_a_loop(mockzoom):
            mockzoom.send("session.ended").assert_ok()
            mockzoom.verify(events="session.ended", suites="events").assert_ok()
            sent = await asyncio.gather(
                *(asyncio.to_thread(mockzoom.send, "session.started") for _ in range(5))
            )
            assert [item.status for item in sent] == [204] * 5
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_receiver_on_the_blocked_loop_is_explained(suite: Suite) -> None:
    suite.pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = suite.run(
        conftest="""
        import asyncio
        import pytest
        import pytest_asyncio

        async def answer(reader, writer):
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
            await writer.drain()
            writer.close()

        @pytest_asyncio.fixture
        async def mockzoom_receiver():
            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                yield "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]

        @pytest.fixture
        def mockzoom_secret():
            return "s3cret"

        @pytest.fixture
        def mockzoom_settings():
            return {"timeout": 0.3}
        """,
        test_it="""
        import asyncio
        import pytest

        @pytest.mark.asyncio
        async def test_blocking(mockzoom):
            mockzoom.send("session.ended").assert_ok()

        @pytest.mark.asyncio
        async def test_in_a_thread(mockzoom):
            (await asyncio.to_thread(mockzoom.send, "session.ended")).assert_ok()
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*ContractFailure: MZ102*",
            "E*asyncio.to_thread(mockzoom.send, *",
        ]
    )


def test_a_session_needs_one_thread_and_ends_it(suite: Suite) -> None:
    before = set(threading.enumerate())
    result = suite.run(
        test_it="""
        import threading

        seen = set()
        before = set(threading.enumerate())

        def own():
            new = set(threading.enumerate()) - before
            return {item for item in new if item.name == "mockzoom"}

        def test_first(mockzoom):
            mockzoom.send("session.ended").assert_ok()
            seen.update(own())

        def test_second(mockzoom):
            mockzoom.send("session.ended").assert_ok()
            mockzoom.verify(events="session.ended", suites="events").assert_ok()
            assert own() == seen
            assert len(seen) == 1
        """
    )
    result.assert_outcomes(passed=2)
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name == "mockzoom"]


# -- unused, and shown ------------------------------------------------------------------------


def test_a_session_that_does_not_use_it_imports_nothing_of_the_engine(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.pytester.makepyfile(
        test_it="""
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.startswith("mockzoom")}
            plugin = {"mockzoom.pytest_options", "mockzoom.pytest_plugin"}
            assert ours == {"mockzoom", *plugin}
            heavy = {"faker", "jsonschema", "jsonschema_rs", "flask", "httptools", "uvloop"}
            assert not heavy & sys.modules.keys()
        """
    )
    # Other plugins may import what they like: Faker, for one, brings its own.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    command = (sys.executable, "-m", "pytest", "-p", "mockzoom.pytest_plugin")
    suite.pytester.run(*command).assert_outcomes(passed=1)


def test_importing_the_package_imports_no_other_module_of_it(suite: Suite) -> None:
    code = (
        "import sys, mockzoom; print(sorted(n for n in sys.modules if n.startswith('mockzoom')));"
        "from mockzoom import mockzoom_events; print('mockzoom.client' in sys.modules);"
        "from mockzoom import Mockzoom, ContractFailure; print(Mockzoom.__name__);"
        "print(ContractFailure.__module__)"
    )
    result = suite.pytester.run(sys.executable, "-c", code)
    assert result.outlines == ["['mockzoom']", "False", "Mockzoom", "mockzoom"]


def test_help_fixtures_and_markers_show_what_there_is(suite: Suite) -> None:
    result = suite.run("--help", conftest="")
    result.stdout.fnmatch_lines(
        ["*--mockzoom-url=URL*", "*--mockzoom-secret=SECRET*", "*--mockzoom-spec=PATH*"]
    )
    result.stdout.fnmatch_lines_random(
        ["*mockzoom_url (string):*", "*mockzoom_secret (string):*", "*mockzoom_spec (paths):*"]
    )
    result = suite.run("--fixtures", conftest="")
    result.stdout.fnmatch_lines_random(
        [
            "mockzoom -- *pytest_plugin.py:*",
            "*Stands in for Zoom before mockzoom_receiver: send, verify, play, event, *",
            "mockzoom_receiver -- *",
            "*override it to return a URL, a WSGI app or an ASGI app.",
            "mockzoom_secret -- *",
            "mockzoom_settings -- *",
            "mockzoom_event -- *",
        ]
    )
    result = suite.run("--markers", conftest="")
    result.stdout.fnmatch_lines(
        ["@pytest.mark.mockzoom_events(?globs): run the test once for each*"]
    )


def test_the_plugin_uses_nothing_private_of_pytest() -> None:
    source = Path(mockzoom.pytest_plugin.__file__).read_text(encoding="utf-8")
    assert "_pytest" not in source


CRASHING = """
    import pytest
    from crashing_app import app

    @pytest.fixture
    def mockzoom_receiver():
        return app

    @pytest.fixture
    def mockzoom_secret():
        return "s3cret"
"""
CRASHING_APP = """
    from flask import Flask, request

    app = Flask(__name__)

    @app.post("/webhook")
    def hook():
        return {}[request.get_json()["event"]]
"""


def test_a_crashing_application_prints_the_report_and_not_hundreds_of_records(
    suite: Suite,
) -> None:
    suite.pytester.makepyfile(crashing_app=CRASHING_APP)
    result = suite.run(conftest=CRASHING, test_it="""
        def test_verify(mockzoom, caplog):
            try:
                mockzoom.verify(events="meeting.rtms_*").assert_ok()
            finally:
                assert caplog.records == []
    """)  # fmt: skip
    result.assert_outcomes(failed=1)
    text = " ".join(result.stdout.str().replace("\nE ", "\n").split())
    assert "Captured log" not in text
    assert re.search(r"the application raised KeyError: '\S+' at crashing_app\.py:7", text)
    assert len(result.outlines) < 150


def test_what_a_single_delivery_makes_the_application_log_is_shown(suite: Suite) -> None:
    suite.pytester.makepyfile(crashing_app=CRASHING_APP)
    result = suite.run(conftest=CRASHING, test_it="""
        def test_send(mockzoom, caplog):
            sent = mockzoom.send("meeting.rtms_started")
            assert "KeyError" in caplog.text
            (found,) = sent.violations
            assert "KeyError: 'meeting.rtms_started' at crashing_app.py:7" in found.actual
    """)  # fmt: skip
    result.assert_outcomes(passed=1)


def test_usage_errors_show_the_test_s_own_line_and_no_internals(suite: Suite) -> None:
    result = suite.run(test_it="""
        import pytest

        @pytest.fixture
        def odd(mockzoom):
            return mockzoom.event("meeting.rtms_startet")

        def test_send(mockzoom):
            mockzoom.send("meeting.rtms_startet")

        def test_verify(mockzoom):
            mockzoom.verify(suites=["nope"])

        def test_malformed(mockzoom):
            mockzoom.malformed("nope")

        def test_fixture(odd):
            pass
    """)  # fmt: skip
    result.assert_outcomes(failed=3, errors=1)
    text = result.stdout.str()
    assert '>       mockzoom.send("meeting.rtms_startet")' in text
    package = str(Path(mockzoom.pytest_plugin.__file__).parent)
    assert package not in text
    assert "/mockzoom/" not in text
    assert "During handling of" not in text


# -- pinned entities --------------------------------------------------------------------------

PINNED = """
    def test_it(mockzoom):
        event = mockzoom.event("session.started", entities=3)
        assert event.payload["account_id"] == "ours"
        mockzoom.verify(events="session.started", suites="events").assert_ok()
        own = mockzoom.verify(events="session.started", suites="events", entities={"host_id": "h"})
        own.assert_ok()
        assert mockzoom.malformed("session.started")[-1].body["payload"]["account_id"] == "ours"
"""


def test_entities_are_pinned_by_option_ini_file_and_settings(suite: Suite) -> None:
    settings = """
    @pytest.fixture
    def mockzoom_settings():
        return {"entities": {"account_id": "ours"}}
    """
    suite.run("--mockzoom-entity", "account_id=ours", test_it=PINNED).assert_outcomes(passed=1)
    suite.run(conftest=FLASK + settings, test_it=PINNED).assert_outcomes(passed=1)
    suite.pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nmockzoom_entity =\n"
        "    account_id=ours\n"
    )
    suite.run(test_it=PINNED).assert_outcomes(passed=1)


def test_an_unknown_entity_fails_the_tests_with_the_nearest(suite: Suite) -> None:
    result = suite.run("--mockzoom-entity", "acount_id=ours", test_it=PINNED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no entity is called 'acount_id'; did you mean account_id*"])
