"""Settings from files: `mockzoom.toml`, or `[tool.mockzoom]` in `pyproject.toml`.

A flag goes before the environment (`MOCKZOOM_…`), that before `mockzoom.toml`, that before
`pyproject.toml`. These files get committed, so credentials are refused in them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mockzoom.errors import UsageError, nearest

Known: TypeAlias = Callable[[], Mapping[str, str]]
SECRETS = frozenset({"secret", "next_secret", "client_secret", "auth", "token"})
_VARIABLES = {"secret": "MOCKZOOM_SECRET", "next_secret": "MOCKZOOM_NEXT_SECRET",
              "client_secret": "MOCKZOOM_CLIENT_SECRET", "auth": "MOCKZOOM_AUTH",
              "token": "MOCKZOOM_TOKEN"}  # fmt: skip
_OTHERWISE = (
    ", name a file outside the repository with secret-file, or the environment variable that holds"
    " it with secret-variable"
)
_RECEIVER = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class FileSettings:
    """What the files say: settings by parameter name, where each stands, and the receivers.

    A receiver is the table `[receivers.NAME]`: its settings by parameter name, `url` among them.
    """

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    receivers: dict[str, FileSettings] = field(default_factory=dict)

    def add(self, table: Mapping[str, Any], path: Path, known: Known) -> None:
        """Take the settings of a file over those that are there."""
        table = dict(table)
        receivers = table.pop("receivers", {})
        checked = _checked(table, str(path), known)
        self.values.update(checked)
        self.places.update(dict.fromkeys(checked, str(path)))
        if not isinstance(receivers, dict):
            raise UsageError(
                f"{path}: receivers: expected tables such as [receivers.api], found {receivers!r}"
            )
        for name, own in receivers.items():
            where = f"{path}: [receivers.{name}]"
            if not _RECEIVER.fullmatch(name):
                raise UsageError(f"{where}: expected a name of at most 64 letters, digits, _ and -")
            if not isinstance(own, dict) or "url" not in own:
                raise UsageError(f"{where}: expected a table with the url of the receiver")
            checked = _checked(own, where, known)
            self.receivers[name] = FileSettings(checked, dict.fromkeys(checked, where))


def read_settings(config: str | None, known: Known) -> FileSettings:
    """Return the settings of the files.

    `known` returns every parameter name with its type (`text`, `number`, `whole number`, `switch`,
    `list`, `ignored` or `entities`); it is asked only where a file holds settings, since it costs
    the import of every command. Raises `UsageError` for a file that is no TOML, an unknown key
    (with the nearest), a value of the wrong type, and a credential.
    """
    settings = FileSettings()
    if config is not None:
        path = Path(config)
        if not path.is_file():
            raise UsageError(f"--config {config}: no such file; expected a TOML file of settings")
        table = _project_table(path) if path.name == "pyproject.toml" else _table(path)
        settings.add(table, path, known)
        return settings
    project, own = Path("pyproject.toml"), Path("mockzoom.toml")
    if project.is_file():
        settings.add(_project_table(project), project, known)
    if own.is_file():
        settings.add(_table(own), own, known)
    return settings


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: no TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


def _project_table(path: Path) -> dict[str, Any]:
    """Return `[tool.mockzoom]` of a `pyproject.toml`; empty where it is not there."""
    table: Any = _table(path)
    for name in ("tool", "mockzoom"):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name!r} is no table; expected [tool.mockzoom]")
    return dict(table)


def _checked(table: Mapping[str, Any], where: str, ask: Known) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    known = ask() if table else {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in SECRETS:
            raise UsageError(
                f"{where}: {key!r} is a credential and this file gets committed; set"
                f" {_VARIABLES[name]}" + _OTHERWISE * (name == "secret")
            )
        if name not in known:
            raise UsageError(
                f"{where}: no setting is called {key!r}{nearest(name, known).replace('_', '-')}"
            )
        settings[name] = _typed(value, known[name], f"{where}: {key}")
        if known[name] == "list":
            _check_no_password(settings[name], f"{where}: {key}", name)
    return settings


def _check_no_password(words: list[str], where: str, name: str) -> None:
    from mockzoom.redact import has_password

    if any(map(has_password, words)):
        raise UsageError(
            f"{where}: the URL has a password and this file gets committed; set"
            f" MOCKZOOM_{name.upper()}"
        )


def _entities(value: Any, where: str) -> list[tuple[str, str]]:
    """Return the names and values of a table of pinned entities."""
    from mockzoom.synth.pins import pins_of

    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a table such as [entities], found {value!r}")
    found: list[tuple[str, str]] = []
    for key, item in value.items():
        name = key.replace("-", "_")
        if name in SECRETS:
            raise UsageError(
                f"{where}.{key}: is a credential and no entity, and this file gets committed; set"
                f" {_VARIABLES[name]}"
            )
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise UsageError(f"{where}.{key}: expected a text or a whole number, found {item!r}")
        found.append((name, str(item)))
    try:
        pins_of(dict(found))
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    return found


def _typed(value: Any, kind: str, where: str) -> Any:
    if kind == "ignored":
        from mockzoom.report.accepted import parse_all_ignored

        return parse_all_ignored(value, where)
    if kind == "entities":
        return _entities(value, where)
    if kind == "list":
        values = value if isinstance(value, list) else [value]
        if all(isinstance(item, str) for item in values):
            return values
        raise UsageError(f"{where}: expected a list of texts, found {value!r}")
    fits = {
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "whole number": isinstance(value, int) and not isinstance(value, bool),
        "switch": isinstance(value, bool),
    }
    if not fits[kind]:
        raise UsageError(f"{where}: expected a {kind}, found {value!r}")
    return value
