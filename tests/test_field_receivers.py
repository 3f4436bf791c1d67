"""The proof for receivers as they are met in the field: the right verdict, on every surface."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mockzoom import Mockzoom
from mockzoom.client.verifying import verify
from mockzoom.model import RunResult
from mockzoom.report.text import as_text, headline
from mockzoom.report.verdict import exit_code
from mockzoom.service import Service, ServiceSettings
from mockzoom.settings import Settings
from mockzoom.web import WebSettings, create_app
from tests.each import thorough
from tests.receivers.field import APPLICATIONS, PART, application, running_field
from tests.receivers.launch import SECRET
from tests.web.conftest import until

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Verdict:
    """What a receiver must get: these rules and no others, this exit code, and these words."""

    rules: str
    exit: int
    says: str = ""
    on_the_wire: bool = False
    """Whether it cannot show in process."""
    some_of: bool = False
    """Whether some of the rules are enough: how many show depends on a limit."""


VERDICTS = {
    "stateful-stop": Verdict("MZ101", 1, "depends on what came before"),
    "cold-start": Verdict("", 0, r"the first request took \d\.\d s"),
    "event-age": Verdict(
        "MZ101", 1, "its event_ts is an hour old, acknowledged where it is recent"
    ),
    "one-in-41": Verdict("MZ101", 1, r"intermittent: \d+ of \d+ genuine deliveries"),
    "hidden-refusals": Verdict("", 0, "signature of events not checked"),
    "refuses-captured-body": Verdict("MZ101 MZ305 MZ306", 1, "unknown field"),
    "other-product": Verdict(
        "MZ101 MZ305 MZ306",
        1,
        r"all \d+ event types were answered 400, but the URL validation was answered correctly",
    ),
    "rate-limited": Verdict(
        "MZ201 MZ202 MZ203 MZ204 MZ205 MZ206", 1, "goes on answering 429", some_of=True
    ),
    "exact-case": Verdict("MZ213", 0, on_the_wire=True),
    "body-already-read": Verdict(
        "MZ102 MZ304", 1, "a JSON body parser reads the body before", on_the_wire=True
    ),
}
IN_PROCESS = [name for name, verdict in VERDICTS.items() if not verdict.on_the_wire]


def hold(name: str, result: RunResult) -> None:
    """Hold a result against the table."""
    wanted, text = VERDICTS[name], as_text(result)
    found = {item.rule for item in result.violations}
    rules = frozenset(wanted.rules.split())
    if wanted.some_of:
        assert found, text
        assert found <= rules, text
    else:
        assert found == rules, text
    assert exit_code(result) == wanted.exit, text
    assert re.search(wanted.says, " ".join(text.split())), text


def over_http(name: str, seed: int, events: tuple[str, ...]) -> None:
    with running_field(name) as url:
        hold(name, verify(url, Settings(secret=SECRET, seed=seed, events=events)))


def in_process(name: str, seed: int, events: tuple[str, ...]) -> None:
    with Mockzoom(application(name), SECRET) as zoom:
        hold(name, zoom.verify(seed=seed, events=events).result)


def by_server(name: str, seed: int, events: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder, running_field(name) as url:
        service = Service(ServiceSettings(Path(folder) / "mock.db", SECRET))
        client = create_app(service, WebSettings()).test_client()
        try:
            made = client.post("/api/v1/subscriptions", json={"url": url, "validate": True})
            wanted = {"kind": "verify", "subscription": made.get_json()["id"], "seed": seed}
            chosen = {"events": list(events)} if events else {}
            started = client.post("/api/v1/runs", json={**wanted, **chosen})
            number = started.get_json()["id"]
            result = until(lambda: service.runs.result(number), 600)
            page = client.get(f"/runs/{number}").text
        finally:
            service.close()
    hold(name, result)
    assert headline(result)[0] in page


WHERE = {
    in_process: IN_PROCESS,
    # The URL validation has to be answered in time before anything else is sent.
    by_server: [name for name in VERDICTS if name not in ("cold-start", "body-already-read")],
}
"""The receivers that can be met there, where that is not all of them."""


@pytest.mark.parametrize("name", ["stateful-stop", *thorough("hidden-refusals")])
def test_a_receiver_of_the_field_gets_its_verdict_by_a_run_of_the_server(name: str) -> None:
    by_server(name, 1, PART)


# one-in-41 needs as many deliveries as the whole contract has: in a part, chance hides less.
@pytest.mark.parametrize("name", VERDICTS)
def test_a_receiver_of_the_field_gets_its_verdict_over_http(name: str) -> None:
    over_http(name, 1, PART)


@pytest.mark.parametrize("name", [*IN_PROCESS[::2], *thorough(*IN_PROCESS[1::2])])
def test_a_receiver_of_the_field_gets_its_verdict_in_process(name: str) -> None:
    in_process(name, 1, PART)


@pytest.mark.thorough
@pytest.mark.parametrize("how", [over_http, in_process, by_server])
@pytest.mark.parametrize("name", VERDICTS)
def test_its_verdict_is_the_same_whatever_the_seed(
    name: str, how: Callable[[str, int, tuple[str, ...]], None]
) -> None:
    if name not in WHERE.get(how, VERDICTS):
        return
    for seed in range(1, 6):
        how(name, seed, ())


def test_the_table_has_every_receiver() -> None:
    assert set(APPLICATIONS) < set(VERDICTS)
