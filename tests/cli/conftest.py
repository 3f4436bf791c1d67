"""How the tests of the command line call it: in this process, in an empty folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from mockzoom.cli import main
from mockzoom.zoom.sample_receiver import create_app, serving

SECRET = "s3cret-of-the-tests"


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Call(Protocol):
    """Runs a command line."""

    def __call__(self, *args: str) -> Ended: ...


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Call:
    """Runs `mockzoom ARGS` in an empty folder; a traceback is a failure of the test."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(*args)
        printed = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        assert "Traceback" not in printed.err
        return Ended(caught.value.code, printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def receiver() -> Iterator[str]:
    """The URL of a correct receiver."""
    with serving(create_app(SECRET)) as url:
        yield url


@pytest.fixture(scope="session")
def defective() -> Iterator[str]:
    """The URL of a receiver with the defects MZ107, MZ205, MZ305 and MZ306."""
    with serving(create_app(SECRET, defective=True)) as url:
        yield url
