"""What a right judge reports when it plays sequences against the stateful receivers.

The plays are told apart because a defect shows in some of them only; `PLAYS` says what each is. A
case's rules are those that must fire, given that the play has the case's `events` in it, retries as
policy `zoom` does, and a probe that sees the whole of `/state`. `may` holds what is true by the
letter of a rule but depends on the scenario, or is a matter of reading; `why` says so. Nothing else
may fire. How it is read throughout:

- A copy that the scenario sends is MZ501, one sent while the first is unanswered MZ504, one sent
  because an answer was lost (or came too late, which is the same to the sender) MZ503. By its
  letter MZ501 would hold for all three; each is reported under the rule that names its cause.
- Copies of a body never bear the same timestamp, concurrent ones included.
- A retry comes when the receiver is done with the first attempt: Zoom's comes after 5 minutes.
- Each event in the play is judged by `events` too, which counts every one; so a late event that
  rightly changes no entity still has an effect, and MZ505 is not for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PLAYS: Mapping[str, str] = {
    "once": "every event once, in the order of event_ts",
    "twice": "what happened is told again under another request id and later event_ts, with other"
    " URLs (recording completed twice), and the probe states that it is one",
    "duplicate": "a copy with the same request id after the first was answered",
    "lost": "the connection is cut before the answer is complete; a retry follows",
    "concurrent": "a copy with the same request id while the first is unanswered",
    "shuffle": "other orders of arrival than that of event_ts",
    "burst": "200 entities and more, all at once",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One receiver with one variant, and what must and may be reported for it in which play."""

    receiver: str
    defect: str
    """As in `--list-defects`; empty for the receiver as it stands; `legit-…` is right as well."""
    about: str
    must: Mapping[str, frozenset[str]] = field(default_factory=dict)
    may: Mapping[str, frozenset[str]] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    """Globs: the defect shows only with one of these in the play; empty: with any event."""
    why: str = ""

    def rules(self, plays: Iterable[str]) -> frozenset[str]:
        """Return the rules that must fire when these are played."""
        return _union(self.must, plays)

    def allowed(self, plays: Iterable[str]) -> frozenset[str]:
        """Return the rules that must or may fire when these are played."""
        plays = tuple(plays)
        return _union(self.must, plays) | _union(self.may, plays)


def _union(rules: Mapping[str, frozenset[str]], plays: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(rules.get(play, frozenset()) for play in plays))


def _read(rules: str) -> dict[str, frozenset[str]]:
    """Read "lost: MZ503; any: MZ101 MZ102" (`any` stands for every play)."""
    found: dict[str, frozenset[str]] = {}
    for part in filter(None, rules.split(";")):
        play, _, ids = part.partition(":")
        for each in PLAYS if play.strip() == "any" else (play.strip(),):
            if each not in PLAYS:
                raise ValueError(f"no play is called {each!r}")
            found[each] = found.get(each, frozenset()) | frozenset(ids.split())
    return found


FLASK = "stateful_flask"
ASYNCIO = "stateful_asyncio"
BOTH = (FLASK, ASYNCIO)


def cases(
    receivers: str | tuple[str, ...],
    defect: str,
    about: str,
    must: str = "",
    *,
    may: str = "",
    events: str = "",
    why: str = "",
) -> tuple[Case, ...]:
    """Return a case for each of the receivers."""
    names = (receivers,) if isinstance(receivers, str) else receivers
    given = (about, _read(must), _read(may), tuple(events.split()), why)
    return tuple(Case(name, defect, *given) for name in names)


EACH_COPY = "duplicate: MZ501; lost: MZ503; concurrent: MZ504"
PRESENCE = "session.user_joined session.user_left"
STREAMS = "*.rtms_started *.rtms_interrupted *.rtms_stopped *.voice_rtms_*"

CORRECT = (
    *cases(BOTH, "", "Claims the request id and applies the event in one step, then answers."),
    *cases(
        BOTH,
        "legit-works-after-answering",
        "Claims the request id, answers, and applies the event 50 to 400 ms later, in any order.",
        why="Two equal probes less than 400 ms apart prove nothing: work may be under way.",
    ),
    *cases(
        BOTH,
        "legit-state-machine",
        "De-duplicates by event, entity, event_ts and what the event brings.",
        why="The same bytes under two request ids are one event here and two for the others: no"
        " rule speaks of that, so neither count may be reported.",
    ),
    *cases(
        BOTH,
        "legit-rolls-back",
        "Sends the head of its answer, and commits only if the sender is still there 150 ms later.",
        why="With `retry: none` after a lost answer nothing was acknowledged, so no MZ505.",
    ),
)

DEFECTIVE = (
    *cases(
        BOTH,
        "no-deduplication",
        "Takes every delivery for an event, and every start and completion for a new thing.",
        f"{EACH_COPY}; twice: MZ510",
        why="In `twice` the ceiling of the probe is passed: see key-is-body-hash.",
    ),
    *cases(
        BOTH, "key-has-signature", "The signature, new on each retry, is in the key.", EACH_COPY
    ),
    *cases(
        ASYNCIO, "key-has-timestamp", "The timestamp header is in the key with the body.", EACH_COPY
    ),
    *cases(
        FLASK,
        "key-is-timestamp",
        "The timestamp header is the key: of the events of one second, the first is taken.",
        "any: MZ505",
        may=f"{EACH_COPY}; shuffle: MZ502; twice: MZ510",
        why="MZ505 wants two events in one second. Whether a copy is taken again depends on"
        " whether another event has had its second; which is taken depends on the order.",
    ),
    *cases(
        BOTH,
        "key-is-body-hash",
        "The hash of the body is the key, and each completion counts as a recording.",
        "twice: MZ510",
        events="session.recording_completed",
        why="Retries have the same bytes, so only a second body tells. It is no copy by request id,"
        " so MZ501 does not hold: what is broken is what the scenario expects of the state (MZ510)."
        " Without a stated ceiling nothing can be reported.",
    ),
    *cases(
        ASYNCIO,
        "key-is-payload-hash",
        "Event and payload are the key, without event_ts: the second interruption is swallowed.",
        "any: MZ505",
        may="shuffle: MZ502",
        events="*.rtms_interrupted session.recording_paused session.recording_resumed",
        why="Needs the same event with the same payload twice. Whether the order then tells on the"
        " final state depends on what lies between the two.",
    ),
    *cases(
        BOTH,
        "key-is-stream-id",
        "A start is de-duplicated by its stream id: a fail-over is swallowed.",
        "any: MZ505; shuffle: MZ502",
        events="*.rtms_started",
        why="Needs a second start of one stream. In another order the other start's URLs stay, so"
        " MZ502 holds beside MZ505, and no precedence takes it away.",
    ),
    *cases(
        BOTH,
        "marks-after-processing",
        "Looks for the request id, works 150 ms, then notes it.",
        "concurrent: MZ504",
        why="Only a copy within 150 ms is taken twice. A player whose clock makes the retry after a"
        " lost answer that quick would call it MZ503, which Zoom's 5 minutes never show.",
    ),
    *cases(
        BOTH,
        "stop-before-start-ignored",
        "A stop or interruption of an unknown stream is counted only: the stream stays running.",
        "shuffle: MZ502",
        may="burst: MZ502",
        events=STREAMS,
        why="The stop has an effect (it is counted), so MZ505 does not hold.",
    ),
    *cases(
        BOTH,
        "last-arrival-wins",
        "event_ts is not looked at: what comes last overwrites.",
        "shuffle: MZ502",
        may="burst: MZ502",
        why="Needs two events of one entity.",
    ),
    *cases(
        BOTH,
        "late-left-wins",
        "The last arrival decides whether a user is there: a late left undoes the rejoin.",
        "shuffle: MZ502",
        may="burst: MZ502",
        events=PRESENCE,
    ),
    *cases(
        BOTH,
        "works-before-answering",
        "Works 3.5 s on starts and completions before answering; de-duplicates the retry.",
        "any: MZ102",
        events="*rtms_started session.recording_completed",
        why="The effect is right, so no MZ5xx; the retry is acknowledged at once.",
    ),
    *cases(
        BOTH,
        "works-before-answering-twice",
        "Works 3.5 s on starts and completions before answering, and again for each retry.",
        "any: MZ102 MZ503; twice: MZ510; duplicate: MZ501; concurrent: MZ504",
        events="*rtms_started session.recording_completed",
        why="The receiver brings the retry on itself: its answer is lost by coming too late, hence"
        " MZ503 in every play that retries. Copies of quick events are taken twice as well.",
    ),
    *cases(
        FLASK,
        "drops-one-kind",
        "Stops are acknowledged and dropped.",
        "any: MZ505",
        events="*rtms_stopped",
    ),
    *cases(
        ASYNCIO,
        "drops-one-kind",
        "Joins are acknowledged and dropped.",
        "any: MZ505",
        events="session.user_joined",
    ),
    *cases(
        BOTH,
        "drops-every-second",
        "Every second new event is acknowledged and dropped.",
        "any: MZ505",
        may="shuffle: MZ502",
        why="Needs two events. Another order drops others, so MZ502 holds by its letter; a judge"
        " that plays the natural order twice sees that this may differ as well.",
    ),
    *cases(
        BOTH,
        "unhandled-501",
        "501 to contract events that it has no handler for, and to unknown ones.",
        "any: MZ101",
        may="any: MZ107",
        events="rtms.* session.alert session.sharing_* session.live_streaming_*"
        " session.stream_ingestion_*",
        why="MZ107 only where unknown events are sent. Not acknowledged, so not MZ505.",
    ),
    *cases(
        BOTH,
        "duplicate-409",
        "A request id that it knows gets 409.",
        "duplicate: MZ101; lost: MZ101; concurrent: MZ101",
        why="The effect is right; but a valid event is answered 4xx, and Zoom logs a failure. A"
        " copy is as valid as the first. `lost` wants the first to be processed, as it is.",
    ),
    *cases(
        FLASK,
        "duplicate-crash",
        "The UNIQUE constraint's exception on a known request id is a 500.",
        "duplicate: MZ101; lost: MZ101; concurrent: MZ101",
        why="As duplicate-409; Zoom also sends it three times more.",
    ),
    *cases(
        BOTH,
        "lost-answer-processed-again",
        "When the answer is lost it forgets the request id, but not what it has done.",
        "lost: MZ503",
        why="Shows only where the connection is cut before the answer's end, 150 ms after its"
        " head: a player that reads all of it and throws it away cannot see it.",
    ),
    *cases(
        BOTH,
        "seen-before-processed",
        "Notes the request id, gives up the work when the answer is lost; swallows the retry.",
        "lost: MZ505",
        why="The retry is acknowledged and the event has no effect. Shows as the case before.",
    ),
    *cases(
        BOTH,
        "rejoin-counted-twice",
        "Counts those present up and down, never below none, in the order of arrival.",
        "shuffle: MZ502",
        may="burst: MZ502",
        events=PRESENCE,
        why="Needs a left before its join, and shows in `counts.participants_present` alone.",
    ),
    *cases(
        BOTH,
        "older-than-newest-discarded",
        "What is older than the newest event of all entities is counted, and discarded.",
        "shuffle: MZ502",
        may="burst: MZ502 MZ505",
        why="In a burst the order of arrival is anybody's; the event counts, so MZ505 holds only"
        " for a probe of its entity.",
    ),
    *cases(
        ASYNCIO,
        "inbox-overflows",
        "With 40 events at work (a second each), more are acknowledged and dropped.",
        "burst: MZ505",
        why="Nothing shows in plays of fewer than 40 deliveries in a second.",
    ),
)

CASES = CORRECT + DEFECTIVE
