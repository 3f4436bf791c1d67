"""Reads what steps are made of: how to deliver, what to expect, where to probe, the stream."""

from __future__ import annotations

import re
from typing import cast

from mockzoom.model import JSON
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.fields import Fields
from mockzoom.scenario.model import (
    NOTHING,
    Deliver,
    Expect,
    Nothing,
    ProbeSource,
    RetryPolicy,
    StreamPlan,
)
from mockzoom.scenario.names import Names
from mockzoom.scenario.values import Scope

RETRIES = ("zoom", "zoom-blog", "none")
DELIVER = (
    "times", "gap", "same_id", "late", "lose_response", "forge", "malform", "fault", "retry",
)  # fmt: skip
EXPECT = ("status", "within", "headers", "body", "schema")
STATE = ("body", "schema", "within")
"""What can be expected of a probed state."""
SOURCE = ("get", "run", "ignore", "unordered", "reset", "within")
PROBE_S = 10.0
"""Seconds granted to the receiver's workers where a probe names none."""
MOST_TIMES = 1_000
MOST_LOST = 4
"""The attempts of a delivery: one, and three retries (facts: retry)."""

_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_RANGE = re.compile(r"([1-5]\d\d)-([1-5]\d\d)")
_STATUS = "a status such as 200, a class such as 2xx, a range such as 200-299, or a list of these"


def read_deliver(node: YamlNode | None, scope: Scope, names: Names, default: Deliver) -> Deliver:
    """Return how an event is delivered; what is not written is as in `default`."""
    if node is None:
        return default
    fields = Fields(node, scope, "`deliver`", DELIVER)
    times = fields.count("times", default.times, 1, MOST_TIMES)
    for key in ("gap", "same_id"):
        if key in fields and times < 2:
            message = f"`{key}` says how duplicates are sent, and there is one delivery"
            fields.notebook.add(fields.place_of(key), message, "`times: 2` or more beside it")
    forge = fields.choice("forge", names.forgeries)
    malform = _malform(fields, names)
    fault = fields.choice("fault", names.faults)
    for one, other in (("forge", "malform"), ("forge", "fault"), ("malform", "fault"),
                       ("lose_response", "fault")):  # fmt: skip
        fields.exclude(one, other, "one thing done wrong at a time, or nobody can tell the cause")
    altered = any(key in fields for key in ("forge", "malform", "fault"))
    retry = fields.choice("retry", RETRIES, "none" if altered else default.retry)
    lost = _lost(fields)
    if lost > 1 and retry == "none":
        message = f"`lose_response: {lost}`, and there is one attempt: nothing is retried"
        fields.notebook.add(fields.place_of("lose_response"), message, "`lose_response: true`")
    return Deliver(
        times=times,
        gap=fields.duration("gap"),
        same_id=fields.flag("same_id", default.same_id),
        late=fields.duration("late") or 0.0,
        lose_response=lost,
        forge=forge,
        malform=malform,
        fault=fault,
        retry=cast(RetryPolicy, retry),
    )


def _lost(fields: Fields) -> int:
    node = fields.node("lose_response")
    if node is not None and isinstance(node.content, bool):
        return int(node.content)
    return fields.count("lose_response", 0, 0, MOST_LOST)


def _malform(fields: Fields, names: Names) -> str:
    node = fields.node("malform")
    if node is not None and isinstance(node.content, str):
        if re.fullmatch(r"mutant:\d{1,9}", node.content):
            return node.content
        known = names.malformed_bodies
        if node.content not in known:
            fields.notebook.unknown(
                node.place, "no malformed body is called", node.content, [*known, "mutant:0"]
            )
            return ""
    return fields.text("malform")


def read_expect(node: YamlNode | None, scope: Scope, *, state: bool = False) -> Expect | None:
    """Return what is expected of an answer, or, with `state`, of a probed state."""
    if node is None:
        return None
    what = "`expect` of a probe" if state else "`expect`"
    fields = Fields(node, scope, what, STATE if state else EXPECT)
    if node.content == {}:
        fields.notebook.add(node.place, f"{what} names nothing", f"one of {', '.join(EXPECT)}")
    return Expect(
        place=node.place,
        statuses=_statuses(fields),
        within=fields.duration("within"),
        headers=tuple(_headers(fields)),
        body=fields.json("body", NOTHING) if "body" in fields else NOTHING,
        schema=_schema(fields),
    )


def _statuses(fields: Fields) -> tuple[tuple[int, int], ...]:
    node = fields.node("status")
    if node is None:
        return ()
    items = node.content if isinstance(node.content, tuple) else (node,)
    if not items:
        fields.notebook.add(node.place, "`status` is an empty list", _STATUS)
    found = [_status(item) for item in items]
    for item, status in zip(items, found, strict=True):
        if status is None and not item.bad:
            shown = item.content if isinstance(item.content, str) else item.kind
            fields.notebook.add(item.place, f"no HTTP status: {shown}", _STATUS)
    return tuple(status for status in found if status is not None)


def _status(node: YamlNode) -> tuple[int, int] | None:
    value = node.content
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value) if 100 <= value <= 599 else None
    if not isinstance(value, str):
        return None
    if found := _CLASS.fullmatch(value.strip()):
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    if found := _RANGE.fullmatch(value.replace(" ", "")):
        low, high = int(found[1]), int(found[2])
        return (low, high) if low <= high else None
    return None


def _headers(fields: Fields) -> list[tuple[str, str]]:
    found = []
    for name, node, _ in fields.pairs("headers"):
        pattern = fields.as_text(node, f"the header {name}")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            fields.notebook.add(
                node.place, f"no regular expression: {error}", "one that the whole value matches"
            )
        found.append((name.lower(), pattern))
    return found


def _schema(fields: Fields) -> dict[str, JSON] | bool | Nothing:
    node = fields.node("schema")
    if node is None:
        return NOTHING
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    schema: JSON = node.plain()
    if not isinstance(schema, dict | bool):
        fields.notebook.add(node.place, f"`schema` is {node.kind}", "a JSON Schema (2020-12)")
        return NOTHING
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/" + "/".join(map(str, error.absolute_path))
        fields.notebook.add(
            node.place, f"no JSON Schema: at {place}: {error.message[:200]}", "JSON Schema 2020-12"
        )
    return schema


def read_source(node: YamlNode, scope: Scope, *, trusted: bool) -> ProbeSource:
    """Return where the receiver's state is read."""
    fields = Fields(node, scope, "`probe`", SOURCE)
    fields.exclude("get", "run", "the state is read in one way")
    if "run" in fields and not trusted:
        message = "an uploaded scenario may not run commands"
        fields.notebook.add(fields.place_of("run"), message, "`get`, or no source at all")
    within = fields.duration("within")
    return ProbeSource(
        get=_address(fields, "get"),
        run=fields.texts("run"),
        ignore=fields.texts("ignore"),
        unordered=fields.texts("unordered"),
        reset=_address(fields, "reset"),
        within=PROBE_S if within is None else within,
    )


def _address(fields: Fields, key: str) -> str:
    text = fields.text(key)
    if text and not text.startswith(("http://", "https://", "/", "${")):
        node = fields.raw(key)
        expected = "a URL (http, https), or a path from / at the receiver's host"
        fields.notebook.add(node.place if node else fields.place, f"no address: {text}", expected)
    return text


def read_stream(node: YamlNode, scope: Scope, names: Names) -> StreamPlan:
    """Return a scenario's stream server."""
    known = ("media", "webhooks", *(names.stream_options or ()))
    given = list(node.content) if isinstance(node.content, dict) else []
    allowed = known if names.stream_options is not None else (*known, *given)
    fields = Fields(node, scope, "`stream`", allowed)
    media = fields.placed("media")
    for kind, place in media:
        if kind not in names.media:
            fields.notebook.unknown(place, "no kind of media is called", kind, names.media)
    webhooks = fields.choice("webhooks", ("scripted", "auto"), "scripted")
    return StreamPlan(
        media=tuple(kind for kind, _ in media),
        webhooks="auto" if webhooks == "auto" else "scripted",
        options={key: fields.json(key) for key in fields if key not in ("media", "webhooks")},
    )
