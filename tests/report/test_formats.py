"""Each format, by an independent schema or reader: with every kind of finding, and hostile."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xmlschema
from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator
from markdown_it import MarkdownIt
from referencing import Registry, Resource

from mockzoom.captures.har import HarEvents, is_har
from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    Request,
    Response,
    RunEvent,
    RunFinished,
    Timings,
    ViolationFound,
)
from mockzoom.report import FORMATS
from mockzoom.report.escaping import for_command, for_log, for_markdown
from mockzoom.report.ndjson import TYPES
from mockzoom.rules import topics
from mockzoom.suites import RULES
from tests.each import each
from tests.report.everything import (
    BEGAN,
    HOSTILE,
    every_kind,
    exchange,
    found,
    hostile,
    report,
    run,
)

SCHEMAS = Path(__file__).parent / "schemas"
COMMANDS = {"error", "warning", "notice", "add-mask", "set-output", "debug", "group", "add-path"}
Events = Callable[[], Iterator[RunEvent]]


def result_of(events: Events) -> Any:
    *_, last = events()
    assert isinstance(last, RunFinished)
    return last.result


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """Return what the runner of GitHub Actions takes for commands in a log, both of its forms."""
    taken = []
    for line in re.split(r"\r\n|\r|\n", log):
        begun = line.lstrip()
        name, _, rest = begun[2:].partition("::")
        word, _, given = name.partition(" ")
        old = re.search(r"##\[([\w-]+)[^\]]*\]", line)
        if begun.startswith("::") and word in COMMANDS:
            pairs = dict(pair.split("=", 1) for pair in given.split(",") if "=" in pair)
            taken.append((word, {key: unescaped(value) for key, value in pairs.items()},
                          unescaped(rest)))  # fmt: skip
        elif old and old[1] in COMMANDS:
            taken.append((old[1], {}, line))
    return taken


def unescaped(text: str) -> str:
    for code in ("%0D", "%0A", "%3A", "%2C", "%25"):
        text = text.replace(code, chr(int(code[1:], 16)))
    return text


def test_the_runner_of_these_tests_takes_what_is_meant_to_act() -> None:
    acting = "\n".join(HOSTILE[3:7])
    assert [name for name, _, _ in commands(acting)] == [
        "error", "add-mask", "set-output", "add-mask",
    ]  # fmt: skip


@pytest.mark.slow
@each("name", FORMATS)
def test_no_format_acts_in_a_log_or_on_a_terminal(name: str) -> None:
    text = report(name, hostile())
    if name == "text":
        text = for_log(text)  # as the command line prints it in a log
    if name not in ("github", "markdown"):
        assert commands(text) == []
    assert not set(text) & {*"\x00\x07\x08\x0b\x1b\x7f\x9b\u202e\u2066\u200f\u2028"}
    text.encode()  # no lone surrogate


# -- formats of JSON -------------------------------------------------------------------------


def sarif_schema() -> Any:
    return Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()))


def ctrf_schema() -> Any:
    return Draft7Validator(json.loads((SCHEMAS / "ctrf.json").read_text()))


def har_schema() -> Any:
    schemas = json.loads((SCHEMAS / "har.json").read_text())
    resources = [(item["$id"].rstrip("#"), Resource.from_contents(item)) for item in schemas]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft6Validator({"$ref": "har.json"}, registry=registry)


VALIDATORS = {"sarif": sarif_schema, "ctrf": ctrf_schema, "har": har_schema}


@pytest.mark.parametrize("name", VALIDATORS)
@pytest.mark.parametrize("events", [every_kind, hostile])
def test_a_report_keeps_the_schema_of_its_format(name: str, events: Events) -> None:
    document = json.loads(report(name, events()))
    validator = VALIDATORS[name]()
    assert [error.message[:200] for error in validator.iter_errors(document)] == []


@each("name", VALIDATORS)
def test_the_schemas_refuse_what_is_no_report(name: str) -> None:
    assert not VALIDATORS[name]().is_valid({"version": 1})


def test_sarif_has_each_finding_with_its_rule_help_place_and_reason() -> None:
    [log] = json.loads(report("sarif", every_kind()))["runs"]
    expected = result_of(every_kind)
    rules = {rule["id"]: rule for rule in log["tool"]["driver"]["rules"]}
    assert list(rules) == sorted(RULES)
    assert all(rules[rule]["help"]["markdown"] == RULES[rule].page.text for rule in rules)
    assert len(log["results"]) == len(expected.violations)
    for item in log["results"]:
        assert log["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]
    assert log["results"][0]["properties"]["leads"]
    prints = [item["partialFingerprints"]["mockzoomCause/v1"] for item in log["results"]]
    assert len(set(prints)) == len(prints)
    physical = [item["locations"][0]["physicalLocation"] for item in log["results"]]
    places = Counter(
        (item["artifactLocation"]["uri"], item["region"]["startLine"]) for item in physical
    )
    assert places.pop(("src/app.py", 13)) == 1
    assert places.pop(("specs/rtms.json", 1)) == 1, "what names no file points to the contract"
    assert [*places] == [("specs/video-sdk.json", 1)]
    [suppressed] = [item for item in log["results"] if "suppressions" in item]
    assert "our framework does so" in suppressed["suppressions"][0]["justification"]
    [invocation] = log["invocations"]
    assert invocation["executionSuccessful"] is False
    told = {item["level"]: item["message"]["text"] for item in
            invocation["toolExecutionNotifications"]}  # fmt: skip
    assert told["error"] == "interrupted; what follows was not checked"


def test_a_message_of_sarif_has_no_link() -> None:
    [log] = json.loads(report("sarif", hostile()))["runs"]
    texts = [item["message"]["text"] for item in log["results"]]
    assert any("evil.test" in text for text in texts)
    assert all(re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", text) is None for text in texts)


def test_ctrf_counts_what_junit_counts() -> None:
    results = json.loads(report("ctrf", every_kind()))["results"]
    junit = ET.fromstring(report("junit", every_kind()))
    statuses = Counter(test["status"] for test in results["tests"])
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert results["summary"][status] == statuses[status]
    broken = int(junit.attrib["failures"]) + int(junit.attrib["errors"])
    assert (len(results["tests"]), statuses["failed"]) == (int(junit.attrib["tests"]), broken)
    assert statuses["skipped"] == len(junit.findall(".//skipped"))
    first = every_exchange()[0].attempts[0].started_at
    assert results["summary"]["start"] == round(first * 1000)
    assert results["summary"]["stop"] == results["summary"]["start"] + 1500


def every_exchange() -> list[Any]:
    return [event.exchange for event in every_kind() if hasattr(event, "exchange")]


def test_a_har_has_every_attempt_byte_for_byte() -> None:
    document = json.loads(report("har", every_kind()))
    exchanges = every_exchange()
    attempts = [attempt for item in exchanges for attempt in item.attempts]
    entries = document["log"]["entries"]
    assert len(entries) == len(attempts)
    for entry, attempt in zip(entries, attempts, strict=True):
        data, content = entry["request"]["postData"], entry["response"]["content"]
        assert bytes_of(data, "_encoding") == attempt.request.body
        assert entry["response"]["status"] == (attempt.status or 0)
        if attempt.status is None:
            outcome = attempt.outcome
            assert entry["response"]["_error"] == f"{outcome.kind}: {outcome.message}"
        else:
            assert bytes_of(content, "encoding") == attempt.outcome.body
        parts = [value for value in entry["timings"].values() if value > 0]
        assert entry["time"] == pytest.approx(sum(parts))
    assert entries[0]["startedDateTime"].startswith("2026-09-21T")
    assert entries[0]["request"]["queryString"] == [{"name": "tenant", "value": "a b"}]
    [cut] = [entry for entry in entries if "comment" in entry["response"]["content"]]
    assert cut["response"]["bodySize"] == -1


def bytes_of(part: Any, encoding: str) -> bytes:
    if encoding in part:
        assert part[encoding] == "base64"
        return base64.b64decode(part["text"])
    return str(part["text"]).encode()


def test_a_har_is_read_by_the_check_of_captured_events() -> None:
    body = b'{"event":"session.started","event_ts":1,"payload":{}}'
    document = json.loads(report("har", run([exchange(2, body)], [])))
    assert is_har(document)
    [capture] = HarEvents(document, "run.har")
    assert capture.body == json.loads(body)


def test_ndjson_has_the_run_events_in_their_order() -> None:
    given = [*every_kind()]
    documents = [json.loads(line) for line in report("ndjson", every_kind()).splitlines()]
    assert [item["type"] for item in documents] == [TYPES[type(event)] for event in given]
    assert [again(document) for document in documents] == given


def test_the_topic_has_each_type_of_line_with_its_fields() -> None:
    text = topics()["reports"].partition("## Lines of")[2]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (`.*) \|$", text, re.MULTILINE))
    assert list(rows) == list(TYPES.values())
    for kind, name in TYPES.items():
        told = re.findall(r"`(\w+)`", rows[name].partition(":")[0])
        own = [field.name for field in msgspec.structs.fields(kind)]
        assert told[: len(own)] == own


def test_the_topic_has_each_format() -> None:
    table = topics()["reports"].partition("| format | what it is for |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(FORMATS)


def again(document: Any) -> RunEvent:
    """Return the run event that a line was written from."""
    kind = {name: kind for kind, name in TYPES.items()}[document.pop("type")]
    document = with_bytes(document)
    if kind is ExchangeFinished:
        exchange = document["exchange"]
        attempts = [attempt_again(item) for item in exchange.pop("attempts")]
        delivery = msgspec.convert(exchange["delivery"], Delivery)
        return ExchangeFinished(Exchange(delivery, tuple(attempts), tuple(exchange["schedule"])))
    if kind is RunFinished:
        cases = document["result"].pop("cases")
        result = msgspec.convert(document, RunFinished).result
        found = {(item["rule"], item["event"]): item["count"] for item in cases}
        return RunFinished(msgspec.structs.replace(result, cases=found))
    return msgspec.convert(document, kind)


def attempt_again(given: Any) -> Attempt:
    outcome = given.pop("outcome")
    kind = Response if "status" in outcome else Failure
    request, timings = given.pop("request"), given.pop("timings")
    return Attempt(msgspec.convert(request, Request), msgspec.convert(outcome, kind),
                   msgspec.convert(timings, Timings), **given)  # fmt: skip


def with_bytes(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"encoding", "content"}:
        content = value["content"]
        return content.encode() if value["encoding"] == "utf-8" else base64.b64decode(content)
    if isinstance(value, dict):
        return {name: with_bytes(item) for name, item in value.items()}
    return [with_bytes(item) for item in value] if isinstance(value, list) else value


# -- JUnit and SVG -----------------------------------------------------------------------------


@pytest.mark.parametrize("events", [every_kind, hostile])
def test_junit_keeps_the_schema_of_jenkins(events: Events) -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    text = report("junit", events())
    assert [error.reason for error in schema.iter_errors(ET.fromstring(text))] == []
    assert not schema.is_valid(ET.fromstring('<testsuite name="no counts"/>'))


@each("name", ("junit", "svg"))
def test_xml_has_no_elements_but_its_own(name: str) -> None:
    found, own = (
        {element.tag.rpartition("}")[2] for element in ET.fromstring(report(name, events())).iter()}
        for events in (hostile, every_kind)
    )
    assert found <= own


# -- GitHub ------------------------------------------------------------------------------------


@pytest.mark.parametrize("events", [every_kind, hostile])
def test_annotations_are_commands_with_the_texts_of_the_findings_and_no_others(
    events: Events,
) -> None:
    taken = commands(report("github", events()))
    result = result_of(events)
    text = report("github", events())
    assert len(taken) == len(text.splitlines())
    assert {name for name, _, _ in taken} <= {"error", "warning", "notice"}
    assert Counter(name for name, _, _ in taken)["error"] == 10
    known = {f"{item.rule} {item.slug}" for item in result.violations}
    for name, given, message in taken:
        assert set(given) <= {"file", "line", "title"}, name
        assert given["title"] in {*known, "mockzoom: the run is incomplete"}
        assert message


def test_an_annotation_says_the_file_only_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    taken = commands(report("github", every_kind()))
    assert all("file" not in given for _, given, _ in taken)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").touch()
    found = [given for _, given, _ in commands(report("github", every_kind())) if "file" in given]
    assert [(given["file"], given["line"]) for given in found] == [("src/app.py", "13")]


@each("text", ("a%0Ab", "a:b,c%", "one\r\ntwo", "100 %"))
def test_a_command_says_what_it_is_given(text: str) -> None:
    shown = text.replace("\r", "\\r")
    assert unescaped(for_command(text)) == shown
    assert unescaped(for_command(text, is_property=True)) == shown
    assert not set(for_command(text, is_property=True)) & set(":,\r\n")


def rendered(text: str) -> list[Any]:
    """Return the tokens of Markdown as GitHub reads it: with HTML, tables and bare links."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    tokens = parser.parse(text)
    return [token for block in tokens for token in (block, *(block.children or ()))]


def test_the_summary_shows_hostile_texts_as_texts() -> None:
    tokens = rendered(report("markdown", hostile()))
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "html_inline_evil", "table_open", "strong_open"}
    html = [token.content.strip() for token in tokens if token.type.startswith("html")]
    own = {"<details><summary>Not checked</summary>", "</details>", "<sub>", "</sub>"}
    assert {line for text in html for line in text.split("\n")} <= own
    assert not re.search(r"@\w", "".join(t.content for t in tokens if t.type == "text"))
    shown = [token.content for token in tokens if token.type == "fence"]
    assert any("<script>" in text for text in shown)


def test_markdown_text_reads_as_it_was() -> None:
    for text in HOSTILE[:-1]:
        inline = [token for token in rendered(for_markdown(text)) if token.type == "inline"]
        children = [child for token in inline for child in token.children or ()]
        assert {child.type for child in children} <= {"text", "text_special"}, text
        said = "".join(child.content for child in children)
        assert said.replace("\u2060", "") == " ".join(text.split())


def test_the_summary_begins_with_the_errors_and_stays_below_what_github_takes() -> None:
    text = report("markdown", every_kind())
    assert text.startswith("### ❌ mockzoom: FAIL, ")
    for rule in [name for name, rule in sorted(RULES.items()) if rule.severity == "error"][:10]:
        assert rule in text
    assert "more findings" in text
    assert "interrupted" in text
    flood = [found(1, "MZ101", cause=str(number), message="m" * 20_000, actual="a" * 20_000)
             for number in range(400)]  # fmt: skip
    assert len(report("markdown", run([], flood)).encode()) < 1024 * 1024


# -- HTML --------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects the elements of a page, and its attributes that could load or act."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.acting: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        loading = ("src", "href", "srcset", "srcdoc")
        self.acting += [
            (name, value) for name, value in attrs if name.startswith("on") or name in loading
        ]


def tags(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    return parser


def test_a_page_has_no_elements_but_its_own_and_loads_nothing() -> None:
    found = tags(report("html", hostile()))
    assert found.tags["script"] == 1
    assert not {"iframe", "evil", "textarea", "object"} & set(found.tags)
    assert set(found.tags) <= set(tags(report("html", every_kind())).tags)
    for name, value in found.acting:
        assert name in ("src", "href", "srcset")
        assert value is not None
        assert value.startswith(("data:image/svg+xml;base64,", "#finding-"))


def test_a_page_has_every_finding_by_severity_with_the_cause_first() -> None:
    page = report("html", every_kind())
    places = [page.index(text) for text in (
        "The cause first:", ">Errors <", ">Warnings <", ">Information <", ">Accepted <",
        ">Coverage<", ">Timeline<", ">Not checked<", ">Settings<",
    )]  # fmt: skip
    assert all(first < second for first, second in pairwise(places))
    assert all(f"{rule} {item.slug}" in page for rule, item in RULES.items())
    count = len(result_of(every_kind).violations)
    assert page.count('<article class="finding') == count
    names = re.findall(r' id="(finding-\d+(?:-line)?)"', page)
    assert len(set(names)) == len(names)
    assert {f"finding-{number + 1}" for number in range(count)} <= set(names)
    [link] = re.findall(r'href="#([^"]*)"', page)
    assert f'id="{link}">\n<h3>MZ101' in page
    assert "Request and answer of d-8" in page
    assert "connection reset" in page
    assert "<dt>strict</dt><dd>yes</dd>" in page


def test_of_each_finding_the_exchange_is_shown_however_late_it_is() -> None:
    late = [exchange(number) for number in range(1_500)]
    violation = next(event.violation for event in every_kind() if isinstance(event, ViolationFound))
    named = msgspec.structs.replace(violation, delivery="d-1400", deliveries=("d-1400",))
    page = report("html", run(late, [named]))
    assert "Request and answer of d-1400" in page
    assert "id-1400" in page


def test_a_large_answer_is_shown_in_part(tmp_path: Path) -> None:
    page = report("html", hostile())
    assert "(1,000,000 bytes)" in page
    assert len(page) < 3_000_000


def test_a_run_without_findings_says_so() -> None:
    page = report("html", run([exchange(2)], [], kind="verify"))
    assert "<strong>PASS</strong> no violations" in page
    assert "<article" not in page


def test_the_examples_of_these_tests_begin_when_they_say() -> None:
    assert every_exchange()[0].last.started_at == BEGAN + 0.5
