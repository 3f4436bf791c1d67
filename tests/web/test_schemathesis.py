"""The control API and Zoom's own API against their documents, by Schemathesis.

Schemathesis makes its cases while tests are collected, which every worker would do again. So each
module is a run of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("api", ["control", "zoom"])
def test_each_operation_keeps_to_the_document(api: str) -> None:
    path = f"tests/web/schemathesis_{api}.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"^(\d+) passed", run.stdout, re.MULTILINE)
    assert passed is not None, run.stdout
    assert int(passed[1]) > 5, run.stdout
