"""`mockzoom init`: recognises a receiver, writes what examines it, and overwrites nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mockzoom.cli import init
from mockzoom.cli.project import LARGEST, MOST_FILES, Project, recognise
from tests.cli.conftest import Call
from tests.cli.terminals import running
from tests.cli.test_bad_input import refused

EXPRESS = """
const SECRET = process.env.ZOOM_HOOK_SECRET, key = process.env.ZOOM_CLIENT_SECRET;
app.post("/hooks/zoom", (req, res) => verify(req.get("x-zm-signature"), res));
app.listen(process.env.PORT || 4321);
"""
FLASK = """
from flask import Flask
hooks = Flask(__name__)
SECRET = os.environ["ZOOM_WEBHOOK_SECRET_TOKEN"]

@hooks.post("/zoom")
def zoom():
    return str(request.headers["X-Zm-Signature"])
"""
FASTAPI = """
from fastapi import FastAPI
app: FastAPI = FastAPI()
SECRET = os.getenv("VERIFY_TOKEN")

@app.post("/v1/webhook")
async def webhook(request):
    return "endpoint.url_validation"
"""


def project(folder: Path, **files: str) -> Project:
    """Write files (`__` is a slash, `_D_` a dot) and recognise what they are."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_D_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return recognise(folder)


def package(*dependencies: str, **more: object) -> str:
    return json.dumps({"dependencies": dict.fromkeys(dependencies, "*"), **more})


def facts(found: Project) -> tuple[str, str, str, str]:
    name = found.framework.name if found.framework else ""
    return name, found.url.removeprefix("http://127.0.0.1:"), found.secret_variable, found.source


def test_express_is_recognised(tmp_path: Path) -> None:
    found = project(tmp_path, package_D_json=package("express"), src__app_D_js=EXPRESS)
    assert facts(found) == ("Express", "4321/hooks/zoom", "ZOOM_HOOK_SECRET", "src/app.js")
    assert (found.start, found.install) == ("node src/app.js", "npm install")
    scripted = package("express", scripts={"start": "node ."})
    found = project(tmp_path, package_D_json=scripted, yarn_D_lock="")
    assert (found.start, found.install) == ("npm start", "yarn install --frozen-lockfile")


def test_next_is_recognised_by_where_its_route_stands(tmp_path: Path) -> None:
    files = {"package_D_json": package("next", "express"), "package-lock_D_json": "{}"}
    found = project(
        tmp_path, **files, src__app__api__zoom__route_D_ts="const name = 'x-zm-signature';"
    )
    assert facts(found) == (
        "Next.js", "3000/api/zoom", "ZOOM_WEBHOOK_SECRET_TOKEN", "src/app/api/zoom/route.ts",
    )  # fmt: skip
    assert (found.start, found.install) == ("npx next start", "npm ci && npx next build")


def test_next_pages_are_recognised(tmp_path: Path) -> None:
    found = project(
        tmp_path, package_D_json=package("next"), pages__api__webhook__index_D_js="// nothing yet"
    )
    assert facts(found)[1] == "3000/api/webhook"


def test_flask_is_recognised(tmp_path: Path) -> None:
    found = project(tmp_path, requirements_D_txt="Flask>=3\n", hooks__main_D_py=FLASK)
    assert facts(found) == ("Flask", "5000/zoom", "ZOOM_WEBHOOK_SECRET_TOKEN", "hooks/main.py")
    assert found.app == "hooks.main:hooks"
    assert found.start == "flask --app hooks.main:hooks run --port 5000"
    assert found.install == "pip install -r requirements.txt"


def test_fastapi_is_recognised(tmp_path: Path) -> None:
    found = project(tmp_path, src__server_D_py=FASTAPI, pyproject_D_toml="[project]\nname = 'x'\n")
    assert facts(found) == ("FastAPI", "8000/v1/webhook", "VERIFY_TOKEN", "src/server.py")
    assert found.start == "python -m uvicorn server:app --port 8000"
    assert found.install == "pip install ."


def test_django_is_recognised(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        shop__urls_D_py="from django.urls import path\nurls = [path('zoom/events', view)]\n",
        shop__wsgi_D_py="application = get_wsgi_application()\n",
        shop__views_D_py="KEY = os.environ.get('ZOOM_SECRET_TOKEN')\nSIGNED = 'x-zm-signature'\n",
    )
    assert facts(found) == ("Django", "8000/zoom/events", "ZOOM_SECRET_TOKEN", "shop/views.py")
    assert found.app == "shop.wsgi:application"


def test_nothing_is_recognised_where_nothing_is(tmp_path: Path) -> None:
    assert project(tmp_path) == Project()
    assert project(tmp_path, main_D_go="package main", package_D_json="{]") == Project()
    assert project(tmp_path, package_D_json="[1]").framework is None
    assert project(tmp_path, package_D_json='{"dependencies": [1]}').framework is None


def test_what_is_read_is_bounded(tmp_path: Path) -> None:
    large = "#" * LARGEST + FLASK
    hidden = dict.fromkeys(("node_modules__x_D_py", "_D_git__x_D_py", "venv__x_D_py"), FLASK)
    assert project(tmp_path, large_D_py=large, **hidden) == Project()
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe" + FLASK.encode())
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    for number in range(MOST_FILES):
        (tmp_path / f"a{number}.py").touch()
    assert recognise(tmp_path) == Project()
    (tmp_path / "z.py").write_text(FLASK)  # behind the last file that is read
    assert recognise(tmp_path) == Project()
    (tmp_path / "a0.py").write_text(FLASK)
    assert facts(recognise(tmp_path))[0] == "Flask"


# -- what is written ---------------------------------------------------------------------------


def settings(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "mockzoom.toml").read_text())


def test_github_gets_a_workflow_and_settings(call: Call, tmp_path: Path) -> None:
    project(tmp_path, package_D_json=package("express"), src__app_D_js=EXPRESS)
    ended = call("init", "--ci", "github", "--package", "git+https://github.com/acme/zoom@v1")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "This looks like Express, webhook in src/app.js.",
        "wrote mockzoom.toml",
        "wrote .github/workflows/mockzoom.yml",
        "Next, in one terminal:  export ZOOM_HOOK_SECRET=test; node src/app.js",
        "     and in another:    export ZOOM_HOOK_SECRET=test; mockzoom verify --wait 60",
    ]
    assert settings(tmp_path) == {
        "url": "http://127.0.0.1:4321/hooks/zoom",
        "secret-variable": "ZOOM_HOOK_SECRET",
        "source": "src/app.js",
    }
    workflow = YAML(typ="safe").load((tmp_path / ".github/workflows/mockzoom.yml").read_text())
    job = workflow["jobs"]["verify"]
    assert job["env"] == {"ZOOM_HOOK_SECRET": "a-secret-for-tests"}
    *_, install, examine = job["steps"]
    assert install == {"run": "npm install"}
    assert examine == {"uses": "acme/zoom@v1", "with": {"start": "node src/app.js"}}


def test_gitlab_gets_a_job_of_its_own_beside_what_is_there(call: Call, tmp_path: Path) -> None:
    project(tmp_path, requirements_D_txt="flask\n", app_D_py=FLASK, _D_github__x="")
    assert call("init", "--ci", "gitlab", "--start", "gunicorn 'a: b' # x").code == 0
    job = YAML(typ="safe").load((tmp_path / ".gitlab-ci.yml").read_text())["mockzoom"]
    assert job["script"][0] == "(gunicorn 'a: b' # x) > mockzoom-receiver.log 2>&1 &"
    (tmp_path / "mockzoom.toml").unlink()
    again = call("init", "--ci", "gitlab")
    assert (tmp_path / ".gitlab/mockzoom.yml").exists()
    assert "Add it to .gitlab-ci.yml: include: [{local: .gitlab/mockzoom.yml}]" in again.out
    assert "Replace OWNER by the owner" in again.out


EXAMPLES = Path(__file__).parents[1] / "examples"
DJANGO = {
    "shop__settings_D_py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\nALLOWED_HOSTS = ['*']\n",
    "shop__wsgi_D_py": (
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    ),
    "shop__urls_D_py": (
        "from django.urls import path\nfrom shop.hooks import zoom\n"
        "urlpatterns = [path('zoom', zoom)]\n"
    ),
    "shop__hooks_D_py": """
import hashlib, hmac, json, os, time
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

def digest(message):
    return hmac.new(os.environ["ZOOM_SECRET"].encode(), message, hashlib.sha256).hexdigest()

@csrf_exempt
def zoom(request):
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signature = request.headers.get("x-zm-signature", "").encode()
    expected = "v0=" + digest(b"v0:" + timestamp.encode() + b":" + request.body)
    if not hmac.compare_digest(expected.encode(), signature):
        return HttpResponse(status=401)
    if abs(time.time() - int(timestamp)) > 300:
        return HttpResponse(status=401)
    try:
        event = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    if not isinstance(event, dict):
        return HttpResponse(status=400)
    if event.get("event") == "endpoint.url_validation":
        token = event["payload"]["plainToken"]
        return JsonResponse({"plainToken": token, "encryptedToken": digest(token.encode())})
    return HttpResponse(status=204)
""",
}


def example(name: str) -> dict[str, str]:
    """Return a receiver of the examples, with its secret in a variable."""
    text = (EXAMPLES / f"{name}.py").read_text()
    secret = '__import__("os").environ["ZOOM_SECRET"]'
    return {f"{name}_D_py": text.replace('SECRET = "s3cret"', f"SECRET = {secret}")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "files"),
    [
        pytest.param("Flask", example("flask_app"), id="flask"),
        pytest.param("FastAPI", example("fastapi_app"), id="fastapi", marks=pytest.mark.thorough),
        pytest.param("Django", DJANGO, id="django", marks=pytest.mark.thorough),
    ],
)
def test_without_ci_a_python_project_gets_a_test_that_runs(
    call: Call, tmp_path: Path, framework: str, files: dict[str, str]
) -> None:
    assert facts(project(tmp_path, **files))[0] == framework
    ended = call("init", "--secret-variable", "ZOOM_SECRET", "--url", "http://127.0.0.1:5000/zoom")
    assert ended.out.splitlines()[1:] == [
        "wrote mockzoom.toml", "wrote test_mockzoom.py", "Next: pytest test_mockzoom.py",
    ]  # fmt: skip
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "test_mockzoom.py",
         "--mockzoom-product=whiteboard"],  # a part is enough here
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "1 passed" in tested.stdout, tested.stdout + tested.stderr


def test_what_is_there_is_not_overwritten(call: Call, tmp_path: Path) -> None:
    project(tmp_path, package_D_json=package("express"), src__app_D_js=EXPRESS)
    workflow = tmp_path / ".github/workflows/mockzoom.yml"
    workflow.parent.mkdir(parents=True)
    workflow.symlink_to("nowhere")
    hint = "exists, and init overwrites nothing; change it by hand, or move it away"
    assert f"mockzoom: .github/workflows/mockzoom.yml: {hint}" in call("init", "--ci", "github").err
    assert not (tmp_path / "mockzoom.toml").exists()
    (tmp_path / "mockzoom.toml").write_text("seed = 5\n")
    assert refused(call, "init") == f"mockzoom.toml: {hint}"
    assert settings(tmp_path) == {"seed": 5}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--url", "nonsense"), "--url 'nonsense' is not a URL"),
        (("--secret-variable", "A B"), "--secret-variable 'A B': expected the name of an env"),
        (("--secret-variable", ""), "--secret-variable '': expected the name of an environment"),
        (("--ci", "github"), "no command is known that starts the receiver; pass --start COMMAND"),
        (("--ci", "gitlab", "--start", "a\nb"), "--start 'a\\nb': expected one line of text"),
        (("--package", "a\x1b"), "--package 'a\\x1b': expected one line of text"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_before_anything_is_written(
    call: Call, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    ended = call("init", *words)
    assert ended.code == 2
    assert ended.err.startswith(f"mockzoom: {why}")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file")
    ended = call("init", "--ci", "github", "--start", "true")
    assert ended.code == 2
    assert "mockzoom: .github/workflows/mockzoom.yml: cannot be written: " in ended.err


def test_the_origin_of_an_installation_is_its_git_url(monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def __init__(self, text: str | None) -> None:
            self.text = text

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return self.text

    def origin(text: str | None) -> str:
        monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed(text))
        return init._origin()

    git = {"vcs": "git", "commit_id": "abc", "requested_revision": "v1"}
    url = "https://github.com/acme/mockzoom"
    assert origin(json.dumps({"url": url, "vcs_info": git})) == f"git+{url}@v1"
    assert origin(json.dumps({"url": "file:///here", "dir_info": {}})) == ""
    assert origin(None) == origin("{]") == ""


@pytest.mark.slow
def test_on_a_terminal_it_asks_with_the_guesses(tmp_path: Path) -> None:
    project(tmp_path, package_D_json=package("express"), src__app_D_js=EXPRESS)
    with running("init", folder=tmp_path) as screen:
        screen.wait("URL of the receiver [http://127.0.0.1:4321/hooks/zoom]:")
        screen.press("http://127.0.0.1:9/x\r")
        screen.wait("Variable of its secret token [ZOOM_HOOK_SECRET]:")
        screen.press("\r")
        screen.wait("CI (github, gitlab, none) [github]:")
        screen.press("gitlab\r")
        screen.wait("Command that starts it [node src/app.js]:")
        screen.press("\r")
        assert screen.end() == 0
    assert settings(tmp_path)["url"] == "http://127.0.0.1:9/x"
    assert (tmp_path / ".gitlab-ci.yml").exists()
