"""The harness measures what it says; no number is judged here, since machines differ."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from rich.console import Console

from mockzoom import contract
from mockzoom.model import Request
from tests.benchmarks import deliveries, programs, table, verify
from tests.benchmarks.__main__ import SECTIONS, main
from tests.benchmarks.contract import as_paths, cloned
from tests.benchmarks.loads.make_ours import rates
from tests.benchmarks.loads.pipeline import CONNECTIONS, Pipeline
from tests.benchmarks.options import Options
from tests.benchmarks.rounds import Samples, Unmeasured, interleaved, samples_of
from tests.benchmarks.table import Row, against, share, times

pytestmark = pytest.mark.slow

_WRK = """Running 1s test @ http://127.0.0.1:80/
  2 requests in 1.00s, 14.35MB read
{}Requests/sec:  49283.91
Transfer/sec:      7.00MB
"""


@pytest.fixture
def acknowledger() -> Iterator[str]:
    with programs.served("acknowledge") as url:
        yield url


def test_contenders_take_turns_and_one_that_fails_leaves_the_others_alone() -> None:
    turns: list[str] = []

    def measure(name: str, value: float) -> dict[str, float]:
        turns.append(name)
        if name == "absent":
            raise Unmeasured("absent is not installed: pip install absent")
        return {"rate": value * len(turns)}

    found = interleaved(
        {name: partial(measure, name, 1.0) for name in ("ours", "absent", "theirs")}, 3
    )
    assert turns == ["ours", "absent", "theirs", "ours", "theirs", "ours", "theirs"]
    assert samples_of(found["ours"], "rate").values == (1, 4, 6)
    assert samples_of(found["ours"], "rate").median == 4
    absent = samples_of(found["absent"], "rate")
    assert not absent
    assert absent.why_not == "absent is not installed: pip install absent"


def test_a_rate_of_nothing_is_no_rate() -> None:
    found = interleaved({"idle": lambda: {"rate": 0.0}}, 2)
    assert samples_of(found["idle"], "rate").why_not == "idle: rate came to 0"


def test_a_row_has_the_ratio_of_the_medians_its_spread_and_whether_the_target_was_met() -> None:
    ours, theirs = Samples((200.0, 300.0, 1000.0)), Samples((100.0, 100.0, 100.0))
    row = against("made", ours, theirs, at_least=2.5, how="somehow")
    assert row == Row("made", "300/s", "100/s", "3 x (2 to 10)", ">= 2.5 x: met", "somehow")
    assert against("made", ours, theirs, at_least=3.5).target == ">= 3.5 x: missed"
    assert share("made", theirs, ours).ratio == "33 %"
    assert times("made", theirs, ours).ratio.startswith("3 x")


def test_a_row_without_a_competitor_says_what_to_install() -> None:
    row = against("made", Samples((1500.0,)), Samples((), "jsf: pip install jsf"), at_least=20)
    assert row == Row("made", "1,500/s", "-", "-", ">= 20 x", "jsf: pip install jsf")
    assert share("made", Samples((1500.0,)), Samples((), "no wrk")).how == "no wrk"


def test_the_table_prints_every_cell_as_it_is() -> None:
    row = Row("what [x]", "1/s", "2/s", "0.5 x", ">= 1 x: missed", "a | b")
    out = io.StringIO()
    table.console([[row], [row]], Console(file=out, width=160))
    assert out.getvalue().count("what [x]") == 2
    assert all(heading in out.getvalue() for heading in table.HEADINGS)
    lines = table.markdown([[row]]).splitlines()
    assert lines[0] == "| what | ours | theirs | ratio | target | how measured |"
    assert lines[2] == "| what [x] | 1/s | 2/s | 0.5 x | >= 1 x: missed | a \\| b |"


def test_what_wrk_prints_is_read_and_failed_requests_are_no_rate() -> None:
    assert programs.wrk_rate(_WRK.format("")) == 49283.91
    with pytest.raises(Unmeasured, match="Non-2xx or 3xx responses: 7"):
        programs.wrk_rate(_WRK.format("  Non-2xx or 3xx responses: 7\n"))
    with pytest.raises(Unmeasured, match="no rate"):
        programs.wrk_rate("unable to connect")


def test_what_is_not_installed_is_named_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unmeasured, match="pip install no-such-package"):
        programs.need_package("no-such-package")
    with pytest.raises(Unmeasured, match="apt-get install no-such-program"):
        programs.program("no-such-program")
    monkeypatch.setenv("PATH", "")
    rows = list(deliveries.rows(Options(quick=True)))
    assert [row.how for row in rows] == ["nginx is not installed: apt-get install nginx"]


def test_a_child_that_fails_or_hangs_is_named_and_ends_nothing() -> None:
    with pytest.raises(Unmeasured, match=r"pipeline ended with 2: .*unrecognized arguments"):
        programs.child("pipeline", "http://127.0.0.1:1", "--no-such-flag", timeout=60)
    with pytest.raises(Unmeasured, match=r"took more than 0\.2 s"):
        programs.child("acknowledge", timeout=0.2)


def test_others_send_the_request_that_the_sender_signed() -> None:
    request = deliveries.prepared("http://127.0.0.1:1/webhook")
    headers = programs.plain_headers(request)
    assert {"x-zm-signature", "x-zm-request-timestamp", "content-type"} <= headers.keys()
    assert not {"host", "content-length"} & headers.keys()
    script = programs.wrk_script(Request("POST", "/", (("a", 'b"'),), "é\n".encode()))
    assert script.splitlines() == [
        'wrk.method = "POST"',
        'wrk.body = "\\195\\169\\010"',
        'wrk.headers["\\097"] = "\\098\\034"',
    ]


@pytest.mark.parametrize("number", [3, 100])
def test_a_cloned_contract_has_so_many_events_each_naming_itself(
    number: int, tmp_path: Path
) -> None:
    loaded = contract.load([cloned(number, tmp_path)])
    assert len(loaded.events) == number
    clones = [spec for name, spec in loaded.events.items() if name.endswith("_1")]
    assert len(clones) == max(0, min(number - 49, 49))
    for spec in clones:
        assert f'"{spec.name}"' in json.dumps(dict(spec.schema)) or spec.examples


def test_the_paths_document_has_each_event_once_with_its_own_schema() -> None:
    specs = list(contract.load().events.values())[:3]
    document = as_paths(specs)
    assert list(document["paths"]) == [f"/webhook/{spec.name}" for spec in specs]
    post = document["paths"][f"/webhook/{specs[0].name}"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"] == specs[0].schema


def test_the_pipeline_delivers_judges_and_records_each_delivery_once(acknowledger: str) -> None:
    async def play() -> tuple[Pipeline, dict[int, float]]:
        pipeline = Pipeline(acknowledger)
        return pipeline, await pipeline.memory([50, 200])

    pipeline, resident = asyncio.run(play())
    outcome = pipeline.outcome()
    assert 200 <= outcome["deliveries"] < 200 + 2 * CONNECTIONS
    assert outcome["acknowledged"] == outcome["deliveries"]
    assert outcome["violations"] == 0
    assert list(resident) == [50, 200]
    assert all(value > 1 for value in resident.values())


def test_the_pipeline_finds_what_is_wrong() -> None:
    async def play() -> dict[str, int]:
        pipeline = Pipeline("http://127.0.0.1:1/webhook")
        await pipeline.memory([10])
        return pipeline.outcome()

    outcome = asyncio.run(play())
    assert outcome["acknowledged"] == 0
    assert outcome["violations"] == outcome["deliveries"] >= 10


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_rate_counts_deliveries_over_the_time_they_took(loop: str, acknowledger: str) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    assert deliveries.ours(acknowledger, loop, 0.1, 0.3)["rate"] > 1


def test_nginx_acknowledges_at_its_own_port() -> None:
    try:
        programs.program("nginx")
    except Unmeasured as reason:
        pytest.skip(str(reason))
    with programs.nginx() as url:
        assert deliveries.ours(url, "asyncio", 0.1, 0.2)["rate"] > 1


def test_wrk_posts_the_prepared_request(tmp_path: Path, acknowledger: str) -> None:
    script = tmp_path / "post.lua"
    script.write_text(programs.wrk_script(deliveries.prepared(acknowledger)))
    try:
        assert programs.wrk(acknowledger, script, 2, 1) > 1
    except Unmeasured as reason:
        if "not installed" not in str(reason):
            raise
        pytest.skip(str(reason))


def test_the_sample_receiver_counts_what_it_answers_under_every_path() -> None:
    with programs.served("receiver", "secret") as url:
        for path in ("", "/meeting.rtms_started"):
            with pytest.raises(HTTPError, match="401"):
                urlopen(f"{url}{path}", b"{}", 10)
        assert verify._counted(url) == (2, 0)


def test_every_side_of_synthesis_is_measured_with_and_without_its_bytes() -> None:
    measured = rates(contract.load().get("meeting.rtms_started"), 0.02)
    assert list(measured) == [
        "valid", "valid, encoded", "mutants", "mutants, encoded", "mutants, first time",
    ]  # fmt: skip
    assert all(value > 0 for value in measured.values())


def test_one_command_prints_the_table_of_the_sections_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--quick", "--markdown", "start"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| what | ours | theirs | ratio | target |")
    assert [line.split(" | ")[0] for line in lines[2:4]] == [
        "| mockzoom --help, over python -c pass", "| import mockzoom, over python -c pass",
    ]  # fmt: skip
    assert "cores" in lines[-1]


def test_a_section_that_is_none_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    assert f"no section is called 'speed' (known: {', '.join(SECTIONS)})" in capsys.readouterr().err
