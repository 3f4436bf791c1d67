"""Runs many commands of mockzoom: each in a fork of one process that has read the modules.

Each line of standard input is a JSON array of words. Each line of standard output has the start
(epoch s), exit code, standard output and standard error of `python -m mockzoom` with these words.
Starting Python for each would take most of the time of `send`.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import time
import traceback


def main() -> None:
    """Run the commands one after another; the first one also in this process, to warm up."""
    commands = [json.loads(line) for line in sys.stdin]
    with tempfile.TemporaryFile("w") as nowhere:
        sys.stdout, stdout = nowhere, sys.stdout
        _command(commands[0])
        sys.stdout = stdout
    for words in commands:
        print(json.dumps(_forked(words)), flush=True)


def _forked(words: list[str]) -> dict[str, object]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.time()
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = _command(words)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return {"start": start, "exit": code, "stdout": texts[0], "stderr": texts[1]}


def _command(words: list[str]) -> int:
    """Do as `python -m mockzoom` does, and return the exit code."""
    sys.argv = ["mockzoom", *words]
    try:
        runpy.run_module("mockzoom", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
