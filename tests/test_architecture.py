"""What holds for the package as a whole, read from its source."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import mockzoom

pytestmark = pytest.mark.slow


@cache
def trees() -> dict[str, ast.Module]:
    """Return every module of the package, by its path, taken apart."""
    package = Path(mockzoom.__file__).parent
    return {
        path.relative_to(package).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
    }


@pytest.mark.slow
def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{file}:{node.lineno}")
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_code_is_made_at_run_time_with_exec() -> None:
    calls = [
        f"{file}:{node.lineno}"
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "exec"
    ]
    assert calls == []


def test_nothing_in_the_engine_and_the_suites_assigns_another_object_s_attributes() -> None:
    found = []
    for file, tree in trees().items():
        if not file.startswith(("engine/", "suites/")):
            continue
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AugAssign | ast.AnnAssign):
                targets = [node.target]
            for target in (inner for each in targets for inner in ast.walk(each)):
                if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store):
                    owner = target.value
                    if not (isinstance(owner, ast.Name) and owner.id == "self"):
                        found.append(f"{file}:{target.lineno}: {ast.unparse(target)}")
    assert found == []


def test_the_engine_for_json_schema_knows_nothing_of_zoom() -> None:
    for path in sorted((Path(mockzoom.__file__).parent / "schema").rglob("*.py")):
        code = path.read_text("utf-8").replace("mockzoom", "").lower()
        assert "zoom" not in code, path
        assert "webhook" not in code, path


ZOOMS_NAMES = re.compile(
    r"x-zm-|rtms_stream_id|meeting_uuid|webinar_uuid|engagement_id|plainToken", re.IGNORECASE
)
"""Names that belong to Zoom: of headers, ids and members of bodies."""
ZOOMS_WAITS = ({300, 1200, 3600}, {300, 1500, 5100}, {5, 20, 60}, {5, 25, 85})
"""Zoom's retry schedule: seconds and minutes, from attempt to attempt and from the first one."""


def sources() -> dict[str, str]:
    """Return the text of every module of the package, by its path."""
    package = Path(mockzoom.__file__).parent
    return {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }


def test_only_zooms_room_has_zooms_names() -> None:
    found = {
        f"{file}:{number}": line.strip()
        for file, text in sources().items()
        if not file.startswith("zoom/")
        for number, line in enumerate(text.splitlines(), start=1)
        if ZOOMS_NAMES.search(line)
    }
    assert found == {}, "what is Zoom's and nobody else's belongs into mockzoom/zoom"
    inside = "".join(text for file, text in sources().items() if file.startswith("zoom/"))
    assert len({name.lower() for name in ZOOMS_NAMES.findall(inside)}) == 6


def test_only_zooms_room_has_zooms_retry_schedule() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, tree in trees().items()
        if not file.startswith("zoom/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple | ast.List | ast.Set)
        and {item.value for item in node.elts if isinstance(item, ast.Constant)} in ZOOMS_WAITS
    ]
    assert found == []


def test_the_transport_knows_nothing_of_zoom() -> None:
    found = [
        f"{file}:{number}"
        for file, text in sources().items()
        if file.startswith("transport/")
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(r"(?<!mock)zoom", line, re.IGNORECASE)
    ]
    assert found == []
