"""What others take this repository by: the image, and the hooks for pre-commit.

No daemon builds an image here: its instructions are read, and its steps run as a script.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.receivers.launch import SECRET, running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
HOOKS = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


# -- the image ---------------------------------------------------------------------------------


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage of the Dockerfile: name and what follows."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, " ".join(rest.split())))
    return found


def last(stage: list[tuple[str, str]], name: str) -> str:
    return [rest for found, rest in stage if found == name][-1]


def test_the_image_is_of_two_small_stages_and_runs_mockzoom_as_nobody() -> None:
    build, final = stages()
    assert [last(stage, "FROM").split()[0] for stage in (build, final)] == ["python:3.12-slim"] * 2
    assert re.fullmatch("[1-9][0-9]*", last(final, "USER"))
    assert json.loads(last(final, "ENTRYPOINT")) == ["mockzoom"]
    copied = [rest for name, rest in final if name == "COPY"]
    assert copied == ["--from=build /opt/mockzoom /opt/mockzoom"]


def test_what_the_package_is_built_from_is_copied_into_the_image() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project, wheel = document["project"], document["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        "pyproject.toml", project["readme"], *project["license-files"], *wheel["packages"],
        *wheel["force-include"],
    }  # fmt: skip
    build, _ = stages()
    copied = {item for name, rest in build if name == "COPY" for item in rest.split()[:-1]}
    assert needed == copied
    assert {f"!{item}" for item in needed} <= {*(ROOT / ".dockerignore").read_text().split("\n")}


@pytest.mark.thorough
def test_the_image_is_built_from_what_is_copied_alone(tmp_path: Path) -> None:
    """Its first stage, run here: COPY copies what `.dockerignore` lets through, RUN is a script."""
    build, _ = stages()
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert "*" in ignored
    source, target = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for name, rest in build:
        if name == "COPY":
            *names, place = rest.split()
            for item in names:
                assert f"!{item}" in ignored, item
                if (ROOT / item).is_dir():
                    shutil.copytree(ROOT / item, source / place)
                else:
                    shutil.copy(ROOT / item, source / place)
        elif name == "RUN":
            script = rest.replace("/opt/mockzoom", str(target))
            subprocess.run(["bash", "-euc", script], cwd=source, check=True, timeout=600)
    program = target / "bin" / "mockzoom"
    with running("aiohttp_receiver") as url:
        done = subprocess.run(
            [str(program), "verify", url, "--secret", SECRET, "--events", "meeting.rtms_started"],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (target / "bin" / "pip").exists()


# -- the hooks ---------------------------------------------------------------------------------


def test_the_hooks_have_the_shape_that_pre_commit_asks_for() -> None:
    subprocess.run(
        [str(BIN / "pre-commit"), "validate-manifest", ".pre-commit-hooks.yaml"],
        cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    names = [hook["id"] for hook in HOOKS]
    assert names == ["mockzoom-specs-lint", "mockzoom-scenario-check", "mockzoom-events-check"]


GOOD_EVENT = json.dumps(
    {
        "event": "meeting.rtms_stopped",
        "event_ts": 1735689600000,
        "payload": {
            "account_id": "EPeQtiABC000VYxHMA",
            "meeting_uuid": "4444AAAiAAAAAiAiAiiAii==",
            "rtms_stream_id": "8a9f3c0e5b7d4e1f9c2a6b8d0e4f7a1c",
            "stop_reason": 6,
        },
    }
)
CASES = {
    "mockzoom-specs-lint": (
        "contract/specs/zoom.json", (ROOT / "specs" / "history" / "rtms-2026-undated.json"),
        '{"openapi": "3.1.0", "webhooks": {"a.b": {"post": {"requestBody": {"content":'
        ' {"application/json": {"schema": {"type": "long"}}}}}}}}', "MZ704",
    ),
    "mockzoom-scenario-check": (
        "scenarios/mine.yml", "name: mine\nsteps:\n  - send: meeting.rtms_started\n",
        "name: mine\nsteps:\n  - sned: meeting.rtms_started\n", "mine.yml:3:5",
    ),
    "mockzoom-events-check": (
        "captures/one.json", GOOD_EVENT, GOOD_EVENT.replace("6}", '"six"}'), "MZ803",
    ),
}  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_what_is_right_and_refuses_what_is_wrong(
    hook: dict[str, object], tmp_path: Path
) -> None:
    name, good, bad, said = CASES[str(hook["id"])]
    assert re.search(str(hook["files"]), name)
    assert not re.search(str(hook["files"]), f"src/{Path(name).name}")
    (tmp_path / name).parent.mkdir(parents=True)
    for text, code in ((good, 0), (bad, 1 if said.startswith("MZ") else 2)):
        content = text.read_text("utf-8") if isinstance(text, Path) else text
        (tmp_path / name).write_text(content)
        done = subprocess.run(
            [*shlex.split(str(hook["entry"])), name],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.thorough
def test_pre_commit_installs_and_runs_the_hooks(tmp_path: Path) -> None:
    clone, work = tmp_path / "mockzoom", tmp_path / "work"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True, timeout=120)
    work.mkdir()
    for name, good, _, _ in CASES.values():
        (work / name).parent.mkdir(parents=True)
        content = good.read_text("utf-8") if isinstance(good, Path) else good
        (work / name).write_text(content)
    subprocess.run("git init -q . && git add -A", shell=True, cwd=work, check=True)
    done = subprocess.run(
        [str(BIN / "pre-commit"), "try-repo", str(clone), "--all-files", "--verbose"],
        cwd=work, capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 3
