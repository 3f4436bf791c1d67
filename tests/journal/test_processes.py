"""Whether the process that writes a run has ended."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mockzoom.journal.processes import has_ended, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


def test_this_process_has_not_ended() -> None:
    assert this_process()
    assert not has_ended(this_process())


def test_a_process_has_ended_also_where_nobody_has_asked_about_it_yet() -> None:
    where, _, _ = this_process().rsplit("/", 2)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        began = _began(child.pid)
        name = f"{where}/{child.pid}/{began}"
        assert not has_ended(name)
        child.kill()
        while _state(child.pid) not in "ZX":
            pass
        assert has_ended(name)
        child.wait()
        assert has_ended(name)


def test_a_number_that_is_used_again_is_another_process() -> None:
    where, number, began = this_process().rsplit("/", 2)
    assert has_ended(f"{where}/{number}/{int(began) + 1}")


def test_of_processes_of_another_machine_and_of_unnamed_ones_nothing_is_known() -> None:
    _, number, began = this_process().rsplit("/", 2)
    assert not has_ended(f"another-boot/pid:[1]/{number}/{int(began) + 1}")
    assert not has_ended("")


def _stat(number: int) -> list[str]:
    with open(f"/proc/{number}/stat") as stat:
        return stat.read().rpartition(")")[2].split()


def _state(number: int) -> str:
    return _stat(number)[0]


def _began(number: int) -> str:
    return _stat(number)[19]
