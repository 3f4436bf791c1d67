"""The fixture `mockzoom_stream`, in test suites of their own, and the object behind it."""

from __future__ import annotations

import shutil
from pathlib import Path

import faker  # noqa: F401 - must not be imported twice, see test_pytest_plugin
import jsonschema  # noqa: F401
import jsonschema_rs  # noqa: F401
import pytest

from mockzoom.client.streams import MockzoomStream
from mockzoom.errors import UsageError
from mockzoom.zoom.rtms import Timing
from tests.test_pytest_plugin import PLUGIN

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

CONFTEST = """
    import asyncio, threading
    import pytest
    from stream_consumer import Consumer, Style

    @pytest.fixture
    def mockzoom_stream_settings():
        return {"client_id": "an-id", "client_secret": "a-secret", "scale": 0.05}

    @pytest.fixture
    def consumer():
        '''A consumer on a loop of its own: call it with a style and a stream.'''
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        made = []

        async def join(style, stream):
            made.append(Consumer(style, "an-id", "a-secret"))
            made[-1].started(stream.owner_id, stream.stream_id, stream.server_urls)

        def start(stream, **style):
            asyncio.run_coroutine_threadsafe(join(Style(**style), stream), loop).result()
            stream.webhook("started")

        yield start
        for item in made:
            asyncio.run_coroutine_threadsafe(item.leave(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
"""


def run(pytester: pytest.Pytester, test: str, conftest: str = CONFTEST) -> pytest.RunResult:
    shutil.copy(
        Path(__file__).parent / "zoom" / "rtms" / "consumer.py",
        pytester.path / "stream_consumer.py",
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.syspathinsert()
    pytester.makeconftest(conftest)
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider")


def test_a_correct_consumer_passes(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it_joins_and_comes_back(mockzoom_stream, consumer):
            stream = mockzoom_stream.open("meeting", media=("transcript",), webhooks=False)
            consumer(stream)
            assert stream.wait("ready", within=10)
            stream.fault("drop-signaling")
            assert stream.wait("rejoined", within=10)
            assert stream.wait("ready", within=10)
            stream.fault("terminate", reason=6)
            assert stream.wait("closed", within=10)
            stream.assert_ok()
            assert stream.violations == ()
            assert any(seen.recognised == "ready" for seen in stream.observations)
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_violation_fails_the_test_with_the_report(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it_is_never_ready(mockzoom_stream, consumer):
            stream = mockzoom_stream.open(media=("transcript",))
            consumer(stream, ready=False)
            assert stream.wait("message DATA_HAND_SHAKE_REQ", within=10)
            stream.assert_ok()
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*ContractFailure: MZ604 not-ready*", "*ERROR MZ604 not-ready*", "*to fix:*"]
    )


def test_the_start_is_delivered_by_the_other_fixture(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import json
        import pytest
        from flask import Flask, request

        seen = []
        app = Flask(__name__)

        @app.post("/webhook")
        def webhook():
            seen.append(json.loads(request.data))
            return "", 204

        @pytest.fixture
        def mockzoom_receiver():
            return app

        @pytest.fixture
        def mockzoom_secret():
            return "s3cret"

        @pytest.mark.parametrize("kind", ["meeting", "webinar", "session", "engagement"])
        def test_it(mockzoom, mockzoom_stream, kind):
            seen.clear()
            stream = mockzoom_stream.open(kind)
            for word, reason in (("started", None), ("interrupted", None), ("stopped", 2)):
                stream.deliver(mockzoom, word, reason).assert_ok()
            assert [body["payload"]["rtms_stream_id"] for body in seen] == [stream.stream_id] * 3
            assert seen[0]["payload"]["server_urls"] == stream.server_urls
            assert seen[2]["payload"]["stop_reason"] == 2
            names = [item.recognised for item in stream.observations]
            assert names[1:4] == [
                "started acknowledged", "interrupted acknowledged", "stopped acknowledged"
            ]
        """,
    )
    result.assert_outcomes(passed=4)


def test_an_unknown_setting_names_the_nearest(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        "def test_it(mockzoom_stream): pass",
        """
        import pytest

        @pytest.fixture
        def mockzoom_stream_settings():
            return {"client_di": "x"}
        """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no setting of streams is called 'client_di'; did you mean*"])


def test_the_object_also_works_by_itself_and_over_tls() -> None:
    with MockzoomStream(tls=True, timing=Timing(first_join=0.2)) as server:
        stream = server.open()
        assert stream.server_urls.startswith("wss://localhost:")
        assert server.ca_file is not None
        assert "BEGIN CERTIFICATE" in server.ca_file.read_text()
        stream.webhook("started")
        with pytest.raises(AssertionError, match="MZ601 never-joined"):
            stream.assert_ok()
        with pytest.raises(UsageError, match="did you mean drop-media"):
            stream.fault("drop-medai")
        assert "meeting" in repr(stream)
