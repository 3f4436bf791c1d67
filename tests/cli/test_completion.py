"""`mockzoom completion`: the scripts are those of the shells, and bash completes with its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call

BIN = Path(sys.executable).parent


def complete(script: str, **environment: str) -> list[str]:
    """Run a shell script beside `mockzoom`, and return what it prints, line by line."""
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [("ver", ["verify"]), ("comp", ["completion"]), ("verify --journ", ["--journal"]),
     ("completion ", ["bash", "zsh", "fish"]), ("runs re", ["report"])],
)  # fmt: skip
def test_bash_completes(words: str, expected: list[str]) -> None:
    script = 'eval "$(mockzoom completion bash)"; COMP_WORDS=(mockzoom $WORDS)'
    if words.endswith(" "):
        script += '; COMP_WORDS+=("")'
    script += "; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mockzoom_completion mockzoom"
    assert complete(script + '; printf "%s\\n" "${COMPREPLY[@]}"', WORDS=words) == expected


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_of_other_shells_ask_mockzoom(call: Call, shell: str) -> None:
    script = call("completion", shell).out
    assert "_mockzoom_completion" in script
    assert f"_MOCKZOOM_COMPLETE={shell}_complete" in script
    word = "1" if shell == "zsh" else "ver"  # fish passes the word itself
    offered = complete(
        "mockzoom", _MOCKZOOM_COMPLETE=f"{shell}_complete", COMP_WORDS="mockzoom ver",
        COMP_CWORD=word,
    )  # fmt: skip
    assert any("verify" in line for line in offered)


def test_another_shell_is_refused_with_those_that_there_are(call: Call) -> None:
    ended = call("completion", "csh")
    assert ended.code == 2
    assert "'csh' is not one of 'bash', 'zsh', 'fish'" in ended.err
