"""Where the pytest plugin takes its settings from: command line, environment and ini file."""

from __future__ import annotations

import os
from typing import Any

import pytest

_HELP = {
    "url": "URL of the receiver that mockzoom delivers to, unless the fixture mockzoom_receiver"
    " is overridden.",
    "secret": "Secret token that deliveries are signed with, unless the fixture mockzoom_secret"
    " is overridden; the environment (MOCKZOOM_SECRET) keeps it out of files and process lists.",
    "product": "Product of Zoom whose events are the contract, such as meetings, in place of RTMS"
    " and the Video SDK; `all` for all (repeatable).",
    "entity": "Value of entities that is pinned, NAME=VALUE, such as account_id=…, for a receiver"
    " that knows its accounts (repeatable; in the ini file one a line).",
    "spec": "Contract document, or folder of such, in place of the bundled ones (repeatable).",
    "ignore": "Accepted findings, one a line: RULE or RULE:EVENT-GLOB, and after a space the"
    " reason, such as `MZ205:meeting.* old events are kept on purpose`.",
    "baseline": "File of accepted findings, as `mockzoom verify --baseline FILE --write-baseline`"
    " writes it.",
    "scenarios": "Folders with the project's own scenarios, which are played by their names.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and their ini twins."""
    group = parser.getgroup("mockzoom", "mockzoom: contract tests for Zoom webhook receivers")
    group.addoption("--mockzoom-url", metavar="URL", default=None, help=_HELP["url"])
    group.addoption("--mockzoom-secret", metavar="SECRET", default=None, help=_HELP["secret"])
    group.addoption(
        "--mockzoom-product", metavar="NAME", action="append", default=None, help=_HELP["product"]
    )
    group.addoption(
        "--mockzoom-spec", metavar="PATH", action="append", default=None, help=_HELP["spec"]
    )
    group.addoption(
        "--mockzoom-entity", metavar="NAME=VALUE", action="append", default=None,
        help=_HELP["entity"],
    )  # fmt: skip
    parser.addini("mockzoom_entity", _HELP["entity"], type="linelist", default=[])
    parser.addini("mockzoom_url", _HELP["url"], default="")
    parser.addini("mockzoom_secret", _HELP["secret"], default="")
    parser.addini("mockzoom_product", _HELP["product"], type="args", default=[])
    parser.addini("mockzoom_spec", _HELP["spec"], type="paths", default=[])
    parser.addini("mockzoom_ignore", _HELP["ignore"], type="linelist", default=[])
    parser.addini("mockzoom_baseline", _HELP["baseline"], type="paths", default=[])
    parser.addini("mockzoom_scenarios", _HELP["scenarios"], type="paths", default=[])


def option(config: pytest.Config, name: str) -> str:
    """Return an option: from the command line, else the environment, else the ini file."""
    given = config.getoption(f"mockzoom_{name}")
    if given is None:
        given = os.environ.get(f"MOCKZOOM_{name.upper()}") or config.getini(f"mockzoom_{name}")
    return str(given)


def documents(config: pytest.Config) -> list[str]:
    """Return the contract documents that were named, if any."""
    given = config.getoption("mockzoom_spec")
    return [str(path) for path in given or config.getini("mockzoom_spec")]


def products(config: pytest.Config) -> list[str]:
    """Return the products that were named: on the command line, else by the environment."""
    given = config.getoption("mockzoom_product")
    given = given or os.environ.get("MOCKZOOM_PRODUCT", "").split()
    return list(given or config.getini("mockzoom_product"))


def pinned(config: pytest.Config) -> dict[str, Any]:
    """Return the setting that pins entities: of the command line, the environment or ini file."""
    from mockzoom.synth.pins import parse_entity

    given = config.getoption("mockzoom_entity")
    given = given or os.environ.get("MOCKZOOM_ENTITY", "").split()
    given = given or config.getini("mockzoom_entity")
    return {"entities": dict(map(parse_entity, given))} if given else {}


def accepted(config: pytest.Config) -> dict[str, Any]:
    """Return the settings of the ini file that say which findings are accepted."""
    files = config.getini("mockzoom_baseline")
    if len(files) > 1:
        pytest.fail(
            f"mockzoom_baseline names {len(files)} files; expected one, with no space in its path",
            pytrace=False,
        )
    ignored = config.getini("mockzoom_ignore")
    return {
        **({"ignore": ignored} if ignored else {}), **({"baseline": files[0]} if files else {})
    }  # fmt: skip
