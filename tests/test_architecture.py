"""What holds for the package as a whole, read from its source."""

from __future__ import annotations

import ast
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
