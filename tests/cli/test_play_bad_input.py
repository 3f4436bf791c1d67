"""What cannot be played is refused with its reason and exit code 2, and nothing is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Call

pytestmark = pytest.mark.slow

GOOD = "name: good\nsteps:\n  - send: session.started\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + last] * 9)}]\n"
    for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD = {
    "unknown event": ("name: x\nsteps:\n  - send: meeting.rtms_start\n", "no event is called"),
    "unknown step": ("name: x\nsteps:\n  - sned: session.started\n", "did you mean send"),
    "unknown key": ("name: x\nsteps:\n  - send: session.started\n    wiht: {}\n", "wiht"),
    "no steps": ("name: x\n", "steps"),
    "itself played": ("name: x\nsteps:\n  - play: ./x.yaml\n", "itself"),
    "unresolved value": (
        "name: x\nsteps:\n  - send: session.started\n    with: {payload.account_id: '${nobody}'}\n",
        "nobody",
    ),
    "negative duration": ("name: x\nsteps:\n  - wait: -5s\n", "-5s"),
    "duration without unit": ("name: x\nsteps:\n  - wait: 5\n", "unit"),
    "names alike": (
        "name: x\nsteps:\n  - {name: a, wait: 1s}\n  - {name: a, wait: 1s}\n",
        "a",
    ),
    "unsafe tag": ("name: x\nsteps: !!python/object/apply:os.system ['true']\n", "tag"),
    "YAML bomb": (BOMB + "name: x\nsteps:\n  - send: session.started\n", "expand"),
    "no YAML": ("name: [x\n", "x.yaml:"),
    "several documents": (GOOD + "---\n" + GOOD, "document"),
    "a list": ("- send: session.started\n", "x.yaml:1"),
    "nothing": ("", "x.yaml"),
    "not UTF-8": (b"name: \xff\xfe\n", "UTF-8"),
    "10 MB": (GOOD + "#" * 10_000_000, "512 KiB"),
    "deeply nested": ("name: x\nsteps: " + "[" * 3000 + "]" * 3000, "x.yaml"),
}


@pytest.fixture
def nobody_calls() -> Iterator[str]:
    """Listen, and make sure at the end that nobody has connected."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/webhook"
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("case", BAD)
def test_a_bad_scenario_is_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, nobody_calls: str, case: str
) -> None:
    text, reason = BAD[case]
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    good = tmp_path / "good.yaml"
    good.write_text(GOOD, encoding="utf-8")
    command = ["play", str(good), str(path), "--to", nobody_calls, "--secret", "s3cret"]
    done = call(*command)
    said = done.err
    assert done.code == 2, said
    assert reason in said
    assert len(said) < 5000


def test_scenarios_that_play_one_another_are_refused(
    call: Call, tmp_path: Path, nobody_calls: str
) -> None:
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        text = f"name: {name}\nsteps:\n  - play: ./{other}.yaml\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    command = ["play", str(tmp_path / "one.yaml"), "--to", nobody_calls, "--secret", "s3cret"]
    done = call(*command)
    assert done.code == 2
    assert "one" in done.err
    assert "itself" in done.err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--virtual", "--real-time"], "exclude each other"),
        (["--time-scale", "1h"], "expected TIME=TIME"),
        (["--time-scale", "0s=1s"], "above 0"),
        (["--probe", "/state", "--probe-command", "true"], "exclude each other"),
        (["--probe", "/state", "--probe-within", "5"], "--probe-within"),
        (["--let", "nobody"], "nobody"),
        (["--timeout", "0"], "--timeout"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_cannot_be_used_are_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, nobody_calls: str, options: list[str], reason: str
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    command = ["play", str(path), "--to", nobody_calls, "--secret", "s3cret", *options]
    done = call(*command)
    assert done.code == 2, done.err
    assert reason in done.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: x\nsteps:\n  - probe: true\n", "pass --probe"),
        ("name: x\nsteps:\n  - rotate: secret\n", "--next-secret"),
    ],
)
def test_what_the_plan_lacks_is_said_before_anything_is_sent(
    call: Call, tmp_path: Path, nobody_calls: str, text: str, reason: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    command = ["play", str(path), "--to", nobody_calls, "--secret", "s3cret"]
    done = call(*command)
    assert done.code == 2
    assert reason in done.err


def test_check_and_plan_send_nothing(call: Call, tmp_path: Path, nobody_calls: str) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    for flag in ("--check", "--plan"):
        command = ["play", str(path), "--to", nobody_calls, "--secret", "s3cret", flag]
        assert call(*command).code == 0


@pytest.mark.parametrize("flag", ["--check", "--plan", "--list"])
def test_stepping_through_what_is_not_played_is_refused(
    call: Call, nobody_calls: str, flag: str
) -> None:
    done = call("play", "webinar", "--to", nobody_calls, "--secret", "s3cret", "--step", flag)
    assert done.code == 2
    assert "--step plays; --list, --check and --plan send nothing" in done.err
