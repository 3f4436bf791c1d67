"""The guides tell the truth: every path exists, every symbol is there, linters are CI's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from tests.each import each

ROOT = Path(__file__).resolve().parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
TOP = ("mockzoom", "tests", "specs", "scenarios", ".ci")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
         "action.yml", "Dockerfile")  # fmt: skip
CHANGES = (
    "a rule with a new kind of request", "a report format", "a retry schedule",
    "a flag of `verify`", "another product's fields", "a transport fault", "a scenario step",
    "a probe kind", "a mutation operator", "an RTMS message", "a column of the page's list",
    "a lint rule",
)  # fmt: skip


def _guides() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _places(text: str) -> list[str]:
    """Return what stands in backticks and reads like a path of this repository."""
    quoted = re.findall(r"`([^`\s]+)`", text)
    return [item for item in quoted if item in FILES or (item.split("/")[0] in TOP and "/" in item)]


def _missing(place: str) -> str:
    path, _, symbol = place.partition(":")
    found = sorted(ROOT.glob(path.rstrip("/"))) if "*" in path else [ROOT / path]
    if not found or not found[0].exists():
        return f"{path} does not exist"
    defined = rf"^(?:class|def) {symbol}\b|^{symbol}\b *[:=]"
    if symbol and not re.search(defined, found[0].read_text("utf-8"), re.MULTILINE):
        return f"{path} has no {symbol}"
    return ""


@each("guide", _guides(), lambda guide: str(guide.relative_to(ROOT)))
def test_every_path_that_a_guide_names_exists_and_has_the_symbol(guide: Path) -> None:
    text = guide.read_text("utf-8")
    assert [told for told in map(_missing, _places(text)) if told] == []
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    for place in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
        assert (guide.parent / place).is_file(), place


def test_each_of_the_twelve_changes_has_its_place() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", CONTRIBUTING.split("## Where a change")[1], re.M)
    places = {change: _places(place) for change, place in rows}
    assert [change for change in CHANGES if not places.get(change)] == []


def test_the_commands_of_pre_commit_are_those_of_ci() -> None:
    config = YAML(typ="safe").load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert not any(hook["pass_filenames"] for hook in hooks)
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    linters = [line for line in lines if line.startswith(".venv/bin/")]
    assert [hook["entry"] for hook in hooks] == linters
    assert " && ".join(linters) in CONTRIBUTING
