"""The table is complete, the receivers stand alone, and the launcher starts and ends them."""

from __future__ import annotations

import ast
import shutil
import socket
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.each import each
from tests.receivers.launch import running
from tests.receivers.table import CASES

HERE = Path(__file__).resolve().parent
SCRIPTS = sorted(HERE.glob("*_receiver.py"))
STACKS = ("flask", "fastapi", "django", "aiohttp", "stdlib")


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_defect_has_its_case_and_every_case_its_defect(script: Path) -> None:
    listed = subprocess.run(
        [sys.executable, str(script), "--list-defects"], capture_output=True, text=True, check=True
    )
    expected = {case.defect for case in CASES if case.receiver == script.stem and case.defect}
    assert set(listed.stdout.split()) == expected


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_receiver_imports_neither_the_product_nor_another_receiver(script: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    forbidden = {"mockzoom", "launch", "table"} | {path.stem for path in SCRIPTS}
    assert "hmac" in imported
    assert not imported & forbidden


def test_there_are_enough_defects_and_each_is_named_once() -> None:
    keys = [(case.receiver, case.defect, case.auth, case.options) for case in CASES]
    assert len(keys) == len(set(keys))
    assert sum(bool(case.defect and case.rules) for case in CASES) >= 50
    for stack in STACKS:
        assert any(c.receiver == f"{stack}_receiver" and not c.defect for c in CASES), stack


@each(
    "rule",
    [
        *(f"MZ10{n}" for n in (1, 2, 3, 4, 5, 7, 8, 9)),
        *(f"MZ{n}" for n in range(201, 212)),
        *(f"MZ30{n}" for n in range(1, 7)),
        *(f"MZ40{n}" for n in range(1, 8)),
    ],
)
def test_every_rule_is_shown_by_a_receiver(rule: str) -> None:
    assert any(rule in case.rules for case in CASES)


@each("rule", [f"MZ40{n}" for n in (1, 2, 4, 5, 6, 7)])
def test_every_rule_about_malformed_events_is_shown_in_two_stacks(rule: str) -> None:
    stacks = {case.receiver for case in CASES if rule in case.rules}
    assert len(stacks) >= 2


def test_a_rule_never_shown_alone_is_shown_with_a_reason() -> None:
    alone = defaultdict(int)
    for case in CASES:
        if len(case.rules) == 1:
            alone[next(iter(case.rules))] += 1
    shown = set().union(*(case.rules for case in CASES))
    # A tampered body passes only where the signature is not looked at; a redirect and a wrong
    # secret meet the challenge as well; an oracle answers unsigned challenges by its nature.
    assert shown - set(alone) == {"MZ104", "MZ201", "MZ203", "MZ306"}


def test_the_launcher_says_why_a_receiver_did_not_start() -> None:
    with pytest.raises(RuntimeError, match="ZOOM_WEBHOOK_SECRET_TOKEN is empty"):  # noqa: SIM117
        with running("stdlib_receiver", secret=""):
            pytest.fail("started with an empty secret")


@pytest.mark.slow
@pytest.mark.parametrize("receiver", ["stdlib_receiver", "aiohttp_receiver", "node/correct"])
def test_the_launcher_ends_what_it_started(receiver: str) -> None:
    if receiver.startswith("node/") and shutil.which("node") is None:
        pytest.skip("needs node")
    with running(receiver) as url:
        address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        socket.create_connection(address, timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
