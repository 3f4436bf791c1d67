"""Runs the shell steps of a composite action as GitHub does, for the tests of `action.yml`.

It knows what the action uses, and refuses the rest: inputs, outputs of steps, `always()`, `==`,
`!=` and `&&`. Steps with `uses` are not run, but recorded with their inputs.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


@dataclass
class ActionRun:
    """What a run of an action did, and whether it failed."""

    log: str = ""
    summary: str = ""
    failed: bool = False
    outputs: dict[str, str] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)


class Action:
    """A composite action, and the folder in which its installation stays from run to run."""

    def __init__(self, file: Path, temporary: Path) -> None:
        self.document: dict[str, Any] = YAML(typ="safe").load(file.read_text("utf-8"))
        self._place, self._temporary = file.parent, temporary

    def run(self, workspace: Path, given: Mapping[str, str], **environment: str) -> ActionRun:
        """Run the action in a checkout with these inputs; what is installed is kept."""
        unknown = given.keys() - self.document["inputs"].keys()
        assert not unknown, f"the action has no inputs {unknown}"
        defaults = {name: item["default"] for name, item in self.document["inputs"].items()}
        inputs, run = {**defaults, **given}, ActionRun()
        for step in self.document["runs"]["steps"]:
            condition = step.get("if", "true")
            if run.failed and "always()" not in condition:
                continue
            if _holds(condition, inputs, run):
                self._step(step, inputs, run, workspace, environment)
        named = {name: item["value"] for name, item in self.document["outputs"].items()}
        run.outputs = {name: _filled(value, inputs, run) for name, value in named.items()}
        return run

    def _step(
        self, step: Mapping[str, Any], inputs: Mapping[str, str], run: ActionRun, workspace: Path,
        environment: Mapping[str, str],
    ) -> None:  # fmt: skip
        if "uses" in step:
            given = {key: _filled(value, inputs, run) for key, value in step["with"].items()}
            run.used.append((step["uses"], given))
            return
        if step["name"].startswith("Install") and (self._temporary / "mockzoom").exists():
            return
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is code of whoever fills it"
        script, output, summary = (self._temporary / name for name in ("s.sh", "output", "summary"))
        script.write_text(step["run"], "utf-8")
        output.write_text("")
        summary.write_text(run.summary)
        folder = workspace / _filled(step.get("working-directory", "."), inputs, run)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
            check=False,
            env={
                **os.environ, **environment, "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(workspace),
                "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_ACTION_PATH": str(self._place), "RUNNER_TEMP": str(self._temporary),
                **{key: _filled(value, inputs, run) for key, value in step.get("env", {}).items()},
            },
        )  # fmt: skip
        run.log += done.stdout
        run.summary = summary.read_text("utf-8")
        lines = output.read_text("utf-8").splitlines()
        run.steps[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        run.failed = run.failed or done.returncode != 0


def _value(expression: str, inputs: Mapping[str, str], run: ActionRun) -> str:
    if found := re.fullmatch(r"inputs\.([\w-]+)", expression):
        return inputs[found[1]]
    if found := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", expression):
        return run.steps.get(found[1], {}).get(found[2], "")
    raise AssertionError(f"this runner does not know {expression!r}")


def _filled(text: str, inputs: Mapping[str, str], run: ActionRun) -> str:
    return _EXPRESSION.sub(lambda found: _value(found[1], inputs, run), text)


def _holds(condition: str, inputs: Mapping[str, str], run: ActionRun) -> bool:
    return all(_is_true(part, inputs, run) for part in condition.split(" && "))


def _is_true(part: str, inputs: Mapping[str, str], run: ActionRun) -> bool:
    if part in ("always()", "true"):
        return True
    left, operator, right = part.split(" ")
    equal = _value(left, inputs, run) == right.strip("'")
    return equal if operator == "==" else not equal
