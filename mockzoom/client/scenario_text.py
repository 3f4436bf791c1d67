"""Writes the deliveries of a run as a scenario: the same bodies, at the same distances in time.

Each attempt is a step, since what is retried in a replay depends on the receiver of that day. What
overlapped is delivered at once again, each at its distance from the first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct

from mockzoom.engine.case import JSON_TYPE
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import Delivery, Exchange
from mockzoom.scenario.document import MOST_BYTES
from mockzoom.scenario.durations import LONGEST_S, spell
from mockzoom.scenario.limits import MOST_STEPS
from mockzoom.transport.faults import FAULTS
from mockzoom.zoom.forgeries import FORGERIES

_LARGEST_BODY = 64 * 1024
_MOST_BRACKETS = 200
"""Brackets that a body may open before each other: a document of a scenario is nested less."""
_PLAIN = re.compile(r"[a-z]\w*([.-]\w+)+", re.ASCII)
"""Texts that YAML reads as texts without quotes, such as names of events and deliveries."""
_NAME = re.compile(r"[\w.-]{1,60}", re.ASCII)
_REQUEST_ID = re.compile(r"[\w.-]{1,200}", re.ASCII)
_ODD = re.compile(
    r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Characters that YAML has only as escapes: controls, line ends, the byte order mark."""
_MARGIN = 1024


class ScenarioText(Struct, frozen=True):
    """A scenario's document, and how many deliveries are in it, at least in part.

    `odd` are those that no scenario can make, `more` those that it has no room for.
    """

    text: str
    kept: int
    odd: int
    more: int


class _Moment(Struct, frozen=True):
    """One attempt, and what is written of it; times are seconds.

    `began` and `ended` are wall time. `at` is the time that distances are measured in: where a play
    has a schedule, that of the schedule.
    """

    at: float
    began: float
    ended: float
    delivery: str
    lines: tuple[str, ...]


def as_scenario(name: str, about: str, exchanges: Iterable[Exchange]) -> ScenarioText:
    """Return a scenario that delivers `exchanges` again, as far as a document of one goes."""
    found: list[_Moment] = []
    odd = 0
    for number, exchange in enumerate(exchanges, 1):
        made = list(_moments(exchange, number))
        odd += not made
        found += made
    found.sort(key=attrgetter("began"))
    head = f"name: {name}\nabout: {about}\nretry: none\nsteps:\n"
    parts, kept, room = [head], set[str](), MOST_BYTES - len(head) - _MARGIN
    steps, last = 0, None
    for group in _groups(found):
        text = _written(group, last)
        room -= len(text.encode())
        steps += len(group) + 1
        if room < 0 or steps > MOST_STEPS:
            break
        parts.append(text)
        kept.update(one.delivery for one in group)
        last = group[-1]
    more = {one.delivery for one in found} - kept
    return ScenarioText("".join(parts), len(kept), odd, len(more))


def _moments(exchange: Exchange, number: int) -> Iterator[_Moment]:
    """Yield the attempts of the delivery `number`; none of one that no scenario can make."""
    delivery = exchange.delivery
    lines = _lines(delivery)
    called = delivery.id if _NAME.fullmatch(delivery.id) else f"delivery-{number}"
    for index, attempt in enumerate(exchange.attempts if lines else ()):
        times, began = attempt.timings, attempt.started_at
        at = exchange.schedule[index] if exchange.schedule else began
        ended = began + (times.complete or times.first_byte or times.sent or 0.0)
        name = f"name: {_quoted(f'{called} attempt {index + 1}' if index else called)}"
        how = _deliver(delivery.forge, "" if index else delivery.fault)
        body = f"body: {_quoted(delivery.body.decode())}"
        yield _Moment(at, began, ended, delivery.id, (name, *lines, *how, body))


def _lines(delivery: Delivery) -> tuple[str, ...]:
    """Return what says which event a delivery is; nothing where no scenario can make it."""
    kind = (delivery.content_type or "").partition(";")[0].strip().lower()
    odd = delivery.headers or kind != JSON_TYPE.partition(";")[0]
    if odd or (delivery.forge and delivery.forge not in FORGERIES):
        return ()
    try:
        text = delivery.body.decode()
    except UnicodeDecodeError:
        return ()
    event = _event_of(text) or delivery.event or "unknown"
    opened = text.count("{") + text.count("[")
    if "${" in event or len(text) > _LARGEST_BODY or opened > _MOST_BRACKETS:
        return ()
    lines = (f"send: {_quoted(event)}",)
    if _REQUEST_ID.fullmatch(delivery.request_id):
        return (*lines, f"request_id: {_quoted(delivery.request_id)}")
    return lines


def _event_of(text: str) -> str:
    try:
        read = read_json(text)
    except ForeignJSONError:
        return ""
    named = read.get("event") if isinstance(read, dict) else None
    return named if isinstance(named, str) and named.strip() else ""


def _deliver(forge: str, fault: str) -> tuple[str, ...]:
    if forge:
        return (f"deliver: {{forge: {forge}}}",)
    is_named = any(fault == each.name for each in FAULTS)  # a lost answer is nothing to send
    return (f"deliver: {{fault: {fault}}}",) if is_named else ()


def _groups(found: Sequence[_Moment]) -> Iterator[list[_Moment]]:
    """Yield attempts that follow each other alone, and those that overlap together."""
    group: list[_Moment] = []
    over = 0.0
    for one in found:
        if group and one.began >= over:
            yield group
            group = []
        group.append(one)
        over = max(over, one.ended)
    if group:
        yield group


def _written(group: Sequence[_Moment], last: _Moment | None) -> str:
    """Return the lines of a group, which comes after the attempt `last`."""
    first = group[0]
    after = _after(0.0 if last is None else first.at - last.at)
    if len(group) == 1:
        return _item("  ", first, after)
    lanes = "".join(_item("      ", one, _after(one.at - first.at)) for one in group)
    lines = (*after, "together:")
    return "  - " + "\n    ".join(lines) + "\n" + lanes


def _after(seconds: float) -> tuple[str, ...]:
    spelt = spell(min(max(0.0, seconds), LONGEST_S))
    return () if spelt == "0s" else (f"after: {spelt}",)


def _item(indent: str, one: _Moment, after: Sequence[str]) -> str:
    name, *lines = one.lines
    return f"{indent}- {name}\n" + "".join(f"{indent}  {line}\n" for line in (*after, *lines))


def _quoted(text: str) -> str:
    """Return a text as YAML: as it is, in single quotes, or with escapes where it has to be."""
    if _PLAIN.fullmatch(text):
        return text
    if not _ODD.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _ODD.sub(lambda at: f"\\U{ord(at[0]):08x}", json.dumps(text, ensure_ascii=False))
