"""The README and the topics of `explain` tell the truth: what they show is executed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockzoom.rules import topics
from tests.receivers.launch import SECRET, running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPECS = (ROOT / "specs/README.md").read_text(encoding="utf-8")
MAIN_LINE = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/mockzoom demo"
TEST_LINE = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n 14"
URL = "http://127.0.0.1:5000/webhook"


def _blocks(language: str, text: str = README) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [block.replace(f"\n{indent}", "\n").removeprefix(indent) for indent, block in found]


def _scenario() -> str:
    (text,) = [block for block in _blocks("yaml") if block.startswith("name: stop-told-twice\n")]
    return text


def _commands() -> list[str]:
    lines = [line for block in _blocks("sh") for line in block.splitlines() if line.strip()]
    return [line for line in lines if line not in (MAIN_LINE, TEST_LINE)]


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with running("aiohttp_receiver") as url:
        yield url


def _run(command: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MOCKZOOM_SECRET": SECRET,
    }
    return subprocess.run(
        ["bash", "-c", command.replace(URL, url)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_both_set_up_lines_stand_in_the_readme() -> None:
    assert f"```sh\n{MAIN_LINE}\n```" in README
    assert f"```sh\n{TEST_LINE}\n```" in README


@pytest.mark.parametrize("command", _commands())
def test_every_command_of_the_readme_runs(command: str, receiver: str, tmp_path: Path) -> None:
    (tmp_path / "stop-told-twice.yaml").write_text(_scenario())
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    whole = command.startswith("mockzoom verify") and not re.search("--(events|product)", command)
    part = "export MOCKZOOM_EVENTS='session.started'; " if whole else ""  # a part is enough here
    done = _run(part + command, receiver, tmp_path)
    shown = SPECS if command.endswith(" specs/rtms.json") else README
    if "stop-told-twice" in command or shown is SPECS:
        assert f"```text\n{done.stdout}```" in shown
    # A delivery that is forged on purpose is refused, and that is no violation.
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_recipes_of_the_readme_have_the_shape_that_their_readers_ask_for(
    tmp_path: Path,
) -> None:
    """GitHub's, GitLab's and pre-commit's, as their schemas have it."""
    recipes = [block for block in _blocks("yaml") if not block.startswith("name: stop-told")]
    assert [block.partition(":")[0] for block in recipes] == ["on", "zoom-contract", "repos"]
    checks = (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"],
        ["pre-commit", "validate-config"],
    )
    for block, words in zip(recipes, checks, strict=True):
        (tmp_path / "recipe.yml").write_text(block)
        done = subprocess.run(
            [str(Path(sys.executable).parent / words[0]), *words[1:], "recipe.yml"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_recipes_of_the_readme_name_what_there_is() -> None:
    from ruamel.yaml import YAML

    read = YAML(typ="safe").load
    github, _, hooks = (read(block) for block in _blocks("yaml") if "steps:\n  - send" not in block)
    *_, step = github["jobs"]["zoom-contract"]["steps"]
    inputs = read((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert step["with"].keys() <= inputs.keys()
    known = {hook["id"] for hook in read((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert {hook["id"] for hook in hooks["repos"][0]["hooks"]} == known
    assert not re.search(r"pip install\b[^`\n]*\smockzoom(?:\s|$)", README)  # it is on no index


def test_the_verify_line_of_the_recipe_runs(receiver: str, tmp_path: Path) -> None:
    lines = re.findall(r"(?:- |/)(mockzoom verify .*--wait 30 .*)", README)
    assert len(lines) == 1
    done = _run(f"export MOCKZOOM_EVENTS='session.started'; {lines[0]}", receiver, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "mockzoom.xml").is_file()


def test_init_says_what_the_readme_shows(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests/examples/express/receiver", tmp_path, dirs_exist_ok=True)
    (shown,) = (block for block in _blocks("text") if block.startswith("$ mockzoom init"))
    command, _, output = shown.removeprefix("$ ").partition("\n")
    done = _run(command, "", tmp_path)
    assert (done.returncode, done.stdout) == (0, output)


def test_the_settings_files_of_the_topic_are_taken(receiver: str, tmp_path: Path) -> None:
    one, several = _blocks("toml", topics()["settings"])
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    chosen = one.replace('"meeting.*", "session.*"', '"session.started", "meeting.rtms_stopped"')
    assert chosen != one  # a part is enough here
    (tmp_path / "mockzoom.toml").write_text(chosen.replace("/run/secrets/zoom", str(secret)))
    done = _run(f"env -u MOCKZOOM_SECRET mockzoom verify {URL}", receiver, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "mockzoom.toml").write_text(several.replace(URL, receiver))
    secrets = f"API_ZOOM_SECRET={SECRET} RECORDER_ZOOM_SECRET={SECRET}"
    done = _run(f"env -u MOCKZOOM_SECRET {secrets} mockzoom verify --all", receiver, tmp_path)
    assert [line.split()[:2] for line in done.stdout.splitlines()[-2:]] == [
        ["api", "PASS:"], ["recorder", "PASS:"],
    ], done.stdout + done.stderr  # fmt: skip


def test_the_small_receiver_on_django_passes() -> None:
    """Those on Flask, FastAPI and Express have tests of their own."""
    code = (
        "import django_app, mockzoom\n"
        "with mockzoom.Mockzoom((django_app.application, '/zoom'), django_app.SECRET) as zoom:\n"
        "    zoom.verify(events='session.user_joined').assert_ok('warning')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "tests/examples",
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_main_line_installs_a_wheel_that_finds_its_contract(tmp_path: Path) -> None:
    """Literally, in a copy of what git tracks: the wheel carries `specs`, and the demo passes."""
    copy = tmp_path / "copy"
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    done = subprocess.run(
        ["bash", "-c", MAIN_LINE],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Both verdicts are as expected" in done.stdout
    python = str(copy / ".venv/bin/python")
    where = subprocess.run(
        [python, "-c", "from mockzoom.contract import bundled; print(bundled('specs'))"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "site-packages" in where
    scenarios = subprocess.run(
        [python, "-c", "from mockzoom.scenario import bundled; print(*bundled())"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "rtms-start-interrupt-stop" in scenarios.split()
