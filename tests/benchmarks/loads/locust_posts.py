"""Locust's side of a load: one process whose FastHttpUsers post one prepared request in a loop.

`python -m tests.benchmarks.loads.locust_posts URL REQUEST --seconds S` prints the rate as JSON;
REQUEST is a JSON file with `headers` and `body`.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from locust import FastHttpUser, task  # noqa: E402
from locust.env import Environment  # noqa: E402


def user_class(url: str, request: dict[str, Any]) -> type[FastHttpUser]:
    """Return users who post `request` to `url` without a pause."""
    body = request["body"].encode()
    headers = request["headers"]

    class Poster(FastHttpUser):
        host = url

        @task
        def post(self) -> None:
            while True:
                self.client.post(url, data=body, headers=headers)

    return Poster


def rate(
    users: type[FastHttpUser], number: int, warm_up: float, seconds: float
) -> dict[str, float]:
    """Return the requests a second of `number` users, the CPU of each, and how many failed."""
    environment = Environment(user_classes=[users])
    runner = environment.create_local_runner()
    runner.start(number, spawn_rate=100)
    stats = environment.stats
    ends = time.perf_counter() + 10
    while runner.user_count < number and time.perf_counter() < ends:
        gevent.sleep(0.05)
    gevent.sleep(warm_up)
    before, start, cpu = stats.total.num_requests, time.perf_counter(), time.process_time()
    gevent.sleep(seconds)
    done, took = stats.total.num_requests - before, time.perf_counter() - start
    cpu = time.process_time() - cpu
    return {
        "rate": done / took,
        "cpu_us": 1e6 * cpu / max(1, done),
        "failures": stats.total.num_failures,
    }


def main() -> None:
    """Play one load and print its outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("request", type=Path)
    parser.add_argument("--users", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--warm-up", type=float, default=1.0)
    options = parser.parse_args()
    request = json.loads(options.request.read_text(encoding="utf-8"))
    users = user_class(options.url, request)
    print(json.dumps(rate(users, options.users, options.warm_up, options.seconds)), flush=True)
    # The users' loops have no end of their own.
    os._exit(0)


if __name__ == "__main__":
    main()
