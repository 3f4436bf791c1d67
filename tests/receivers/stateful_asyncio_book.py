"""What `stateful_asyncio.py` remembers: the events themselves, from which the state is told anew.

Nothing is ever overwritten. Whoever asks gets the story read in the order of `event_ts`, events of
one millisecond in the order of their arrival.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

STREAM_WORDS = {"started": "started", "interrupted": "interrupted", "stopped": "stopped"}
RECORDING_PREFIX = "session.recording_"
RECORDING_WORDS = {
    "started", "paused", "resumed", "stopped", "completed", "trashed", "recovered", "deleted",
}  # fmt: skip


def as_id(value: Any) -> str:
    """Return an id as a string; some come as numbers."""
    if isinstance(value, int):
        return format(value, "d")
    return value if isinstance(value, str) else ""


@dataclass
class Note:
    """An event as it was taken down."""

    arrival: int
    name: str
    at: int
    body: dict[str, Any]
    void: bool = False
    """Counted, but not part of the story (in defective receivers only)."""
    fields: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        payload = self.body.get("payload")
        fields = payload if isinstance(payload, dict) else {}
        if isinstance(fields.get("object"), dict):
            fields = fields["object"]
        self.fields = fields

    @property
    def action(self) -> str:
        return self.name.split("_")[-1]

    @property
    def stream_id(self) -> str:
        if "rtms_" in self.name and self.action in STREAM_WORDS:
            return as_id(self.fields.get("rtms_stream_id"))
        return ""

    @property
    def session_id(self) -> str:
        return as_id(self.fields.get("session_id")) or as_id(self.fields.get("id"))

    def inner(self, name: str, *keys: str) -> str:
        """Return the first id among `keys` of the object called `name`, or an empty string."""
        thing = self.fields.get(name)
        if not isinstance(thing, dict):
            return ""
        return next((as_id(thing[key]) for key in keys if as_id(thing.get(key))), "")

    @property
    def urls(self) -> list[str]:
        files = self.fields.get("recording_files")
        files = files if isinstance(files, list) else []
        return [as_id(item.get("download_url")) for item in files if isinstance(item, dict)]


class Book:
    """The notes, and the state that they tell. `reset` turns to a new page."""

    def __init__(self) -> None:
        self.page = 0
        self.arrivals = 0
        self.reset()

    def reset(self) -> None:
        self.page += 1
        self.notes: list[Note] = []
        self.known: set[Any] = set()

    def write(self, note: Note) -> None:
        self.notes.append(note)

    def order(self, note: Note) -> tuple[int, int]:
        return note.at, note.arrival

    def order_of_presence(self, note: Note) -> tuple[int, int]:
        return self.order(note)

    def state(self) -> dict[str, Any]:
        story = sorted((note for note in self.notes if not note.void), key=self.order)
        streams = self.streams(story)
        sessions = self.sessions(story)
        recordings = self.recordings(story)
        callouts = self.callouts(story)
        active = [key for key, one in streams.items() if one["status"] != "stopped"]
        changed = {note.stream_id: index for index, note in enumerate(story)}
        self.add_history(streams)
        return {
            "counts": {
                "sessions_started": len({n.session_id for n in self.named("session.started")}),
                "sessions_active": sum(one["status"] == "started" for one in sessions.values()),
                "streams_started": self.streams_started(),
                "streams_active": len(active),
                "failovers": sum(max(0, len(s) - 1) for s in self.servers(story).values()),
                "recordings": self.recordings_made(),
                "participants_joined": len(self.named("session.user_joined")),
                "participants_present": self.present(sessions),
                "callouts": sum(len(one) for one in callouts.values()),
            },
            "events": dict(sorted(Counter(note.name for note in self.notes).items())),
            "streams": streams,
            "active_streams": sorted(active, key=changed.__getitem__),
            "sessions": sessions,
            "recordings": recordings,
            "callouts": callouts,
        }

    def named(self, name: str) -> list[Note]:
        return [note for note in self.notes if note.name == name]

    def starts(self) -> list[str]:
        return [n.stream_id for n in self.notes if n.stream_id and n.action == "started"]

    def streams_started(self) -> int:
        return len(set(self.starts()))

    def recordings_made(self) -> int:
        return len({note.session_id for note in self.named("session.recording_completed")})

    def present(self, sessions: dict[str, Any]) -> int:
        return sum(list(one["participants"].values()).count("joined") for one in sessions.values())

    def streams(self, story: list[Note]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for note in story:
            if not note.stream_id:
                continue
            new = {"status": None, "servers": None, "reason": None, "history": []}
            stream = found.setdefault(note.stream_id, new)
            stream["status"] = STREAM_WORDS[note.action]
            if note.action == "started":
                stream["servers"] = note.fields.get("server_urls")
            elif note.action == "stopped":
                stream["reason"] = note.fields.get("stop_reason")
        return found

    def add_history(self, streams: dict[str, Any]) -> None:
        for note in sorted(self.notes, key=lambda note: (note.at, note.arrival)):
            if note.stream_id in streams:
                streams[note.stream_id]["history"].append(note.action)

    def servers(self, story: list[Note]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for note in story:
            if note.stream_id and note.action == "started":
                found.setdefault(note.stream_id, set()).add(repr(note.fields.get("server_urls")))
        return found

    def sessions(self, story: list[Note]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for note in story:
            if note.name in ("session.started", "session.ended") and note.session_id:
                session = found.setdefault(note.session_id, {"status": None, "participants": {}})
                session["status"] = note.name.removeprefix("session.")
        for note in sorted(story, key=self.order_of_presence):
            user = note.inner("user", "id")
            if note.name in ("session.user_joined", "session.user_left") and user:
                session = found.setdefault(note.session_id, {"status": None, "participants": {}})
                session["participants"][user] = note.action
        return found

    def recordings(self, story: list[Note]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for note in story:
            if not note.name.startswith(RECORDING_PREFIX) or not note.session_id:
                continue
            new = {"status": None, "files": [], "transcript": None}
            recording = found.setdefault(note.session_id, new)
            if note.name.startswith(RECORDING_PREFIX + "transcript_"):
                recording["transcript"] = note.action
            elif note.action in RECORDING_WORDS:
                recording["status"] = note.action
                if note.action == "completed":
                    recording["files"] = note.urls
        return found

    def callouts(self, story: list[Note]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for note in story:
            called = note.inner("participant", "phone_number", "device_ip")
            if "_callout_" in note.name and note.session_id and called:
                found.setdefault(note.session_id, {})[called] = note.action
        return found
