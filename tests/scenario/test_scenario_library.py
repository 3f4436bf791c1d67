"""The bundled scenarios: found wherever mockzoom is installed, readable, true to the facts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from readers import BUNDLED, NAMES
from scenario_reference import SCENARIOS, examples

from mockzoom.contract import bundled_events, errors
from mockzoom.model import JSON
from mockzoom.scenario import bundled, fill, find, read, read_text
from mockzoom.scenario.model import Send, Shuffle, Step, Together, span, walk
from mockzoom.schema.pointer import MISSING, get, put
from mockzoom.synth import DEFAULT_AT_MS, override, synthesise
from tests.each import each

pytestmark = pytest.mark.slow
LIBRARY = sorted(bundled())


def test_the_library_has_every_scenario_that_zooms_behaviour_asks_for() -> None:
    assert len(LIBRARY) >= 30
    assert {path.parent for path in bundled().values()} == {SCENARIOS}


@each("name", LIBRARY)
def test_a_bundled_scenario_has_its_files_name_and_says_what_and_why(name: str) -> None:
    text = bundled()[name].read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    for scenario in read(name, NAMES):
        assert scenario.name == name
        assert scenario.file == f"scenarios/{name}.yaml"
        assert scenario.about.endswith(".")
        assert scenario.because.endswith(".")
        assert len(scenario.about) <= 160
        assert scenario.events
        assert set(scenario.events) <= set(NAMES.events) or name == "tomorrow"


@each("name", LIBRARY)
def test_what_a_bundled_scenario_sends_keeps_the_contract(name: str) -> None:
    """A receiver may refuse what breaks the contract: no bundled scenario may rest on that."""
    for scenario in read(name, NAMES):
        saved: dict[str, JSON] = {}
        at_ms = DEFAULT_AT_MS
        for step in walk(scenario.steps):
            at_ms += round(1000 * span((step,)))
            if not isinstance(step, Send):
                continue
            spec = NAMES.events[step.like or step.event]
            event = synthesise(spec, index=step.shape, entities=step.entities, at_ms=at_ms)
            for path, value in step.changes:
                event = override(event, path, fill(value, saved), spec)
            body = event.body
            for path in step.without:
                body = put(body, path.split("."), MISSING)
            assert errors(spec, body) == ()
            saved |= {key: get(body, path.split(".")) for key, path in step.saves}
            deliver = step.deliver
            assert (deliver.forge, deliver.malform, deliver.fault) == ("", "", "")


@each("name", LIBRARY)
def test_late_deliveries_and_retries_of_a_bundled_scenario_fall_due_in_it(name: str) -> None:
    offsets = (0.0, 300.0, 1500.0, 5100.0)
    for scenario in read(name, NAMES):
        flat = [step for step in scenario.steps if not isinstance(step, Together | Shuffle)]
        for number, step in enumerate(flat):
            if isinstance(step, Send):
                due = step.deliver.late + offsets[step.deliver.lose_response]
                assert span(tuple(flat[number + 1 :])) >= due, f"{name}: {step.name}"


def test_only_consumers_of_the_stream_need_the_stream_server() -> None:
    needing = {name for name in LIBRARY for scenario in read(name, NAMES) if scenario.stream}
    assert needing == {"rtms-streamed"}
    assert {name for name in LIBRARY for scenario in read(name, NAMES) if scenario.rotates} == {
        "secret-rotation"
    }


def test_the_library_delivers_every_event_of_the_contract() -> None:
    sent = {event for name in LIBRARY for one in read(name, NAMES) for event in one.events}
    assert sorted(set(BUNDLED.events) - sent) == []


def test_the_reference_has_an_example_of_every_step_and_each_is_a_scenario() -> None:
    kinds = set()
    for title, text in examples():
        for scenario in read_text(text, title, NAMES, trusted=True):
            kinds |= {type(step).__name__ for step in walk(scenario.steps)}
    assert kinds == {kind.__name__ for kind in Step.__subclasses__()}
    assert sum("play:" in text for _, text in examples()) == 1


def test_the_reference_lists_every_bundled_scenario_with_its_products() -> None:
    text = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    text = text.partition("## The bundled scenarios")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z, -]+) \| [^|]+ \|$", text, re.MULTILINE))
    products = bundled_events()
    sent = {}
    for name in LIBRARY:
        events = {event for one in read(name, NAMES) for event in one.events}
        sent[name] = ", ".join(sorted({products[event] for event in events & products.keys()}))
    assert listed == sent


def test_the_reference_quotes_a_mistake_as_it_is_told() -> None:
    readme = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    quoted = re.search(r"```text\n(.*?)\n```", readme, re.DOTALL)
    assert quoted is not None
    with pytest.raises(Exception, match="no event is called") as caught:
        read_text(
            "name: mine\nabout: x\nsteps:\n  - send: meeting.rtms_start\n", "mine.yaml", NAMES
        )
    assert str(caught.value) == quoted[1]


def test_a_folder_of_the_project_goes_before_the_bundled_ones(tmp_path: Path) -> None:
    own = tmp_path / "burst.yaml"
    own.write_text("name: burst\nsteps: [{wait: 1s}]")
    assert find("burst", [tmp_path]) == own
    assert find("burst") == SCENARIOS / "burst.yaml"
    assert find("./mine.yaml") == Path("mine.yaml")
    [scenario] = read("burst", NAMES, folders=[tmp_path])
    assert len(scenario.steps) == 1


def test_a_wheel_carries_the_scenarios_and_finds_them(tmp_path: Path) -> None:
    root = SCENARIOS.parent
    build = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    carried = build["build"]["targets"]["wheel"]["force-include"]
    assert carried["scenarios"] == "mockzoom/_bundled/scenarios"
    # As such a wheel is laid out: the package, and the folders carried within it.
    package = tmp_path / "site" / "mockzoom"
    skipped = shutil.ignore_patterns("__pycache__", "_bundled")
    shutil.copytree(root / "mockzoom", package, ignore=skipped)
    for folder, target in carried.items():
        shutil.copytree(root / folder, package.parent / target)
    code = (
        "import mockzoom.scenario as s; found = s.bundled();"
        "print(*found); print(found['burst']); print(s.find('burst') == found['burst'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(package.parent)},
    )  # fmt: skip
    names, where, same = done.stdout.splitlines()
    assert names.split() == LIBRARY
    assert where == str(package / "_bundled" / "scenarios" / "burst.yaml")
    assert same == "True"


def test_importing_the_scenarios_imports_no_heavy_library() -> None:
    code = (
        "import sys, mockzoom.scenario; "
        "heavy = {'jsonschema', 'jsonschema_rs', 'ruamel.yaml', 'faker'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
