"""Settings from files: `mockzoom.toml`, or `[tool.mockzoom]` in `pyproject.toml`.

A flag goes before the environment (`MOCKZOOM_…`), that before `mockzoom.toml`, that before
`pyproject.toml`. These files get committed, so credentials are refused in them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mockzoom.errors import UsageError, nearest

Known: TypeAlias = Callable[[], Mapping[str, str]]
SECRETS = frozenset({"secret", "next_secret", "client_secret", "auth", "token"})
_VARIABLES = {"secret": "MOCKZOOM_SECRET", "next_secret": "MOCKZOOM_NEXT_SECRET",
              "client_secret": "MOCKZOOM_CLIENT_SECRET", "auth": "MOCKZOOM_AUTH",
              "token": "MOCKZOOM_TOKEN"}  # fmt: skip


def read_settings(config: str | None, known: Known) -> dict[str, Any]:
    """Return the settings of the files, by parameter name.

    `known` returns every parameter name with its type (`text`, `number`, `whole number`, `switch`,
    `list`, `ignored` or `entities`); it is asked only where a file holds settings, since it costs
    the import of every command. Raises `UsageError` for a file that is no TOML, an unknown key
    (with the nearest), a value of the wrong type, and a credential.
    """
    if config is not None:
        path = Path(config)
        if not path.is_file():
            raise UsageError(f"--config {config}: no such file; expected a TOML file of settings")
        table = _project_table(path) if path.name == "pyproject.toml" else _table(path)
        return _checked(table, path, known)
    settings: dict[str, Any] = {}
    project = Path("pyproject.toml")
    if project.is_file():
        settings.update(_checked(_project_table(project), project, known))
    own = Path("mockzoom.toml")
    if own.is_file():
        settings.update(_checked(_table(own), own, known))
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


def _checked(table: Mapping[str, Any], path: Path, ask: Known) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    known = ask() if table else {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in SECRETS:
            raise UsageError(
                f"{path}: {key!r} is a credential and this file gets committed; set"
                f" {_VARIABLES[name]}"
                + (" or name a file outside the repository with secret-file" * (name == "secret"))
            )
        if name not in known:
            raise UsageError(
                f"{path}: no setting is called {key!r}{nearest(name, known).replace('_', '-')}"
            )
        settings[name] = _typed(value, known[name], f"{path}: {key}")
        if name == "probe_sql":
            _check_no_password(settings[name], f"{path}: {key}")
    return settings


def _check_no_password(words: list[str], where: str) -> None:
    from mockzoom.redact import has_password

    if any(map(has_password, words)):
        raise UsageError(
            f"{where}: the URL has a password and this file gets committed; set MOCKZOOM_PROBE_SQL"
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
