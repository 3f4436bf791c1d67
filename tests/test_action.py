"""`action.yml`: its shape is GitHub's, and its steps, run as scripts, examine a receiver.

An Express receiver gets from nothing to annotations with `mockzoom init` and one file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.action_runner import Action
from tests.each import thorough
from tests.receivers.launch import SECRET, running
from tests.transport.servers import unused_port
from tests.web.conftest import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
ACTION = ROOT / "action.yml"
EXPRESS = ROOT / "tests" / "examples" / "express"
REPORTS = ("html", "json", "sarif", "xml")
FEW = "--events meeting.rtms_started"


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Action:
    """The action as it is once its first step has installed mockzoom: here, this environment."""
    folder = tmp_path_factory.mktemp("runner")
    (folder / "mockzoom").symlink_to(sys.prefix)
    return Action(ACTION, folder)


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with running("aiohttp_receiver") as url:
        yield url


def start_of(receiver: str, port: int) -> str:
    return f"{sys.executable} {ROOT}/tests/receivers/{receiver}.py --port {port} < <(sleep 600)"


def complaints(schema: str, file: Path) -> str:
    """Return what a schema that check-jsonschema has packed says against a file."""
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}",
         str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr


def init(folder: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "mockzoom", "init", *words],
        cwd=folder, check=True, timeout=60, capture_output=True,
    )  # fmt: skip


def test_the_action_has_the_shape_that_github_asks_for() -> None:
    assert complaints("github-actions", ACTION) == ""


def test_every_input_and_output_is_described_and_used(action: Action) -> None:
    text = ACTION.read_text("utf-8")
    for kind in ("inputs", "outputs"):
        for name, item in action.document[kind].items():
            assert item["description"].endswith("."), name
    used = set(re.findall(r"inputs\.([\w-]+)", text))
    assert used == action.document["inputs"].keys()


def test_the_first_step_installs_this_checkout_in_an_environment_of_its_own(
    action: Action,
) -> None:
    make, install = action.document["runs"]["steps"][0]["run"].splitlines()
    assert make == '"$PYTHON" -m venv "$RUNNER_TEMP/mockzoom"'
    assert install.startswith('"$RUNNER_TEMP/mockzoom/bin/python" -m pip install ')
    assert install.endswith(' "$GITHUB_ACTION_PATH"')


def test_a_receiver_is_started_verified_played_against_and_ended(
    action: Action, tmp_path: Path
) -> None:
    _started_and_ended(action, tmp_path)


@pytest.mark.thorough
def test_the_action_installs_this_checkout(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In the other tiers, the line of the README does the same, which has a test."""
    _started_and_ended(Action(ACTION, tmp_path_factory.mktemp("runner")), tmp_path)


def _started_and_ended(action: Action, tmp_path: Path) -> None:
    port = unused_port()
    run = action.run(
        tmp_path,
        {
            "start": start_of("aiohttp_receiver", port), "args": FEW, "secret": SECRET,
            "url": f"http://127.0.0.1:{port}/webhook", "play": "outage rtms-start-interrupt-stop",
            "play-args": "--seed 5",
        },
        ZOOM_WEBHOOK_SECRET_TOKEN=SECRET,
    )  # fmt: skip
    assert not run.failed, run.log
    assert run.outputs == {"exit-code": "0"}
    assert run.log.count("PASS: no violations") == 2
    assert run.summary.count("PASS") == 2
    folder = tmp_path / "mockzoom-reports"
    files = {f"{name}.{suffix}" for name in ("verify", "play") for suffix in REPORTS}
    assert {path.name for path in folder.iterdir()} == {*files, "receiver.log"}
    assert json.loads((folder / "play.json").read_text())["seed"] == 5
    assert run.used == [
        ("actions/upload-artifact@v4",
         {"name": "mockzoom", "path": "./mockzoom-reports", "if-no-files-found": "ignore"})
    ]  # fmt: skip
    until(lambda: is_refused(port))


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_receiver_that_does_not_start_shows_its_log_and_fails(
    action: Action, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{unused_port()}/webhook"
    given = {"start": "echo '::error::from the receiver'; exit 1", "url": url, "wait": "1"}
    run = action.run(tmp_path, {**given, "secret": SECRET, "upload": "false"})
    assert run.failed
    assert run.outputs == {"exit-code": "3"}
    stop = re.search(r"^::stop-commands::(\S+)\n::error::from the receiver\n::(\S+)::$",
                     run.log, re.MULTILINE)  # fmt: skip
    assert stop is not None, run.log
    assert stop[1] == stop[2]
    assert run.used == []


def test_all_receivers_of_the_settings_get_reports_of_their_own(
    action: Action, receiver: str, tmp_path: Path
) -> None:
    (tmp_path / "zoom").mkdir()
    tables = "".join(f"[receivers.{name}]\nurl = '{receiver}'\n" for name in ("a", "b"))
    (tmp_path / "zoom" / "mockzoom.toml").write_text(tables)
    given = {"url": "all", "working-directory": "zoom", "args": FEW, "reports": "out"}
    run = action.run(tmp_path, given, MOCKZOOM_SECRET=SECRET)
    assert not run.failed, run.log
    names = {path.name for path in (tmp_path / "zoom" / "out").iterdir()}
    assert names == {f"verify-{name}.{suffix}" for name in "ab" for suffix in REPORTS}
    assert run.used[0][1]["path"] == "zoom/out"


def test_an_annotation_names_the_file_from_the_root_of_the_checkout(
    action: Action, receiver: str, tmp_path: Path
) -> None:
    (tmp_path / "zoom").mkdir()
    (tmp_path / "zoom" / "app.py").touch()
    (tmp_path / "zoom" / "mockzoom.toml").write_text(f"url = '{receiver}'\nsource = 'app.py'\n")
    given = {"working-directory": "zoom", "args": FEW, "secret": "another"}
    run = action.run(tmp_path, given)
    assert run.failed
    assert re.search(r"^::error file=zoom/app\.py,", run.log, re.MULTILINE), run.log


def test_bad_usage_fails_with_its_code(action: Action, tmp_path: Path) -> None:
    run = action.run(tmp_path, {"url": "http://127.0.0.1:9/", "secret": SECRET, "args": "--nope"})
    assert run.failed
    assert run.outputs == {"exit-code": "2"}
    assert "--nope" in run.log


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_an_express_receiver_gets_from_nothing_to_annotations_with_init_and_one_file(
    action: Action, tmp_path: Path
) -> None:
    app = tmp_path / "src" / "app.js"
    shutil.copytree(EXPRESS / "receiver", tmp_path, dirs_exist_ok=True)
    port = str(unused_port())
    app.write_text(app.read_text().replace("3000", port))
    package = "git+https://github.com/OWNER/mockzoom@main"
    init(tmp_path, "--ci", "github", "--package", package)
    with (tmp_path / "mockzoom.toml").open("a") as settings:
        settings.write('events = ["meeting.rtms_*"]\n')  # a part is enough here
    workflow = tmp_path / ".github" / "workflows" / "mockzoom.yml"
    assert complaints("github-workflows", workflow) == ""
    (job,) = YAML(typ="safe").load(workflow.read_text())["jobs"].values()
    checkout, node, install, examine = job["steps"]
    assert [checkout["uses"], node["uses"]] == ["actions/checkout@v4", "actions/setup-node@v4"]
    subprocess.run(install["run"], shell=True, cwd=tmp_path, check=True, timeout=300)
    assert examine["uses"] == "OWNER/mockzoom@main"

    run = action.run(tmp_path, examine["with"], **job["env"])
    assert run.failed
    assert run.outputs == {"exit-code": "1"}, run.log
    annotations = re.findall(r"^::(\w+) file=src/app\.js.*?(MZ\d+)", run.log, re.MULTILINE)
    assert {("error", "MZ306"), ("warning", "MZ205"), ("warning", "MZ207")} <= {*annotations}
    assert "FAIL" in run.summary

    corrected = (EXPRESS / "corrected.js").read_text()
    app.write_text(corrected.replace("3000", port))
    again = action.run(tmp_path, examine["with"], **job["env"])
    assert not again.failed, again.log
    assert "::error" not in again.log


@pytest.mark.parametrize("is_installed", [True, *thorough(False)])
def test_the_job_for_gitlab_examines_a_receiver(tmp_path: Path, is_installed: bool) -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}/webhook"
    init(
        tmp_path, "--ci", "gitlab", "--package", str(ROOT), "--url", url,
        "--start", start_of("aiohttp_receiver", port),
    )  # fmt: skip
    with (tmp_path / "mockzoom.toml").open("a") as settings:
        settings.write('events = ["meeting.rtms_*"]\n')  # a part is enough here
    file = tmp_path / ".gitlab-ci.yml"
    assert complaints("gitlab-ci", file) == ""
    job = YAML(typ="safe").load(file.read_text())["mockzoom"]
    set_up = job["before_script"]
    if is_installed:
        make, install = (shlex.split(line) for line in set_up[-2:])
        assert make[-3:] == ["-m", "venv", ".mockzoom"]
        assert (install[:2], install[-1]) == ([".mockzoom/bin/pip", "install"], str(ROOT))
        (tmp_path / ".mockzoom").symlink_to(sys.prefix)
        set_up = set_up[:-2]
    script = "\n".join((*set_up, *job["script"], "kill %1"))
    done = subprocess.run(
        ["bash", "-em", "-c", script], cwd=tmp_path, env={**os.environ, **job["variables"]},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS: no violations" in done.stdout
    assert (tmp_path / "mockzoom.xml").exists()
