"""The published JSON Schema says the same as the loader."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from readers import BUNDLED, NAMES
from ruamel.yaml import YAML
from scenario_reference import README, SCENARIOS, TABLE, examples, properties, written

from mockzoom.scenario import ScenarioError, bundled, read_text
from mockzoom.scenario.asserts import unkept
from mockzoom.scenario.grammar import step_kinds
from mockzoom.scenario.model import Assert, Place
from mockzoom.scenario.steps import BUILDERS
from mockzoom.synth import MALFORMED_BODIES
from mockzoom.transport.faults import FAULTS
from mockzoom.zoom.forgeries import FORGERIES
from mockzoom.zoom.retry_policies import POLICIES
from tests.each import each, thorough

SCHEMA: dict[str, Any] = json.loads((SCENARIOS / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def _accepts(text: str) -> bool:
    return VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(text))


def _loads(text: str) -> bool:
    try:
        read_text(text, "mine.yaml", NAMES, trusted=True)
    except ScenarioError:
        return False
    return True


def test_it_is_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.slow
@each("name", sorted(bundled()))
def test_it_accepts_every_bundled_scenario(name: str) -> None:
    document = YAML(typ="safe", pure=True).load(bundled()[name].read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@each(("title", "text"), list(examples()))
def test_it_accepts_every_example_of_the_reference(title: str, text: str) -> None:
    assert _accepts(text)
    assert _loads(text)


WRONG_STEPS = """
wait: 5
wait: -5m
wait: 5 minutes
wait: 1h -5m
wait: [1s]
wait:
sned: session.started
about: nothing
"text"
[]
{wait: 1s, probe: true}
{name: a/b, wait: 1s}
{name: '', wait: 1s}
{about: 5, wait: 1s}
{wait: 1s, extra: 1}
{wait: 1s, within: 1s}
{send: session.started, withh: {}}
{send: session.started, after: 5}
{send: session.started, entities: -1}
{send: session.started, entities: one}
{send: session.started, shape: 1.5}
{send: session.started, with: [1]}
{send: session.started, with: {a..b: 1}}
{send: session.started, without: [5]}
{send: session.started, without: ['']}
{send: session.started, save: {'a b': payload.account_id}}
{send: session.started, save: {a: 5}}
{send: session.started, deliver: 5}
{send: session.started, deliver: {tims: 2}}
{send: session.started, deliver: {times: 0}}
{send: session.started, deliver: {times: 1001}}
{send: session.started, deliver: {times: true}}
{send: session.started, deliver: {times: 2, gap: 0}}
{send: session.started, deliver: {gap: 0s}}
{send: session.started, deliver: {same_id: false}}
{send: session.started, deliver: {late: 5}}
{send: session.started, deliver: {lose_response: 5}}
{send: session.started, deliver: {forge: nothing}}
{send: session.started, deliver: {malform: nothing}}
{send: session.started, deliver: {malform: 'mutant:x'}}
{send: session.started, deliver: {fault: nothing}}
{send: session.started, deliver: {retry: often}}
{send: session.started, deliver: {forge: stale, malform: bom}}
{send: session.started, deliver: {forge: stale, fault: dripped}}
{send: session.started, deliver: {malform: bom, fault: dripped}}
{send: session.started, deliver: {lose_response: 1, fault: dripped}}
{send: session.started, expect: {}}
{send: session.started, expect: {status: 99}}
{send: session.started, expect: {status: []}}
{send: session.started, expect: {status: 9xx}}
{send: session.started, expect: {sttus: 200}}
{send: session.started, expect: {within: 3}}
{send: session.started, expect: {headers: [a]}}
{send: session.started, expect: {headers: {a: 5}}}
{send: session.started, expect: {schema: 5}}
challenge: false
challenge: {enabled: true}
{challenge: true, save: {a: answer.status}}
probe: false
probe: 5
probe: {get: stats}
probe: {get: /a, run: [b]}
probe: {run: [5]}
{probe: true, expect: {status: 200}}
play:
play: 5
{play: rtms-failover, let: [a]}
call: /admin
call: FETCH /admin
call: GET http://elsewhere/
{call: GET /a, headers: {'a b': x}}
{call: GET /a, headers: {a: 5}}
{send: session.started, deliver: {lose_at: mid-answer}}
{send: session.started, deliver: {lose_response: true, lose_at: later}}
{send: session.started, expect: {asserts: []}}
{send: session.started, expect: {asserts: [{path: $.a}]}}
{send: session.started, expect: {asserts: [{path: a, equals: 1}]}}
{send: session.started, expect: {asserts: [{equals: 1}]}}
{send: session.started, expect: {asserts: [{path: $.a, exists: maybe}]}}
{send: session.started, expect: {asserts: [{path: $.a, equls: 1}]}}
repeat: 2
{repeat: 0, steps: [{wait: 1s}]}
{repeat: [], steps: [{wait: 1s}]}
{repeat: 2, steps: []}
{repeat: 2, steps: [{wait: 5}]}
{repeat: 2, as: 'a b', steps: [{wait: 1s}]}
{send: session.started, world: 1}
together: {a: 1}
together: []
together: [[]]
{together: [{wait: 1s}, {wait: 1s}], entity_sets: 0}
together: [{wait: 1s}, {rotate: secret}]
together: [{wait: 1s}, {together: [{wait: 1s}, {wait: 1s}]}]
shuffle: [{send: session.started}]
shuffle: [{send: session.started}, {wait: 1s}]
{shuffle: [{send: session.started}, {send: session.ended}], orders: 0}
await: stream.redy
await: stream.message
await: 5
{await: stream.ready, within: 5}
stream: 5
stream: {drop-media: 5}
stream: {drop-media: {}, refuse: {}}
rotate: key
rotate: true
"""

WRONG_TOPS = """
nme: other
about: 5
because: ''
retry: often
revalidate: 72
revalidate: [72h]
let: [a]
let: {'a b': 1}
matrix: [a]
matrix: {a: 1}
matrix: {a: []}
probe: {gett: /stats}
probe: true
stream: true
stream: {media: [smell]}
stream: {webhooks: never}
"""


def _wrong() -> Iterator[str]:
    head = "name: mine\nstream: {media: [audio]}\n"
    for step in WRONG_STEPS.strip().splitlines():
        yield f"{head}steps:\n  - {step}\n"
    for top in WRONG_TOPS.strip().splitlines():
        rest = "" if top.startswith("stream") else "stream: {media: [audio]}\n"
        yield f"name: mine\n{rest}{top}\nsteps: [{{wait: 1s}}]\n"
    yield from ("[]", "name: mine", "steps: [{wait: 1s}]", "name: mine\nsteps: []",
                "name: mine\nsteps: {wait: 1s}", "name: My Own\nsteps: [{wait: 1s}]",
                "name: 5\nsteps: [{wait: 1s}]")  # fmt: skip


@pytest.mark.slow
@each("text", list(_wrong()))
def test_both_refuse_what_is_no_scenario(text: str) -> None:
    assert not _accepts(text)
    assert not _loads(text)


@each(
    "step",
    [
        "{send: session.started, deliver: {times: '${n}', late: '${t}'}}",
        "{send: '${kind}.started', expect: {status: '${n}', within: '${t}'}}",
        "{wait: '${t}', name: 'wait ${n}'}",
        "{send: session.started, without: payload.object.session_key}",
        "{send: session.started, with: {/payload/account_id: x}}",
        "{probe: {run: [a, b], unordered: rooms}}",
        "{stream: {drop-media: {code: 1}}}",
        "{send: session.started, deliver: '${how}'}",
        "{repeat: '${n}', as: m, steps: [{send: session.started, entities: '${m}'}]}",
        "{repeat: [a, {b: 1}], steps: [{send: session.started}]}",
        "{call: 'DELETE /a?b=${n}', headers: {x-key: 'k${n}'}, expect: {asserts: "
        "[{path: \"$.a[?(@.b=='${kind}')].c\", at_least: 1, matches: '${kind}'}]}}",
        "{send: session.started, deliver: {lose_response: 1, lose_at: before-answer}}",
    ],
)
def test_both_accept_what_is_unusual_and_right(step: str) -> None:
    text = (
        "name: mine\nstream: {media: audio}\nlet: {n: 200, t: 1s, kind: session, how: {times: 2}}\n"
        f"steps:\n  - {step}\n"
    )
    assert _accepts(text)
    assert _loads(text)


PIECES = (
    *("", "", "{", "}", "[", ":", ", ", '"', "\n", "  ", "#", "- ", "${", "*a ", "&a ", "!", "\t"),
    *("~", "0"),
)


def _mutilated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.randint(1, 10))
        piece = rng.choice((*PIECES, text[start : start + 25]))
        text = text[:start] + piece + text[end if not piece else start :]
    return text


@pytest.mark.slow
@pytest.mark.parametrize("count", [150, *thorough(600)])
def test_a_mutilated_scenario_is_refused_as_such_or_loaded_and_then_the_schema_accepts_it(
    count: int,
) -> None:
    rng = random.Random(4)
    texts = [path.read_text(encoding="utf-8") for path in bundled().values()]
    texts += [text for _, text in examples()]
    loaded = 0
    for _ in range(count):
        text = _mutilated(rng.choice(texts), rng)
        if _loads(text):
            loaded += 1
            assert _accepts(text), text
    assert count / 10 < loaded < count * 9 / 10


ODD = (None, True, 5, -1, 10**30, "", "x", "${nothing}", "${", [], [5], {}, {"x": 5}, [[]], [None])


def _altered(value: Any) -> Iterator[Any]:
    """Yield a document with each of its values replaced by each odd one, or left out."""
    yield from ODD
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield {**value, f"{key}x": inner}
            for altered in _altered(inner):
                yield {**value, key: altered}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for altered in _altered(inner):
                yield [*value[:index], altered, *value[index + 1 :]]


@pytest.mark.slow
@pytest.mark.parametrize("count", [15, *thorough(60)])
def test_a_document_with_anything_odd_in_it_is_refused_with_mistakes_or_read(count: int) -> None:
    rng = random.Random(11)
    read = refused = 0
    for _, text in examples():
        document = YAML(typ="safe", pure=True).load(text)
        every = list(_altered(document))
        for altered in rng.sample(every, min(count, len(every))):
            if _loads(json.dumps(altered)):
                assert VALIDATOR.is_valid(altered), altered
                read += 1
            else:
                refused += 1
    assert read > count * 5 / 6
    assert refused > count * 8


# -- the same names -------------------------------------------------------------------------------


def _enum(value: Any) -> set[str]:
    branches = [value, *value.get("anyOf", ())]
    if {"$ref": "#/$defs/event"} in branches:
        branches.append(SCHEMA["$defs"]["event"])
    return {item for branch in branches for item in branch.get("enum", ())}


def test_every_kind_of_step_is_built_and_may_stand_in_a_list_of_steps() -> None:
    assert set(step_kinds()) == set(BUILDERS)
    branches = SCHEMA["$defs"]["step"]["allOf"]
    assert {branch["if"]["required"][0]: branch["then"]["$ref"] for branch in branches} == {
        kind: f"#/$defs/{kind}" for kind in BUILDERS
    }


def test_every_key_of_the_schema_is_described() -> None:
    for name in ("top", *BUILDERS, "deliver", "expect", "expect-state", "source", "assert"):
        for key, value in properties(name).items():
            assert value.get("description"), f"{name}: {key}"


def test_every_assert_operator_of_the_schema_is_applied() -> None:
    for operator in set(properties("assert")) - {"path"}:
        other = 5 if operator == "differs" else "x"
        wanted = Assert(Place("x.yaml", 1, 1), "$.a", ((operator, other),))
        assert list(unkept(wanted, {"a": 5}, repr)), operator


def test_the_tables_of_the_reference_are_the_schemas() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(TABLE.findall(text)) == 8
    assert text == written(), "run `python tests/scenario/scenario_reference.py`"


def test_the_schema_offers_the_names_that_there_are() -> None:
    deliver = properties("deliver")
    assert _enum(deliver["forge"]) == set(FORGERIES)
    assert _enum(deliver["malform"]) == {body.name for body in MALFORMED_BODIES}
    assert _enum(deliver["fault"]) == {fault.name for fault in FAULTS}
    assert _enum(SCHEMA["$defs"]["retry"]) == set(POLICIES)
    assert _enum(properties("send")["send"]) == set(BUNDLED.known)
    assert _enum(properties("send")["like"]) == set(BUNDLED.known)
