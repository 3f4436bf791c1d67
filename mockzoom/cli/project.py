"""What kind of receiver a folder holds, as far as its files show it; for `mockzoom init`.

Everything here is a guess that a person confirms. It is bounded: so many files of such a size are
read, and no link to a folder is followed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mockzoom.zoom.headers import SIGNATURE
from mockzoom.zoom.url_validation import EVENT as VALIDATION

MOST_FILES = 400
LARGEST = 200_000
_MOST_ENTRIES = 20_000
_SOURCES = {
    "node": (".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx"),
    "python": (".py",),
}
_SKIPPED = {"node_modules", "venv", "env", "dist", "build", "site-packages", "__pycache__"}
_NEEDED = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.cfg", "setup.py")
_VARIABLE = re.compile(
    r"(?:process\.env(?:\.|\[['\"])|environ(?:\.get\(|\[)\s*['\"]|getenv\(\s*['\"])([A-Z][A-Z0-9_]*)"
)
_PATH = re.compile(r"['\"`](/[\w./-]*(?:zoom|webhook)[\w./-]*)['\"`]", re.IGNORECASE)
_DJANGO_PATH = re.compile(r"path\(\s*r?['\"]([\w./-]*(?:zoom|webhook)[\w./-]*)['\"]", re.IGNORECASE)
_NEXT_FILE = re.compile(r"(?:src/)?(?:app(/.+)/route|pages(/api/.+?)(?:/index)?)\.\w+")
_PORT = re.compile(
    r"(?:listen\(\s*|PORT\w*['\"\])]*\s*(?:\|\||\?\?|,)\s*['\"]?|port\s*=\s*)(\d{2,5})"
)
_OURS = re.compile(f"{SIGNATURE}|{re.escape(VALIDATION)}", re.IGNORECASE)
"""What only a receiver of Zoom's webhooks has in it."""


class Framework(Struct, frozen=True):
    """A web framework: the package that shows it, its usual port, and how an app is made."""

    name: str
    language: Literal["node", "python"]
    package: str
    port: int
    made_by: str = ""


FRAMEWORKS = (
    Framework("Next.js", "node", "next", 3000),
    Framework("Express", "node", "express", 3000),
    Framework("FastAPI", "python", "fastapi", 8000, "FastAPI"),
    Framework("Django", "python", "django", 8000),
    Framework("Flask", "python", "flask", 5000, "Flask"),
)
"""Those that are recognised, the more special ones first."""


class Project(Struct, frozen=True):
    """What is guessed of a receiver; empty texts where nothing is known.

    `source` is the file that handles the webhook, `app` the application as `module:name`, `start`
    the command that starts the receiver and `install` the one that installs what it needs.
    """

    framework: Framework | None = None
    path: str = "/webhook"
    port: int = 5000
    secret_variable: str = "ZOOM_WEBHOOK_SECRET_TOKEN"
    source: str = ""
    app: str = ""
    start: str = ""
    install: str = ""

    @property
    def url(self) -> str:
        """Where the receiver is reached when it runs on this machine."""
        return f"http://127.0.0.1:{self.port}{self.path}"


def recognise(folder: Path) -> Project:
    """Return what the files of `folder` show."""
    package = _package(folder)
    listed = _files(folder, [suffix for found in _SOURCES.values() for suffix in found])
    sources = {name: text for name in listed if (text := _text(folder / name))}
    framework = _framework(folder, package, sources)
    if framework is None:
        return Project(secret_variable=_secret_variable(folder, sources))
    suffixes = _SOURCES[framework.language]
    sources = {name: text for name, text in sources.items() if name.endswith(suffixes)}
    source, path = _webhook(framework, sources)
    app = _app(framework, sources, source)
    port = _port(sources, source, framework)
    return Project(
        framework, path, port, _secret_variable(folder, sources), source, app,
        _start(framework, package, folder, app, source, port), _install(framework, folder),
    )  # fmt: skip


def _package(folder: Path) -> Mapping[str, object]:
    """Return `package.json`; empty where there is none that can be read."""
    try:
        found = json.loads(_text(folder / "package.json") or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _files(folder: Path, suffixes: Iterable[str]) -> list[str]:
    """Return the paths of sources below `folder`, those nearest to it first."""
    found: list[str] = []
    seen = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SKIPPED
        )
        seen += len(folders) + len(names)
        below = Path(root).relative_to(folder)
        found += [(below / name).as_posix() for name in names if name.endswith(tuple(suffixes))]
        if seen > _MOST_ENTRIES:
            break
    return sorted(found, key=lambda name: (name.count("/"), name))[:MOST_FILES]


def _text(path: Path) -> str:
    """Return the text of a file; empty where it is no small file of text."""
    try:
        if path.is_file() and path.stat().st_size <= LARGEST:
            return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _framework(
    folder: Path, package: Mapping[str, object], sources: Mapping[str, str]
) -> Framework | None:
    needed = package.get("dependencies")
    in_node = set(needed) if isinstance(needed, dict) else set()
    wanted = "\n".join(_text(folder / name) for name in _NEEDED)
    python = [text for name, text in sources.items() if name.endswith(".py")]
    for framework in FRAMEWORKS:
        if framework.language == "node":
            if framework.package in in_node:
                return framework
            continue
        imported = re.compile(rf"^\s*(?:from|import)\s+{framework.package}\b", re.MULTILINE)
        named = re.compile(rf"(?:^|['\"])\s*{framework.package}\b", re.MULTILINE | re.IGNORECASE)
        if named.search(wanted) or any(imported.search(text) for text in python):
            return framework
    return None


def _webhook(framework: Framework, sources: Mapping[str, str]) -> tuple[str, str]:
    """Return the file that handles the webhook, and the path of its URL."""
    first = sorted(sources, key=lambda name: (not _OURS.search(sources[name]), _is_test(name)))
    for name in first:
        for path in _paths(framework, name, sources[name]):
            return _handler(first, sources, name), path
    return _handler(first, sources, ""), Project().path


def _handler(first: list[str], sources: Mapping[str, str], otherwise: str) -> str:
    """Return the file that verifies signatures, or else the one that names the path."""
    return first[0] if first and _OURS.search(sources[first[0]]) else otherwise


def _paths(framework: Framework, name: str, text: str) -> Iterator[str]:
    if framework.name == "Next.js":
        place = _NEXT_FILE.fullmatch(name)
        if place and re.search("zoom|webhook", name, re.IGNORECASE):
            yield place[1] or place[2]
    elif framework.name == "Django":
        yield from ("/" + found.lstrip("/") for found in _DJANGO_PATH.findall(text))
    else:
        yield from _PATH.findall(text)


def _is_test(name: str) -> bool:
    return bool(re.search(r"(?:^|/)(?:tests?|__tests__)/|test_[^/]*$|\.(?:test|spec)\.", name))


def _secret_variable(folder: Path, sources: Mapping[str, str]) -> str:
    """Return the variable that most looks like that of the secret token."""
    texts = [*sources.values(), _text(folder / ".env.example")]
    names = {name for text in texts for name in _VARIABLE.findall(text)}
    names.update(re.findall(r"^([A-Z][A-Z0-9_]*)=", texts[-1], re.MULTILINE))
    fit = [
        name
        for name in names
        if re.search("SECRET|TOKEN", name) and not re.search("CLIENT|ACCESS|API|SESSION", name)
    ]
    fit.sort(key=lambda name: ("ZOOM" not in name, "WEBHOOK" not in name, name))
    return fit[0] if fit else Project().secret_variable


def _app(framework: Framework, sources: Mapping[str, str], source: str) -> str:
    """Return the application of a Python project as `module:name`; empty where none is found."""
    if framework.name == "Django":
        made = re.compile(r"^(application)\s*=\s*get_wsgi_application\(", re.MULTILINE)
    elif framework.made_by:
        made = re.compile(rf"^(\w+)(?:\s*:[^=]+)?\s*=\s*(?:\w+\.)?{framework.made_by}\(", re.M)
    else:
        return ""
    for name in sorted(sources, key=lambda name: (name != source, _is_test(name))):
        found = made.search(sources[name])
        module = name.removesuffix(".py").removeprefix("src/").removesuffix("/__init__")
        if found and all(part.isidentifier() for part in module.split("/")):
            return f"{module.replace('/', '.')}:{found[1]}"
    return ""


def _port(sources: Mapping[str, str], source: str, framework: Framework) -> int:
    for name in sorted(sources, key=lambda name: (name != source, _is_test(name))):
        for port in map(int, _PORT.findall(sources[name])):
            if 1 < port < 65536:
                return port
    return framework.port


def _start(
    framework: Framework, package: Mapping[str, object], folder: Path, app: str, source: str,
    port: int,
) -> str:  # fmt: skip
    """Return the command that starts the receiver; empty where it cannot be known."""
    scripts = package.get("scripts")
    scripted = isinstance(scripts, dict) and "start" in scripts
    main = str(package.get("main") or source)
    if framework.name == "Next.js":
        return "npm start" if scripted else "npx next start"
    if framework.name == "Express":
        return (
            "npm start" if scripted else f"node {main}" if re.fullmatch(r"[\w./-]+", main) else ""
        )
    if framework.name == "Django":
        return f"python manage.py runserver {port} --noreload"
    if not app:
        return ""
    if framework.name == "Flask":
        return f"flask --app {app} run --port {port}"
    return f"python -m uvicorn {app} --port {port}"


def _install(framework: Framework, folder: Path) -> str:
    """Return the command that installs what the receiver needs."""
    if framework.language == "node":
        locks = {
            "pnpm-lock.yaml": "corepack enable && pnpm install --frozen-lockfile",
            "yarn.lock": "yarn install --frozen-lockfile",
            "package-lock.json": "npm ci",
        }
        locked = (does for name, does in locks.items() if (folder / name).is_file())
        build = " && npx next build" * (framework.name == "Next.js")
        return next(locked, "npm install") + build
    if (folder / "requirements.txt").is_file():
        return "pip install -r requirements.txt"
    return "pip install ." if (folder / "pyproject.toml").is_file() else ""
