"""The pytest plugin: fixtures, options and the markers `mockzoom_events` and `mockzoom`.

Thin on purpose: what a test gets as `mockzoom` is `mockzoom.Mockzoom`, which is imported
when a test first asks for it. A session that never does pays for this module alone.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mockzoom.pytest_options import accepted, documents, option, pinned, products
from mockzoom.pytest_options import pytest_addoption as pytest_addoption

if TYPE_CHECKING:
    from mockzoom.background import Background
    from mockzoom.client.mockzoom import Mockzoom
    from mockzoom.client.play_request import MarkerArguments, ProbeLike
    from mockzoom.client.settings import Receiver
    from mockzoom.client.streams import MockzoomStream
    from mockzoom.client.websocket import MockzoomWebsocket
    from mockzoom.contract import Contract

_MARKER = "mockzoom_events"
_PLAY = "mockzoom"


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*globs): run the test once for each event of the contract that matches, such"
        " as 'session.*'; its name is the argument mockzoom_event.",
    )
    config.addinivalue_line(
        "markers",
        f"{_PLAY}(scenario, ..., fail_on='error'): play the scenario, or several, before the test's"
        " body; further arguments are those of mockzoom.play. The test fails where a rule is"
        " broken; else its body runs, with the outcome in mockzoom.played.",
    )
    config.stash[_SHARED] = _Shared(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the thread that deliveries ran on, if there was one."""
    shared = config.stash.get(_SHARED, None)
    if shared is not None:
        shared.close()


class _Shared:
    """What the tests of a session share: one loop and thread, and the contract, once read."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._background: Background | None = None
        self._contract: Contract | None = None

    @property
    def background(self) -> Background:
        from mockzoom.background import Background

        if self._background is None:
            self._background = Background()
        return self._background

    @property
    def contract(self) -> Contract:
        from mockzoom.contract import load

        if self._contract is None:
            self._contract = load(documents(self._config), products=products(self._config))
        return self._contract

    def close(self) -> None:
        if self._background is not None:
            self._background.close()


_SHARED = pytest.StashKey[_Shared]()
_STAND_IN = pytest.StashKey["Mockzoom"]()


# -- fixtures ----------------------------------------------------------------------------------


@pytest.fixture
def mockzoom_receiver(pytestconfig: pytest.Config) -> Receiver | None:
    """The receiver under test: override it to return a URL, a WSGI app or an ASGI app.

    An application may come with the path of its webhook, `(app, "/zoom")`; the default path is
    /webhook. Not overridden, it is the URL of --mockzoom-url, MOCKZOOM_URL or the ini file.
    """
    return option(pytestconfig, "url") or None


@pytest.fixture
def mockzoom_secret(pytestconfig: pytest.Config) -> str:
    """The secret token that deliveries are signed with: override it, or set --mockzoom-secret,
    MOCKZOOM_SECRET or the ini file's mockzoom_secret.
    """
    return option(pytestconfig, "secret")


@pytest.fixture
def mockzoom_settings() -> Mapping[str, Any]:
    """Further settings, by the names of mockzoom.settings.Settings: override it to return, for
    example, {"auth": "basic:user:password", "seed": 7}. {"ignore": ["MZ205 old events are kept"],
    "baseline": "accepted.json"} accepts findings; with it, those of the ini file do not hold.
    """
    return {}


@pytest.fixture
def mockzoom_probe() -> ProbeLike:
    """Where the receiver's state is read, for rules MZ501 to MZ505 and, in verify, for forgeries
    that get a 2xx (MZ201 to MZ206): override it to return a callable (or coroutine function) that
    returns the state as JSON values, or a URL, or a path of the receiver such as "/state". None:
    the state is not looked at.
    """
    return None


@pytest.fixture
def mockzoom_event() -> str:
    """The name of the event that a test marked with @mockzoom_events runs for."""
    pytest.fail(
        "mockzoom_event: the test is not marked; put @mockzoom_events('session.*') on it",
        pytrace=False,
    )


@pytest.fixture(name="mockzoom")
def _mockzoom(
    pytestconfig: pytest.Config,
    mockzoom_receiver: Receiver | None,
    mockzoom_secret: str,
    mockzoom_settings: Mapping[str, Any],
    mockzoom_probe: ProbeLike,
    request: pytest.FixtureRequest,
) -> Iterator[Mockzoom]:
    """Stands in for Zoom before mockzoom_receiver: send, verify, play, event, malformed, replay.

    mockzoom.send("meeting.rtms_started", payload__meeting_id=1).assert_ok() delivers one event;
    mockzoom.verify(events="session.*").assert_ok() examines the receiver against the contract;
    mockzoom.play("rtms-start-stop").assert_ok() plays a scenario.
    """
    from mockzoom.client.mockzoom import Mockzoom
    from mockzoom.errors import UsageError

    shared = pytestconfig.stash[_SHARED]
    own = {"product", "spec", "errata"} & mockzoom_settings.keys()
    try:
        stand_in = Mockzoom(
            mockzoom_receiver,
            mockzoom_secret,
            probe=mockzoom_probe,
            scenarios=pytestconfig.getini("mockzoom_scenarios"),
            contract=None if own else shared.contract,
            background=shared.background,
            **{
                "product": products(pytestconfig),
                "spec": documents(pytestconfig),
                **pinned(pytestconfig),
                **accepted(pytestconfig),
                **mockzoom_settings,
            },
        )
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    request.node.stash[_STAND_IN] = stand_in
    with stand_in, _records_apart():
        yield stand_in


@contextmanager
def _records_apart() -> Iterator[None]:
    """Keep the log records of many deliveries out of what pytest shows and `caplog` holds.

    An application that fails logs a traceback for each of hundreds of deliveries; the report quotes
    one of them at its finding. What a single `send` makes the application log stays.
    """
    from mockzoom.transport.raised import is_kept_apart

    def wanted(record: logging.LogRecord) -> bool:
        return not is_kept_apart(record)

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(wanted)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(wanted)


@pytest.fixture
def mockzoom_stream_settings() -> Mapping[str, Any]:
    """Settings of the RTMS server: override it to return, for example, {"client_id": "…",
    "client_secret": "…", "scale": 0.1, "tls": True}; see mockzoom.client.streams.MockzoomStream.
    """
    return {}


@pytest.fixture
def mockzoom_stream(
    pytestconfig: pytest.Config, mockzoom_stream_settings: Mapping[str, Any]
) -> Iterator[MockzoomStream]:
    """The RTMS server behind server_urls: stream = mockzoom_stream.open("meeting").

    stream.deliver(mockzoom, "started") tells the consumer, stream.wait("ready") waits for it,
    stream.fault("drop-signaling") disturbs it, and stream.assert_ok() judges what it did.
    """
    from mockzoom.client.streams import MockzoomStream, stream_options
    from mockzoom.errors import UsageError

    background = pytestconfig.stash[_SHARED].background
    try:
        server = MockzoomStream(**stream_options(mockzoom_stream_settings), background=background)
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    with server:
        yield server


@pytest.fixture
def mockzoom_websocket(
    pytestconfig: pytest.Config, mockzoom_stream_settings: Mapping[str, Any]
) -> Iterator[MockzoomWebsocket]:
    """A server for a client of delivery over WebSocket, which finds it by its `environment`.

    mockzoom_websocket.wait_connected() waits for it, .send("session.started") delivers to it,
    .play("all", probe=…) plays scenarios to it and judges what they leave in its state, .drop() and
    .end_tokens() disturb it, and .assert_ok() judges what it did. `client_id`,
    `client_secret` and `scale` are those of the fixture mockzoom_stream_settings.
    """
    from mockzoom.client.websocket import MockzoomWebsocket

    known = ("client_id", "client_secret", "scale")
    chosen = {name: mockzoom_stream_settings[name] for name in known
              if name in mockzoom_stream_settings}  # fmt: skip
    shared = pytestconfig.stash[_SHARED]
    with MockzoomWebsocket(
        **chosen, contract=shared.contract, background=shared.background
    ) as server:
        yield server


# -- the marker mockzoom_events -----------------------------------------------------------------


def mockzoom_events(*globs: str) -> pytest.MarkDecorator:
    """Run a test once for each event that matches any of `globs`; for every event without any.

    The test gets the event's name as its argument `mockzoom_event`.
    """
    mark: Callable[..., pytest.MarkDecorator] = getattr(pytest.mark, _MARKER)
    return mark(*globs)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise marked tests; a mark that cannot be used is an error of the collection."""
    _read_marks(metafunc.definition)
    marks = list(metafunc.definition.iter_markers(_MARKER))
    if not marks:
        return
    where = f"{metafunc.definition.nodeid}: @{_MARKER}"
    try:
        chosen = [_Events(*mark.args, **mark.kwargs).globs for mark in marks]
    except TypeError as error:
        pytest.fail(f"{where}: {error}", pytrace=False)
    if "mockzoom_event" not in metafunc.fixturenames:
        pytest.fail(
            f"{where}: the test takes no argument mockzoom_event, which holds the event's name",
            pytrace=False,
        )
    metafunc.parametrize("mockzoom_event", _matching(metafunc.config, chosen, where))


class _Events:
    """The arguments of the marker."""

    def __init__(self, *globs: str) -> None:
        for glob in globs:
            if not isinstance(glob, str) or not glob:
                raise TypeError(
                    f"expected patterns of event names such as 'session.*', not {glob!r}"
                )
        self.globs = globs


def _matching(config: pytest.Config, chosen: list[tuple[str, ...]], where: str) -> list[str]:
    """Return the events that each of the markers chose; without patterns, the whole contract."""
    from mockzoom.errors import UsageError

    try:
        contract = config.stash[_SHARED].contract
        return sorted({spec.name for globs in chosen for spec in contract.select(globs)})
    except UsageError as error:
        pytest.fail(f"{where}: {error}", pytrace=False)


# -- the marker mockzoom ------------------------------------------------------------------------


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have the fixture `mockzoom` set up for a marked test that does not name it."""
    names = getattr(item, "fixturenames", None)
    if names is not None and _PLAY not in names and item.get_closest_marker(_PLAY):
        names.append(_PLAY)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Play what the test is marked with, then let its body run."""
    if item.get_closest_marker(_PLAY):
        failure = _played_badly(item)
        if failure:
            pytest.fail(failure, pytrace=False)
    with _without_internals():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Let a fixture's usage errors show no internals, either."""
    with _without_internals():
        return (yield)


@contextmanager
def _without_internals() -> Iterator[None]:
    """Cut mockzoom's own frames from the traceback of its errors: their message says it all."""
    try:
        yield
    except Exception as error:
        errors = sys.modules.get("mockzoom.errors")
        if errors is not None and isinstance(error, errors.MockzoomError):
            _cut_internals(error)
        raise


def _cut_internals(error: BaseException) -> None:
    entry, before = error.__traceback__, None
    ours = os.path.dirname(__file__) + os.sep
    while entry is not None:
        file = entry.tb_frame.f_code.co_filename
        if before is not None and file.startswith(ours) and file != __file__:
            before.tb_next = None
            break
        before, entry = entry, entry.tb_next
    error.__cause__ = None
    error.__suppress_context__ = True


def _played_badly(item: pytest.Item) -> str:
    """Play every mark of a test; return what the first one is that fails, else nothing."""
    marks, stand_in = _read_marks(item), item.stash.get(_STAND_IN, None)
    from mockzoom.client.outcome import ContractFailure
    from mockzoom.errors import UsageError

    if stand_in is None:
        return f"{item.nodeid}: @{_PLAY}: it has no fixtures, so nothing can be played for it"
    try:
        for mark in marks:
            stand_in.play(*mark.scenarios, **mark.options).assert_ok(mark.fail_on)
    except (UsageError, ContractFailure) as error:
        return str(error)
    return ""


def _read_marks(node: pytest.Item) -> list[MarkerArguments]:
    """Return what a test's marks say: those of its class first, then its own from the top."""
    marks = list(node.iter_markers(_PLAY))
    if not marks:
        return []
    from mockzoom.client.play_request import marked
    from mockzoom.errors import UsageError

    try:
        return [marked(*mark.args, **mark.kwargs) for mark in reversed(marks)]
    except UsageError as error:
        pytest.fail(f"{node.nodeid}: @{_PLAY}: {error}", pytrace=False)
