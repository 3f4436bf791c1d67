"""Programs that the benchmarks start: children that print JSON, nginx, wrk; each is bounded."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mockzoom.model import Request
from tests.benchmarks.rounds import Unmeasured

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
_SET_BY_THE_CLIENT = ("host", "content-length")
_NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log /dev/null crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_buffer_size 2m;
  client_max_body_size 8m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen {host}:{port}; location / {{ return 200; }} }}
}}
"""


def need_package(name: str) -> None:
    """Raise `Unmeasured` where the Python package `name` is not installed."""
    if importlib.util.find_spec(name) is None:
        raise Unmeasured(f"{name} is not installed: pip install {name}")


def program(name: str) -> str:
    """Return the path of a program; raise `Unmeasured` where it is not installed."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    if found is None:
        raise Unmeasured(f"{name} is not installed: apt-get install {name}")
    return found


def child(module: str, *args: object, timeout: float) -> Any:
    """Run `python -m tests.benchmarks.loads.MODULE` and return the JSON of its last line."""
    command = [sys.executable, "-m", f"tests.benchmarks.loads.{module}", *map(str, args)]
    done = finished(command, timeout)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise Unmeasured(f"{module} ended with {done.returncode}: {last[:200]}")
    return json.loads(lines[-1])


def finished(
    command: Sequence[str],
    timeout: float,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end; raise `Unmeasured` where that takes more than `timeout` seconds."""
    try:
        return subprocess.run(
            command, cwd=cwd, env=quiet(env), capture_output=True, text=True, timeout=timeout,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"{Path(command[0]).name} took more than {timeout:g} s") from None


def quiet(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without what would change a measurement.

    That is settings, proxies, and what has every program compile its modules anew.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MOCKZOOM_")
        and not name.lower().endswith("_proxy")
        and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**kept, **(more or {})}


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start `command`; end it, and nothing else, when the block ends."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=quiet(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def nginx() -> Iterator[str]:
    """Serve 200 to everything from one nginx worker on an ephemeral port; yield its URL."""
    path = program("nginx")
    with tempfile.TemporaryDirectory(prefix="mockzoom-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        port = _free_port()
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, host=HOST, port=port))
        with started([path, "-c", str(config), "-p", name]) as process:
            _wait_for(port, process)
            yield f"http://{HOST}:{port}/webhook"


@contextmanager
def served(module: str, *args: str) -> Iterator[str]:
    """Serve with `python -m tests.benchmarks.loads.MODULE`, which prints its URL; yield that."""
    command = [sys.executable, "-m", f"tests.benchmarks.loads.{module}", *args]
    with started(command) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise Unmeasured(f"{module} did not start")
        yield url


@contextmanager
def responder() -> Iterator[str]:
    """Serve 200 to everything: nginx where it is installed, else asyncio in its own process."""
    try:
        program("nginx")
    except Unmeasured:
        with served("acknowledge") as url:
            yield url
    else:
        with nginx() as url:
            yield url


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.05)
    raise Unmeasured("nginx did not start")


# -- wrk ---------------------------------------------------------------------------------------


def wrk(url: str, script: Path, connections: int, seconds: float) -> float:
    """Return the requests a second that wrk (one thread) makes with a Lua script."""
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    done = finished([*command, "-s", str(script), url], seconds + 30)
    return wrk_rate(done.stdout)


def wrk_rate(output: str) -> float:
    """Read the rate from what wrk printed; raise `Unmeasured` where requests failed."""
    failed = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", output)
    if failed:
        raise Unmeasured(f"wrk: {failed.group()}")
    match = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if match is None:
        raise Unmeasured("wrk printed no rate")
    return float(match[1])


def wrk_script(request: Request) -> str:
    """Return the Lua script with which wrk posts `request`."""
    lines = [f'wrk.method = "{request.method}"', f"wrk.body = {_lua(request.body)}"]
    lines += [
        f"wrk.headers[{_lua(name.encode())}] = {_lua(value.encode())}"
        for name, value in request.headers
        if name not in _SET_BY_THE_CLIENT
    ]
    return "\n".join(lines) + "\n"


def _lua(text: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text) + '"'


def plain_headers(request: Request) -> dict[str, str]:
    """Return the headers that another client shall send: those that it doesn't set by itself."""
    return {name: value for name, value in request.headers if name not in _SET_BY_THE_CLIENT}
