"""The contract documents hold what they claim: events, facts, examples, errata, our own words.

These tests read the files as any other tool would, without mockzoom's loader.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonpath_ng.ext import parse

from tests.each import each

SPECS = Path(__file__).parents[1] / "specs"
RTMS = "rtms.json"
VIDEO_SDK = "video-sdk.json"
FEBRUARY = "history/rtms-2026-02-07.json"
UNDATED = "history/rtms-2026-undated.json"
OLDER_VIDEO_SDK = "history/video-sdk-2026-undated.json"
DOCUMENTS = (RTMS, VIDEO_SDK, FEBRUARY, UNDATED, OLDER_VIDEO_SDK)
PRODUCTS = {
    "accounts.json": 10, "calendar.json": 11, "chatbot.json": 8, "cobrowse-sdk.json": 4,
    "healthcare.json": 1, "mail.json": 1, "marketplace.json": 2, "meetings.json": 101,
    "node.json": 38, "number-management.json": 2, "phone.json": 59, "qss.json": 14,
    "quality-management.json": 2, "revenue-accelerator.json": 6, "rooms.json": 32,
    "scheduler.json": 2, "tasks.json": 8, "team-chat.json": 54, "users.json": 21,
    "video-management.json": 4, "whiteboard.json": 8, "zoom-events.json": 21,
}  # fmt: skip
"""The documents without descriptions, and how many events each has."""
OVERLAYS = {RTMS: "errata/rtms.overlay.json", VIDEO_SDK: "errata/video-sdk.overlay.json"}
FURTHER_OVERLAYS = {
    "meetings.json": ("errata/meetings.overlay.json", 10),
    "phone.json": ("errata/phone.overlay.json", 7),
    "users.json": ("errata/users.overlay.json", 6),
}
"""The overlays of the documents of facts, and how many errata each has."""

RECORDING = "started paused resumed stopped completed transcript_completed transcript_failed"
SUMMARY = "session.recording_summary_completed"
RECORDING_EVENTS = {
    f"session.recording_{state}" for state in f"{RECORDING} trashed deleted recovered".split()
}
CONTRADICTED = {
    *((event, "/payload/object/session_id") for event in RECORDING_EVENTS),
    ("session.alert", "/payload/object/issues"),
    ("session.recording_transcript_failed", "/event"),
}

Document = dict[str, Any]
Schema = dict[str, Any]


def _load(name: str) -> Document:
    document: Document = json.loads((SPECS / name).read_text(encoding="utf-8"))
    return document


def _media(document: Document, event: str) -> dict[str, Any]:
    media: dict[str, Any] = document["webhooks"][event]["post"]["requestBody"]["content"][
        "application/json"
    ]
    return media


def _schema(document: Document, event: str) -> Schema:
    schema: Schema = _media(document, event)["schema"]
    return schema


def _payload(document: Document, event: str) -> Schema:
    payload: Schema = _schema(document, event)["properties"]["payload"]
    return payload


def _example(document: Document, event: str) -> Any:
    return json.loads(_media(document, event)["examples"]["json-example"]["value"])


def _at(body: Any, pointer: str) -> Any:
    for step in pointer.removeprefix("/").split("/"):
        body = body[step]
    return body


def _contradictions(document: Document) -> set[tuple[str, str]]:
    """Return (event, pointer) of each place where an example breaks its own schema."""
    found = set()
    for event in document["webhooks"]:
        validator = jsonschema.Draft202012Validator(_schema(document, event))
        for error in validator.iter_errors(_example(document, event)):
            found.add((event, "/" + "/".join(str(step) for step in error.absolute_path)))
    return found


def _schemas(schema: Schema) -> Iterator[Schema]:
    """Yield `schema` and every schema inside it."""
    yield schema
    for child in schema.get("properties", {}).values():
        yield from _schemas(child)
    for child in schema.get("oneOf", ()):
        yield from _schemas(child)
    if "items" in schema:
        yield from _schemas(schema["items"])


def _listed(description: str) -> list[str]:
    """Return the values that a description lists, one `* value: gloss` a line."""
    return re.findall(r"^\* (.+?)(?:: .*)?$", description, re.MULTILINE)


def _described_but_not_in_enum(document: Document) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    for event in document["webhooks"]:
        for schema in _schemas(_schema(document, event)):
            for name, child in schema.get("properties", {}).items():
                enum = {str(value) for value in child.get("enum", ())}
                missing = [v for v in _listed(child.get("description", "")) if v not in enum]
                if enum and missing:
                    found.setdefault(event, set()).add((name, *missing))
    return found


# -- the documents -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"),
    [(RTMS, 14), (VIDEO_SDK, 35), (FEBRUARY, 11), (UNDATED, 14), (OLDER_VIDEO_SDK, 34)],
)
def test_each_document_has_its_events_and_says_where_they_come_from(name: str, count: int) -> None:
    document = _load(name)
    assert document["openapi"] == "3.1.0"
    assert len(document["webhooks"]) == count
    assert document["x-mockzoom-source"].keys() == {
        *("document", "retrieved", "parts", "descriptions")
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_event_is_one_post_whose_response_repeats_the_request(name: str) -> None:
    for event, item in _load(name)["webhooks"].items():
        assert list(item) == ["post"]
        operation = item["post"]
        assert list(operation) == ["tags", "operationId", "requestBody", "responses"]
        assert operation["operationId"] == event
        assert operation["tags"] == [event.split(".")[0]]
        assert list(operation["responses"]) == ["200"]
        assert operation["responses"]["200"]["content"] == operation["requestBody"]["content"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_schema_is_json_schema_and_requires_only_what_it_defines(name: str) -> None:
    document = _load(name)
    for event in document["webhooks"]:
        jsonschema.Draft202012Validator.check_schema(_schema(document, event))
        for schema in _schemas(_schema(document, event)):
            assert set(schema.get("required", ())) <= set(schema.get("properties", {})), event
        assert {"event", "event_ts", "payload"} <= set(_schema(document, event)["required"])


def test_rtms_has_the_three_lifecycle_events_of_each_kind_and_the_two_of_the_limit() -> None:
    kinds = ("meeting.", "webinar.", "session.", "contact_center.voice_")
    states = ("started", "interrupted", "stopped")
    assert set(_load(RTMS)["webhooks"]) == {
        *(f"{kind}rtms_{state}" for kind in kinds for state in states),
        "rtms.concurrency_near_limit",
        "rtms.concurrency_limited",
    }


def test_video_sdk_has_the_events_of_its_reference() -> None:
    answers = {"ringing", "accepted", "missed", "rejected"}
    families = {
        "user_phone_callout": answers | {"canceled"},
        "user_room_system_callout": answers | {"failed"},
        "stream_ingestion": {"connected", "started", "stopped", "disconnected", "unbind"},
        "live_streaming": {"started", "stopped"},
        "sharing": {"started", "ended"},
        "user": {"joined", "left"},
    }
    expected = {f"session.{name}_{state}" for name in families for state in families[name]}
    expected |= {"session.alert", "session.started", "session.ended", SUMMARY} | RECORDING_EVENTS
    assert set(_load(VIDEO_SDK)["webhooks"]) == expected


def test_video_sdk_adds_one_event_to_its_older_document() -> None:
    older, newer = _load(OLDER_VIDEO_SDK)["webhooks"], _load(VIDEO_SDK)["webhooks"]
    assert {name: item for name, item in newer.items() if name != SUMMARY} == older
    document = _load(VIDEO_SDK)
    assert _schema(document, SUMMARY)["properties"]["event"]["enum"] == [SUMMARY]
    files = _payload(document, SUMMARY)["properties"]["object"]["properties"]["recording_files"]
    kinds = {name: child.get("enum") for name, child in files["items"]["properties"].items()}
    assert {name: values for name, values in kinds.items() if values} == {
        "file_type": ["SUMMARY"], "file_extension": ["JSON"], "status": ["completed"],
        "recording_type": ["summary"],
    }  # fmt: skip


@each(("name", "count"), PRODUCTS.items())
def test_each_document_of_facts_has_its_events_and_says_where_they_come_from(
    name: str, count: int
) -> None:
    document = _load(name)
    assert document["openapi"] == "3.1.0"
    assert len(document["webhooks"]) == count
    source = document["x-mockzoom-source"]
    assert source.keys() == {"document", "retrieved", "parts", "descriptions"}
    assert source["descriptions"] == "none"
    for event, item in document["webhooks"].items():
        assert list(item) == ["post"], event
        assert list(_descriptions(_schema(document, event))) == [], event


def test_458_events_have_names_of_their_own() -> None:
    assert {path.name for path in SPECS.glob("*.json")} == {RTMS, VIDEO_SDK, *PRODUCTS}
    names = [event for path in SPECS.glob("*.json") for event in _load(path.name)["webhooks"]]
    assert (len(names), len(set(names))) == (14 + 35 + 409, 458)


def test_video_sdk_keeps_every_constraint_of_its_reference() -> None:
    document = _load(OLDER_VIDEO_SDK)
    schemas = [s for event in document["webhooks"] for s in _schemas(_schema(document, event))]
    assert Counter(s["type"] for s in schemas) == {
        "string": 373, "object": 135, "integer": 54, "array": 5, "number": 4
    }  # fmt: skip
    assert Counter(s["format"] for s in schemas if "format" in s) == {
        "int64": 53, "date-time": 21, "email": 3
    }  # fmt: skip
    assert Counter(s.get("additionalProperties") for s in schemas) == {
        None: len(schemas) - 118, False: 113, True: 5
    }  # fmt: skip
    assert sum(s.get("deprecated", False) for s in schemas) == 23
    assert sum("enum" in s for s in schemas) == 46
    assert sum(len(s.get("enum", ())) for s in schemas) == 163
    required = sum(len(s.get("required", ())) for s in schemas)
    assert (required, sum(len(s.get("properties", ())) for s in schemas)) == (428, 428 + 104)
    assert [len(s["x-enum"]) for s in schemas if "x-enum" in s] == [12]
    assert {s["title"] for s in schemas if "title" in s} == {"Recording file List"}


@pytest.mark.parametrize("name", [RTMS, FEBRUARY, UNDATED])
def test_the_limit_event_names_exactly_one_of_meeting_webinar_and_session(name: str) -> None:
    schema = _payload(_load(name), "rtms.concurrency_limited")["properties"]["id_field"]
    assert [one["required"] for one in schema["oneOf"]] == [
        ["meeting_uuid"], ["webinar_uuid"], ["session_id"]
    ]  # fmt: skip


@pytest.mark.parametrize("name", [RTMS, FEBRUARY, UNDATED])
def test_rtms_keeps_the_formats_as_documented(name: str) -> None:
    document = _load(name)
    for event in document["webhooks"]:
        assert _schema(document, event)["properties"]["event_ts"]["format"] == "int64"
        reason = _payload(document, event)["properties"].get("stop_reason")
        assert (reason is not None) == event.endswith("rtms_stopped")
        if reason is not None:
            assert (reason["type"], reason["format"]) == ("integer", "int")


@pytest.mark.parametrize("name", [RTMS, FEBRUARY, UNDATED])
def test_rtms_requires_every_member_of_a_payload(name: str) -> None:
    document = _load(name)
    for event in document["webhooks"]:
        payload = _payload(document, event)
        assert payload["required"] == list(payload["properties"])
        assert list(_example(document, event)["payload"]) == payload["required"]


def test_the_members_of_an_example_keep_the_documented_order() -> None:
    started = _example(_load(RTMS), "meeting.rtms_started")["payload"]
    assert list(started) == [
        *("meeting_uuid", "operator_id", "rtms_stream_id", "meeting_id"),
        *("account_id", "is_original_host", "server_urls"),
    ]
    sharing = _example(_load(VIDEO_SDK), "session.sharing_ended")
    assert list(sharing["payload"]) == ["object", "account_id"]


def test_each_snapshot_of_rtms_adds_events_or_required_members_to_the_one_before() -> None:
    first, second, third = _load(FEBRUARY), _load(UNDATED), _load(RTMS)
    assert set(second["webhooks"]) - set(first["webhooks"]) == {
        f"contact_center.voice_rtms_{state}" for state in ("started", "interrupted", "stopped")
    }
    assert set(third["webhooks"]) == set(second["webhooks"]) >= set(first["webhooks"])
    assert _added(first, second) == {"session.rtms_started": {"account_id"}}
    assert _added(second, third) == {
        "meeting.rtms_started": {"account_id", "is_original_host", "meeting_id"},
        "webinar.rtms_started": {"account_id", "is_original_host", "webinar_id"},
    }


def _added(before: Document, after: Document) -> dict[str, set[str]]:
    """Return the required members that `after` adds; assert that nothing else changed."""
    added = {}
    for event in before["webhooks"]:
        old, new = _payload(before, event), _payload(after, event)
        members = set(new["required"]) - set(old["required"])
        assert set(old["required"]) <= set(new["required"])
        kept = {k: v for k, v in new["properties"].items() if k not in members}
        assert kept == old["properties"]
        if members:
            added[event] = members
    return added


# -- what the documents contradict themselves in -------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_examples_break_their_schema_only_where_it_is_known(name: str) -> None:
    known = CONTRADICTED if name in (VIDEO_SDK, OLDER_VIDEO_SDK) else set()
    assert len(CONTRADICTED) == 12
    assert _contradictions(_load(name)) == known


def test_rtms_describes_stop_reasons_5_and_6_but_does_not_list_them() -> None:
    assert _described_but_not_in_enum(_load(RTMS)) == {
        f"{kind}.rtms_stopped": {("stop_reason", "5", "6")}
        for kind in ("meeting", "webinar", "session")
    }


def test_video_sdk_describes_values_that_its_enums_leave_out() -> None:
    missing = _described_but_not_in_enum(_load(VIDEO_SDK))
    assert missing["session.user_room_system_callout_failed"] == {("reason_type", "5", "6")}
    assert missing["session.recording_transcript_completed"] == {("recording_type", "speaker_view")}
    views = _payload(_load(VIDEO_SDK), "session.recording_completed")["properties"]["object"]
    video = views["properties"]["participant_video_files"]["items"]["properties"]["recording_type"]
    assert missing["session.recording_completed"] == {
        ("file_type", "TIMELINE"),
        ("recording_type", "speaker_view"),
        ("recording_type", *_listed(video["description"])),
    }
    assert len(missing) == 3


def test_lists_in_descriptions_are_complete() -> None:
    rtms, video = _load(RTMS), _load(VIDEO_SDK)

    def listed(document: Document, event: str, *path: str) -> list[str]:
        schema = _payload(document, event)
        for name in path:
            schema = schema["items"] if name == "items" else schema["properties"][name]
        return _listed(schema["description"])

    codes = [str(code) for code in range(1, 12)]
    for kind in ("meeting", "webinar", "session"):
        assert listed(rtms, f"{kind}.rtms_stopped", "stop_reason") == codes
    assert listed(rtms, "contact_center.voice_rtms_stopped", "stop_reason") == codes[:7]
    ringing = "session.user_room_system_callout_ringing"
    assert listed(video, ringing, "object", "participant", "call_type") == ["h323", "sip"]
    failed = "session.user_room_system_callout_failed"
    reasons = listed(video, failed, "object", "reason_type")
    assert sorted(map(int, reasons)) == list(range(15))
    sharing = ("object", "user", "sharing_details", "content")
    assert listed(video, "session.sharing_started", *sharing) == [
        *("application", "whiteboard", "desktop", "unknown")
    ]
    leave = _payload(video, "session.user_left")["properties"]["object"]["properties"]["user"]
    assert (
        listed(video, "session.user_left", "object", "user", "leave_reason")
        == (leave["properties"]["leave_reason"]["x-enum"])
    )
    files = ("object", "recording_files", "items")
    assert listed(video, "session.recording_completed", *files, "file_type") == [
        *("MP4", "M4A", "TIMELINE", "TRANSCRIPT", "CHAT", "CC", "CSV")
    ]
    assert len(listed(video, "session.recording_completed", *files, "recording_type")) == 13


# -- errata --------------------------------------------------------------------------------------


def _overlay(name: str) -> Document:
    return _load(_overlay_file(name))


def _overlay_file(name: str) -> str:
    return OVERLAYS[name] if name in OVERLAYS else FURTHER_OVERLAYS[name][0]


def _event_of(action: Document) -> str:
    match = re.match(r"\$\.webhooks\['([^']+)'\]", action["target"])
    assert match is not None
    return match[1]


def _apply(document: Document, overlay: Document) -> Document:
    """Apply an Overlay 1.0 document, refusing any target that is not exactly one node."""
    corrected = copy.deepcopy(document)
    for action in overlay["actions"]:
        found = parse(action["target"]).find(corrected)
        assert len(found) == 1, action["target"]
        assert isinstance(found[0].value, dict | list)
        if action.get("remove"):
            del found[0].context.value[found[0].path.fields[0]]
        else:
            _merge(found[0].value, action["update"])
    return corrected


def _merge(target: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        old = target.get(key)
        assert not isinstance(old, list), f"{key} has to be removed before it is replaced"
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        else:
            target[key] = value


@pytest.mark.parametrize("name", [*OVERLAYS, *FURTHER_OVERLAYS])
def test_each_overlay_extends_its_document_and_every_action_gives_its_reason(name: str) -> None:
    overlay = _overlay(name)
    assert overlay["overlay"] == "1.0.0"
    assert (SPECS / _overlay_file(name)).parent.joinpath(
        overlay["extends"]
    ).resolve() == SPECS / name
    assert overlay["info"].keys() == {"title", "description", "version"}
    readings = Counter[str]()
    for action in overlay["actions"]:
        assert ("update" in action) != action.get("remove", False)
        erratum = action["x-mockzoom-erratum"]
        assert erratum["reason"]
        readings[erratum["id"]] += "other-reading" in erratum
    assert set(readings.values()) == {1}, "each erratum names its other reading once"
    further = {document: count for document, (_, count) in FURTHER_OVERLAYS.items()}
    assert len(readings) == {RTMS: 3, VIDEO_SDK: 12, **further}[name]


def test_the_rtms_errata_complete_stop_reason_and_nothing_else() -> None:
    document = _load(RTMS)
    corrected = _apply(document, _overlay(RTMS))
    codes = list(range(1, 12))
    for kind in ("meeting", "webinar", "session"):
        event = f"{kind}.rtms_stopped"
        reason = _payload(corrected, event)["properties"]["stop_reason"]
        before = _payload(document, event)["properties"]["stop_reason"]
        assert before["enum"] == [code for code in codes if code not in (5, 6)]
        observed = [18] if kind == "meeting" else []
        assert reason == {**before, "enum": codes + observed}
        reason["enum"] = before["enum"]
    assert corrected == document
    call = _payload(document, "contact_center.voice_rtms_stopped")["properties"]["stop_reason"]
    assert call["enum"] == [1, 2, 3, 4, 5, 6, 7]


def test_the_video_sdk_errata_correct_every_example_and_touch_no_schema() -> None:
    document = _load(VIDEO_SDK)
    corrected = _apply(document, _overlay(VIDEO_SDK))
    assert _contradictions(corrected) == set()
    for event in document["webhooks"]:
        assert _schema(corrected, event) == _schema(document, event)
        unlike = _example(corrected, event) != _example(document, event)
        assert unlike == (event in {contradicted for contradicted, _ in CONTRADICTED})


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_other_reading_is_what_the_document_says_elsewhere(name: str) -> None:
    document, overlay = _load(name), _overlay(name)
    corrected = _apply(document, overlay)
    places = set()
    for action in overlay["actions"]:
        readings = action["x-mockzoom-erratum"].get("other-reading")
        if readings is None:
            continue
        event, stated, observed = _event_of(action), [], []
        for reading in readings if isinstance(readings, list) else [readings]:
            pointer, values = reading["pointer"], reading["values"]
            places.add((event, pointer))
            assert _at(_example(corrected, event), pointer) not in values
            (observed if "observed" in reading else stated).extend(values)
        if name == VIDEO_SDK:
            assert [_at(_example(document, event), pointer)] == stated
            assert observed == []
        else:
            assert (stated, observed) == {
                "meeting.rtms_stopped": ([5], [6, 18]),
                "webinar.rtms_stopped": ([5], [6]),
                "session.rtms_stopped": ([5, 6], []),
            }[event]
    stopped = {
        (f"{kind}.rtms_stopped", "/payload/stop_reason")
        for kind in ("meeting", "webinar", "session")
    }
    assert places == (CONTRADICTED if name == VIDEO_SDK else stopped)


def _schema_at(document: Document, event: str, pointer: str) -> Schema:
    schema = _schema(document, event)
    for step in pointer.removeprefix("/").split("/"):
        schema = schema["items"] if step.isdecimal() else schema["properties"][step]
    return schema


@pytest.mark.parametrize("name", FURTHER_OVERLAYS)
def test_the_other_reading_of_a_document_of_facts_breaks_its_schema_unless_it_was_observed(
    name: str,
) -> None:
    document, overlay = _load(name), _overlay(name)
    corrected = _apply(document, overlay)
    observed = []
    for action in overlay["actions"]:
        reading, event = action["x-mockzoom-erratum"]["other-reading"], _event_of(action)
        recent = "observed" in reading
        if recent:
            observed.append((event, reading["pointer"], reading["values"]))
        validator = jsonschema.Draft202012Validator(
            _schema_at(corrected, event, reading["pointer"])
        )
        assert [validator.is_valid(value) for value in reading["values"]] == [
            recent for _ in reading["values"]
        ], action["target"]
    place = "/payload/object/recording_files/0/encryption_fingerprint"
    expected = [("recording.completed", place, [""])] if name == "meetings.json" else []
    assert observed == expected


def test_the_users_errata_give_each_example_a_type_that_the_schema_has() -> None:
    document = _load("users.json")
    corrected = _apply(document, _overlay("users.json"))
    changed = {
        event
        for event in document["webhooks"]
        if _media(corrected, event)["examples"] != _media(document, event)["examples"]
    }
    assert changed == {
        f"user.{word}"
        for word in ("activated", "created", "deactivated", "disassociated", "invitation_accepted")
    }
    for event in changed:
        validator = jsonschema.Draft202012Validator(_schema(corrected, event))
        validator.validate(_media(corrected, event)["examples"]["json-example"]["value"])


def test_a_corrected_example_keeps_everything_but_the_contradicted_places() -> None:
    document = _load(VIDEO_SDK)
    corrected = _apply(document, _overlay(VIDEO_SDK))
    for event in {event for event, _ in CONTRADICTED}:
        before, after = _example(document, event), _example(corrected, event)
        for place in (pointer for other, pointer in CONTRADICTED if other == event):
            path, _, member = place.rpartition("/")
            target = _at(before, path) if path else before
            target[member] = _at(after, place)
        assert json.dumps(before) == json.dumps(after), event


# -- our own words -------------------------------------------------------------------------------


def _descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _descriptions(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key == "description" and isinstance(child, str):
                yield child
            else:
                yield from _descriptions(child)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_descriptions_are_short_and_free_of_markup(name: str) -> None:
    for description in _descriptions(_load(name)):
        assert description
        prose = [
            line for line in description.split("\n") if not line.startswith(("* ", "Scopes: "))
        ]
        assert len(" ".join(prose)) <= 180, description
        assert not re.search(
            r"<br|</|\]\(|https?:|\*\*|^#|^\s*curl|Prerequisites", description, re.MULTILINE
        ), description


def test_the_readme_names_every_file_of_the_folder() -> None:
    files = {path for path in SPECS.rglob("*") if path.is_file()} - {SPECS / "README.md"}
    text = (SPECS / "README.md").read_text(encoding="utf-8")
    named = {SPECS / name for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}
    assert named == files
