"""The variants of `stateful_account.py`, by name: books that get one step wrong or do it otherwise.

Those whose names begin with `legit-` are right as well: nothing may be reported for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

if __package__:
    from .stateful_account_book import Book, Told, kept, object_of, verb_of
else:
    from stateful_account_book import Book, Told, kept, object_of, verb_of


class _ByArrival(Book):
    """Takes the order of arrival for the order in which things happened, in one topic."""

    topic = ""

    def of(self, topic: str) -> Iterator[Told]:
        return iter(self.arrived(topic)) if topic == self.topic else super().of(topic)


class LateLeftRemoves(_ByArrival):
    """A person is present unless the last event that arrived about them is a "left"."""

    topic = "attendance"


class LeftClosesTheLastStay(_ByArrival):
    """A "left" ends whichever stay of the person is open, and nothing where none is."""

    topic = "attendance"

    def attends(self, people: dict[str, Any], told: Told) -> None:
        person = object_of(told)["participant"]
        known = people.setdefault(person["email"], {"stays": []})
        if verb_of(told) == "joined":
            known["stays"].append({"joined": told["event_ts"]})
        elif known["stays"] and "left" not in known["stays"][-1]:
            known["stays"][-1]["left"] = told["event_ts"]


class LateStartReopens(_ByArrival):
    """A meeting runs unless the last event that arrived about it is its end."""

    topic = "meetings"


class RecordingStoredAgain(Book):
    """Stores a row for each file of each delivery of a recording, also of one that is retried."""

    def is_new(self, told: Told, request_id: str) -> bool:
        return told["event"] == "recording.completed" or super().is_new(told, request_id)

    def recordings(self) -> list[dict[str, Any]]:
        return [
            {"id": file["id"], "url": file["download_url"]}
            for told in self.of("recordings")
            for file in object_of(told)["recording_files"]
        ]


class LastRecordingWins(_ByArrival):
    """Stores each file once, with the URL that was delivered last, also by a retry."""

    topic = "recordings"

    def is_new(self, told: Told, request_id: str) -> bool:
        return told["event"] == "recording.completed" or super().is_new(told, request_id)


class LastRecordingToArrive(_ByArrival):
    """Takes each delivery once, and stores each file with the URL that arrived last."""

    topic = "recordings"


class InstancesAreOneMeeting(_ByArrival):
    """Goes by the id of a meeting, which is the same each time that it is held."""

    topic = "meetings"

    def meetings(self) -> dict[str, str]:
        return {str(object_of(told)["id"]): verb_of(told) for told in self.of("meetings")}


class CopiesByTime(Book):
    """Takes an event of the type and the time of another one for its copy."""

    def is_new(self, told: Told, request_id: str) -> bool:
        known = {(each["event"], each["event_ts"]) for each in self._told}
        return (told["event"], told["event_ts"]) not in known


class RecordingPerUrl(Book):
    """Takes a file with another URL for another recording."""

    def recordings(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = {}
        for told in self.of("recordings"):
            for file in object_of(told)["recording_files"]:
                found[file["download_url"]] = {"id": file["id"], "url": file["download_url"]}
        return list(found.values())


class LateApprovalCounts(_ByArrival):
    """A registrant is what the last event that arrived says."""

    topic = "registrations"


class _ReplacesUser(Book):
    """Keeps of a user what an update carries, and nothing else."""

    def concerns(self, users: dict[str, Any], told: Told) -> None:
        about = kept(told)
        if verb_of(told) == "updated" and about["id"] in users:
            users[about["id"]] = {**about, "active": users[about["id"]]["active"]}
        else:
            super().concerns(users, told)


class UpdateReplacesUser(_ReplacesUser, _ByArrival):
    """Keeps what the last update that arrived carries."""

    topic = "users"


class NewestUpdateReplacesUser(_ReplacesUser):
    """Keeps what the newest update carries: no order of arrival makes a difference."""


class OlderUpdateIgnored(_ByArrival):
    """Ignores an update where a newer one of the user has arrived, whatever it is about."""

    topic = "users"

    def of(self, topic: str) -> Iterator[Told]:
        newest: dict[str, int] = {}
        for told in super().of(topic):
            key = object_of(told)["id"] if topic == "users" else ""
            if verb_of(told) == "updated" and topic == "users":
                if told["event_ts"] < newest.get(key, 0):
                    continue
                newest[key] = told["event_ts"]
            yield told


class UpdateActivates(_ByArrival):
    """Takes a user who is updated for an active one."""

    topic = "users"

    def concerns(self, users: dict[str, Any], told: Told) -> None:
        super().concerns(users, told)
        about = object_of(told)
        if verb_of(told) == "updated" and about["id"] in users:
            users[about["id"]]["active"] = True


class UpdateCreates(_ByArrival):
    """Creates a user who is updated and unknown."""

    topic = "users"

    def concerns(self, users: dict[str, Any], told: Told) -> None:
        about = kept(told)
        if verb_of(told) == "updated" and about["id"] not in users:
            users[about["id"]] = {**about, "active": True}
        else:
            super().concerns(users, told)


class LateRingingIsMissed(_ByArrival):
    """A call that rings is not answered, whenever that is told."""

    topic = "calls"

    def goes_on(self, call: dict[str, Any], told: Told) -> None:
        if not (verb_of(told) == "ringing" and call.get(str(told["event"])[6:12]) == "ended"):
            super().goes_on(call, told)


class CallRingsForEver(_ByArrival):
    """A call is in the state that was told last, but was missed only if nobody answered."""

    topic = "calls"

    def goes_on(self, call: dict[str, Any], told: Told) -> None:
        super().goes_on(call, told)
        for side in ("callee", "caller"):
            if f"{side} ended" in call:
                call[f"{side} missed"] = not {f"{side} answered", f"{side} connected"} & {*call}


class LastArrivalIsKept(_ByArrival):
    """Keeps of a person when they joined and left, as it was told last."""

    topic = "attendance"

    def attends(self, people: dict[str, Any], told: Told) -> None:
        person = object_of(told)["participant"]
        people.setdefault(person["email"], {})[verb_of(told)] = told["event_ts"]


class LastArrivalIsTheCall(_ByArrival):
    """A call is what was told last of it, by whichever side."""

    topic = "calls"

    def goes_on(self, call: dict[str, Any], told: Told) -> None:
        call["status"] = verb_of(told)


class LastArrivalIsTheCallee(LastArrivalIsTheCall):
    """The same, and takes the events of the callee alone."""

    def arrived(self, topic: str) -> list[Told]:
        events = super().arrived(topic)
        return [told for told in events if topic != "calls" or ".callee_" in told["event"]]


class _TakenAgain(Book):
    """Takes each delivery of one event type, and counts them."""

    again = ""

    def is_new(self, told: Told, request_id: str) -> bool:
        return told["event"] == self.again or super().is_new(told, request_id)

    def state(self) -> dict[str, Any]:
        taken = sum(told["event"] == self.again for told in self._told)
        return {**super().state(), "taken": taken}


def taken_again(event: str) -> type[Book]:
    """Return a book that takes each delivery of `event`."""
    return type(f"TakenAgain_{event}", (_TakenAgain,), {"again": event})


class CountsPresence(Book):
    """Counts up and down who is present in a meeting, in the order of arrival."""

    def of(self, topic: str) -> Iterator[Told]:
        return iter(self.arrived(topic)) if topic == "attendance" else super().of(topic)

    def attendance(self) -> dict[str, Any]:
        found: dict[str, int] = {}
        for told in self.of("attendance"):
            uuid = object_of(told)["uuid"]
            found[uuid] = found.get(uuid, 0) + (1 if verb_of(told) == "joined" else -1)
        return found


class RowPerConnection(Book):
    """Keeps a row for each connection, whoever it is of, and a log of everything that happened."""

    def attendance(self) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for told in self.arrived("attendance"):
            row = rows.setdefault(object_of(told)["participant"]["participant_uuid"], {})
            row[verb_of(told)] = told["event_ts"]
        log = [{"event": told["event"], "at": told["event_ts"]} for told in self.of("attendance")]
        return {"connections": rows, "log": log}


class RanksOfCalls(Book):
    """A call only goes on, from ringing to answered to ended, whatever the times say."""

    def goes_on(self, call: dict[str, Any], told: Told) -> None:
        side, what = str(told["event"])[6:12], verb_of(told)
        ranks = ["ringing", "answered", "connected", "ended", "completed"]
        call[side] = max(call.get(side, "ringing"), what, key=ranks.index)

    def of(self, topic: str) -> Iterator[Told]:
        return iter(self.arrived(topic)) if topic == "calls" else super().of(topic)


class NewestOfEachField(Book):
    """Keeps of each field of a user the newest value, and knows who is deleted."""

    def users(self) -> list[dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        for told in self.arrived("users"):
            what, said = verb_of(told), kept(told)
            states = {"created": True, "activated": True, "deactivated": False, "deleted": None}
            said |= {"active": states[what]} if what in states else {}
            row = rows.setdefault(said["id"], {})
            for name, value in said.items():
                row[name] = max(row.get(name, (0, None)), (told["event_ts"], value), key=_when)
        plain = [{name: cell[1] for name, cell in row.items()} for row in rows.values()]
        return [row for row in plain if row["active"] is not None]


def _when(cell: tuple[int, Any]) -> int:
    return cell[0]


VARIANTS: dict[str, type[Book]] = {
    "legit-counts-presence": CountsPresence,
    "legit-newest-of-each-field": NewestOfEachField,
    "legit-ranks-of-calls": RanksOfCalls,
    "legit-row-per-connection": RowPerConnection,
    **{
        f"again-{event}": taken_again(event)
        for event in (
            "meeting.ended", "meeting.participant_joined", "phone.callee_answered",
            "phone.callee_ended", "phone.recording_completed", "user.activated", "user.created",
            "user.deactivated", "user.deleted", "webinar.participant_joined",
            "webinar.registration_approved", "webinar.registration_created",
        )
    },
    "call-rings-for-ever": CallRingsForEver,
    "copies-by-time": CopiesByTime,
    "instances-are-one-meeting": InstancesAreOneMeeting,
    "last-arrival-is-kept": LastArrivalIsKept,
    "last-arrival-is-the-call": LastArrivalIsTheCall,
    "last-arrival-is-the-callee": LastArrivalIsTheCallee,
    "last-recording-to-arrive": LastRecordingToArrive,
    "last-recording-wins": LastRecordingWins,
    "late-approval-counts": LateApprovalCounts,
    "late-left-removes": LateLeftRemoves,
    "late-ringing-is-missed": LateRingingIsMissed,
    "late-start-reopens": LateStartReopens,
    "left-closes-the-last-stay": LeftClosesTheLastStay,
    "newest-update-replaces-user": NewestUpdateReplacesUser,
    "older-update-ignored": OlderUpdateIgnored,
    "recording-per-url": RecordingPerUrl,
    "recording-stored-again": RecordingStoredAgain,
    "update-activates": UpdateActivates,
    "update-creates": UpdateCreates,
    "update-replaces-user": UpdateReplacesUser,
}  # fmt: skip
