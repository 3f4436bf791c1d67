"""`mockzoom init`: the settings file of a receiver, and a file that has CI or pytest examine it."""

from __future__ import annotations

import json
import os
import re
import string
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockzoom.errors import UsageError

if TYPE_CHECKING:
    from mockzoom.cli.project import Project

SETTINGS = "mockzoom.toml"
CI = ("github", "gitlab", "none")
_PLACEHOLDER = "git+https://github.com/OWNER/mockzoom@main"
_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,127}")


class _Starter(string.Template):
    """A file with places such as `%url`: `$` and braces belong to CI there."""

    delimiter = "%"


@click.command()
@click.option("--url", metavar="URL", help="Where the receiver is reached in tests.")
@click.option("--secret-variable", metavar="NAME",
              help="Environment variable in which the receiver has its secret.")  # fmt: skip
@click.option("--ci", type=click.Choice(CI), help="Whose CI examines the receiver.")
@click.option("--start", metavar="COMMAND", help="Command with which CI starts the receiver.")
@click.option("--package", metavar="URL",
              help="Where CI gets mockzoom from: a git URL or a wheel.")  # fmt: skip
def command(**given: str | None) -> int:
    """Write mockzoom.toml for the receiver in this folder, and a file for CI or pytest.

    Flask, FastAPI, Django, Express and Next.js are recognised by their files. What no option says
    is asked for on a terminal, and guessed elsewhere. No file is overwritten.
    """
    from mockzoom.cli.project import recognise

    folder = Path.cwd()
    _check_new(SETTINGS)
    project = recognise(folder)
    click.echo(_seen(project))
    answers = _answers(project, folder, given)
    written = _files(project, answers, folder)
    for name in written:
        _check_new(name)
    for name, text in written.items():
        _write(Path(name), text)
        click.echo(f"wrote {name}")
    click.echo(_next(project, answers, written))
    return 0


def _check_new(name: str) -> None:
    if os.path.lexists(name):
        raise UsageError(
            f"{name}: exists, and init overwrites nothing; change it by hand, or move it away"
        )


def _seen(project: Project) -> str:
    if project.framework is None:
        return "No Flask, FastAPI, Django, Express or Next.js was recognised in this folder."
    source = f", webhook in {project.source}" if project.source else ""
    return f"This looks like {project.framework.name}{source}."


def _answers(project: Project, folder: Path, given: Mapping[str, str | None]) -> dict[str, str]:
    """Return what the options say, or a person answers, or else the guesses."""
    ci = "gitlab" if (folder / ".gitlab-ci.yml").exists() else "github"
    here = (folder / ".github").exists() or ci == "gitlab" or sys.stdin.isatty()
    guesses = {
        "url": ("URL of the receiver", project.url),
        "secret_variable": ("Variable of its secret token", project.secret_variable),
        "ci": ("CI", ci if here else "none"),
    }
    answers = {name: value for name, value in given.items() if value is not None}
    for name, (question, guess) in guesses.items():
        if name not in answers and sys.stdin.isatty():
            kind = click.Choice(CI) if name == "ci" else str
            answers[name] = click.prompt(question, default=guess, type=kind)
        answers.setdefault(name, guess)
    if answers["ci"] != "none" and "start" not in answers and sys.stdin.isatty():
        answers["start"] = click.prompt("Command that starts it", default=project.start or None)
    answers.setdefault("start", project.start)
    answers.setdefault("package", _origin() or _PLACEHOLDER)
    _check(answers)
    return answers


def _check(answers: Mapping[str, str]) -> None:
    from mockzoom.transport import parse_target

    try:
        parse_target(answers["url"])
    except UsageError as error:
        raise UsageError(f"--url {error}") from None
    if not _VARIABLE.fullmatch(answers["secret_variable"]):
        raise UsageError(
            f"--secret-variable {answers['secret_variable']!r}: expected the name of an environment"
            " variable, such as ZOOM_WEBHOOK_SECRET_TOKEN"
        )
    for name in ("start", "package"):
        if not answers[name].isprintable():
            raise UsageError(f"--{name} {answers[name]!r}: expected one line of text")
    if answers["ci"] != "none" and not answers["start"].strip():
        raise UsageError("no command is known that starts the receiver; pass --start COMMAND")


def _origin() -> str:
    """Return the git URL that this mockzoom was installed from; empty for another origin."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin: Any = json.loads(distribution("mockzoom").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    version = origin.get("vcs_info")
    if not isinstance(version, dict) or version.get("vcs") != "git":
        return ""
    return f"git+{origin['url']}@{version.get('requested_revision') or version['commit_id']}"


def _files(project: Project, answers: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the files to write, by their path from `folder`."""
    written = {SETTINGS: _settings(project, answers)}
    if answers["ci"] == "github":
        written[".github/workflows/mockzoom.yml"] = _github(project, answers)
    elif answers["ci"] == "gitlab":
        there = (folder / ".gitlab-ci.yml").exists()
        written[".gitlab/mockzoom.yml" if there else ".gitlab-ci.yml"] = _gitlab(project, answers)
    elif project.app:
        written["test_mockzoom.py"] = _test(project, answers)
    return written


def _settings(project: Project, answers: Mapping[str, str]) -> str:
    lines = [
        "# Settings of `mockzoom verify`; its flags, without the dashes, can stand here, too.",
        f"url = {json.dumps(answers['url'])}",
        f"secret-variable = {json.dumps(answers['secret_variable'])}",
    ]
    if project.source:
        lines.append(f"source = {json.dumps(project.source)}")
    return "\n".join(lines) + "\n"


def _filled(starter: str, **places: str) -> str:
    text = (files("mockzoom.cli") / "starters" / starter).read_text("utf-8")
    return _Starter(text).substitute(places)


def _is_node(project: Project) -> bool:
    return project.framework is not None and project.framework.language == "node"


def _github(project: Project, answers: Mapping[str, str]) -> str:
    tool = "actions/setup-node@v4" if _is_node(project) else "actions/setup-python@v5"
    version = 'node-version: "22"' if _is_node(project) else 'python-version: "3.12"'
    set_up = [f"      - uses: {tool}", f"        with: {{{version}}}"]
    if project.install:
        set_up.append(f"      - run: {project.install}")
    place = re.search(r"github\.com[/:]([\w.-]+/[\w-]+)(?:\.git)?(?:@([\w./-]+))?$",
                      answers["package"])  # fmt: skip
    uses = f"{place[1]}@{place[2] or 'main'}" if place else "OWNER/mockzoom@main"
    return _filled(
        "github.yml", variable=answers["secret_variable"], uses=uses, set_up="\n".join(set_up),
        start=json.dumps(answers["start"]),
    )  # fmt: skip


def _gitlab(project: Project, answers: Mapping[str, str]) -> str:
    package = json.dumps(answers["package"])
    steps = ["python3 -m venv .mockzoom", f".mockzoom/bin/pip install {package}"]
    if _is_node(project):
        steps.insert(0, "apt-get update && apt-get install -y python3-venv")
    if project.install:
        steps.insert(0, project.install)
    start = f"({answers['start']}) > mockzoom-receiver.log 2>&1 &"
    return _filled(
        "gitlab.yml", variable=answers["secret_variable"],
        image="node:22" if _is_node(project) else "python:3.12",
        set_up="\n".join(f"    - {json.dumps(step)}" for step in steps), start=json.dumps(start),
    )  # fmt: skip


def _test(project: Project, answers: Mapping[str, str]) -> str:
    from urllib.parse import urlsplit

    module, _, app = project.app.partition(":")
    django = project.framework is not None and project.framework.name == "Django"
    settings = module.rsplit(".", 1)[0] + ".settings"
    before = f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")' if django else ""
    return _filled(
        "test_app.py.txt", variable=answers["secret_variable"], module=module, app=app,
        before=before, path=urlsplit(answers["url"]).path or "/",
    )  # fmt: skip


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _next(project: Project, answers: Mapping[str, str], written: Mapping[str, str]) -> str:
    lines = []
    if any("OWNER/" in text for text in written.values()):
        lines.append(
            "Replace OWNER by the owner of the repository that your CI gets mockzoom from."
        )
    if ".gitlab/mockzoom.yml" in written:
        lines.append("Add it to .gitlab-ci.yml: include: [{local: .gitlab/mockzoom.yml}]")
    if "test_mockzoom.py" in written:
        return "\n".join((*lines, "Next: pytest test_mockzoom.py"))
    secret = f"export {answers['secret_variable']}=test"
    start = answers["start"] or "(start the receiver)"
    lines.append(f"Next, in one terminal:  {secret}; {start}")
    lines.append(f"     and in another:    {secret}; mockzoom verify --wait 60")
    return "\n".join(lines)
