"""What the receiver of `stateful_account.py` knows: each event once, and what follows from all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

Told = dict[str, Any]
"""An event, as it was received."""
TOPICS: Mapping[str, str] = {
    "meeting.started": "meetings", "meeting.ended": "meetings",
    "meeting.participant_joined": "attendance", "meeting.participant_left": "attendance",
    "webinar.participant_joined": "attendance", "webinar.participant_left": "attendance",
    "recording.completed": "recordings", "recording.transcript_completed": "recordings",
    "webinar.registration_created": "registrations",
    "webinar.registration_approved": "registrations",
    "webinar.registration_cancelled": "registrations",
    "webinar.registration_denied": "registrations",
    "user.created": "users", "user.activated": "users", "user.updated": "users",
    "user.deactivated": "users", "user.deleted": "users",
    "phone.callee_ringing": "calls", "phone.callee_answered": "calls",
    "phone.callee_ended": "calls", "phone.caller_ringing": "calls",
    "phone.caller_connected": "calls", "phone.caller_ended": "calls",
    "phone.recording_completed": "calls",
}  # fmt: skip


KEPT = ("id", "email", "dept", "timezone")
"""What is kept of a user."""


def object_of(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = told["payload"]["object"]
    return found


def kept(told: Told) -> dict[str, Any]:
    """Return what an event says of a user, as far as it is kept."""
    return {key: value for key, value in object_of(told).items() if key in KEPT}


def verb_of(told: Told) -> str:
    """Return what happened: the last word of an event's name."""
    return str(told["event"]).rpartition("_" if "_" in told["event"] else ".")[2]


class Book:
    """The correct one. A defect is a subclass that gets one step wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._seen: set[str] = set()

    def take(self, told: Told, request_id: str) -> None:
        """Keep an event, unless it is a copy of one."""
        with self._lock:
            if self.is_new(told, request_id):
                self._told.append(told)
            self._seen.add(request_id)

    def clear(self) -> None:
        with self._lock:
            self._told.clear()
            self._seen.clear()

    def state(self) -> dict[str, Any]:
        """Return all that is known, by topic."""
        with self._lock:
            return {topic: getattr(self, topic)() for topic in sorted({*TOPICS.values()})}

    # -- steps that a defect gets wrong --------------------------------------------------------

    def is_new(self, told: Told, request_id: str) -> bool:
        return request_id not in self._seen

    def of(self, topic: str) -> Iterator[Told]:
        """Yield the events of a topic in the order in which they happened."""
        return iter(sorted(self.arrived(topic), key=lambda told: told["event_ts"]))

    def arrived(self, topic: str) -> list[Told]:
        """Return the events of a topic in the order in which they arrived."""
        return [told for told in self._told if TOPICS.get(told["event"]) == topic]

    def attendance(self) -> dict[str, Any]:
        """Return, by meeting and person, whether they are present, and their stays.

        A stay is a connection: from when it joined to when it left.
        """
        found: dict[str, Any] = {}
        for told in self.of("attendance"):
            self.attends(found.setdefault(object_of(told)["uuid"], {}), told)
        return found

    def attends(self, people: dict[str, Any], told: Told) -> None:
        person = object_of(told)["participant"]
        known = people.setdefault(person["email"], {"present": False, "stays": {}})
        known["present"] = verb_of(told) == "joined"
        known["stays"].setdefault(person["user_id"], {})[verb_of(told)] = told["event_ts"]

    def meetings(self) -> dict[str, str]:
        """Return whether each meeting was started or ended last."""
        return {object_of(told)["uuid"]: verb_of(told) for told in self.of("meetings")}

    def recordings(self) -> list[dict[str, Any]]:
        """Return the recorded files: each once, with its newest URL and when it was first told."""
        found: dict[str, Any] = {}
        for told in self.of("recordings"):
            for file in object_of(told)["recording_files"]:
                row = found.setdefault(file["id"], {"id": file["id"], "since": told["event_ts"]})
                row["url"] = file["download_url"]
        return list(found.values())

    def registrations(self) -> dict[str, Any]:
        """Return the newest word about each registrant."""
        return {
            object_of(told)["registrant"]["email"]: verb_of(told)
            for told in self.of("registrations")
        }

    def users(self) -> list[dict[str, Any]]:
        """Return the users that are not deleted, with the newest value of each of their fields."""
        found: dict[str, Any] = {}
        for told in self.of("users"):
            self.concerns(found, told)
        return list(found.values())

    def concerns(self, users: dict[str, Any], told: Told) -> None:
        what, about = verb_of(told), kept(told)
        if what == "created":
            users[about["id"]] = {**about, "active": True}
        elif what == "deleted":
            users.pop(about["id"], None)
        elif about["id"] in users:
            if what != "updated":
                users[about["id"]]["active"] = what == "activated"
            users[about["id"]].update(about)

    def calls(self) -> dict[str, Any]:
        """Return, by call and side, where it stands, what was when, and whether it was missed."""
        found: dict[str, Any] = {}
        for told in self.of("calls"):
            about = object_of(told)
            for each in about.get("recordings", [about]):
                self.goes_on(found.setdefault(each["call_id"], {}), told)
        return found

    def goes_on(self, call: dict[str, Any], told: Told) -> None:
        side, what = str(told["event"])[6:12], verb_of(told)
        if what == "completed":
            call["recorded"] = True
            return
        call[f"{side} {what}"] = told["event_ts"]
        if what == "ended":
            call[f"{side} missed"] = call.get(side) == "ringing"
        call[side] = what
