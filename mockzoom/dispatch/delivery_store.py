"""The durable side of the dispatch: subscriptions and deliveries in the journal.

Each method that writes returns a future, which ends when what it wrote is on the disk: the intent
before anything is sent, the outcome before it is shown. Reading sees only what is on the disk.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from mockzoom.dispatch import subscription_rows
from mockzoom.dispatch.feed import publish, publish_attempt, publish_state, publish_violation
from mockzoom.dispatch.queues import Queues
from mockzoom.dispatch.subscription import Subscription
from mockzoom.errors import UsageError
from mockzoom.journal import Archive, DeliveryRow, Redactor, Writer, rows
from mockzoom.model import Attempt, Delivery, Request, Violation
from mockzoom.zoom.marketplace import MOST_SUBSCRIPTIONS


class Conflict(UsageError):
    """What is asked for does not go with what there is: too many, disabled, unknown by now."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that is to be made: to whom, by which policy, and as what kind.

    Kinds are `event`, `challenge`, and `control`: a genuine delivery that the answer to another one
    is compared with.
    """

    delivery: Delivery
    subscription: str
    policy: str
    kind: str = "event"
    replay_of: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt whose intent is on the disk; `known` counts the ones before with an outcome."""

    attempt: int
    number: int
    known: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt's outcome means for its delivery: its next state, and when it is due."""

    state: str
    reason: str = ""
    due_at: float | None = None
    violations: tuple[Violation, ...] = ()
    subscription: Subscription | None = None
    """The subscription as it is after a challenge."""
    notice: str = ""
    attempt: Attempt | None = None
    """What was made; None where nothing was."""
    sent_for: Subscription | None = None
    """The subscription with the URL and the secret that it was made with."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a delivery showed beside its controls."""

    violations: tuple[tuple[int, Violation], ...] = ()
    """Each with the number of the delivery that shows it: the judged one, or a control."""
    notices: tuple[str, ...] = ()


class DeliveryStore:
    """Subscriptions and deliveries; `writer` and `archive` belong to the same journal."""

    def __init__(self, writer: Writer, archive: Archive) -> None:
        self._writer = writer
        self._archive = archive
        self.queues = Queues(archive)

    # -- subscriptions -------------------------------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        """Return every subscription, the oldest first."""
        with self._archive.reading() as connection:
            found = connection.execute("SELECT * FROM subscription ORDER BY rowid").fetchall()
        return [subscription_rows.read(row) for row in found]

    def subscription(self, name: str) -> Subscription | None:
        """Return one subscription; None where there is none of that id."""
        with self._archive.reading() as connection:
            return subscription_rows.find(connection, name)

    def add(self, subscription: Subscription) -> Future[None]:
        """Keep a new subscription; the future raises `Conflict` where there are 20 already."""

        def work(connection: sqlite3.Connection) -> None:
            count = connection.execute("SELECT count(*) FROM subscription").fetchone()[0]
            if count >= MOST_SUBSCRIPTIONS:
                raise Conflict(
                    f"there are {MOST_SUBSCRIPTIONS} subscriptions, as many as an app may have"
                )
            subscription_rows.insert(connection, subscription)
            publish_state(connection, subscription)

        return self._writer.submit(work)

    def change(
        self, name: str, change: Callable[[Subscription], Subscription]
    ) -> Future[Subscription]:
        """Change a subscription as it is by then; the future gives what it is afterwards.

        It raises what `change` raises, and `Conflict` where the subscription is gone.
        """

        def work(connection: sqlite3.Connection) -> Subscription:
            before = subscription_rows.find(connection, name)
            if before is None:
                raise Conflict(f"there is no subscription {name!r}")
            after = change(before)
            subscription_rows.update(connection, after)
            publish_state(connection, after)
            return after

        return self._writer.submit(work)

    def remove(self, name: str) -> Future[None]:
        """Delete a subscription; what was still to be delivered to it is cancelled."""

        def work(connection: sqlite3.Connection) -> None:
            gone = connection.execute("DELETE FROM subscription WHERE id = ?", (name,)).rowcount
            if not gone:
                raise Conflict(f"there is no subscription {name!r}")
            _cancel(connection, name, "the subscription was deleted")
            publish(connection, "subscription", {"id": name, "state": "deleted"})

        return self._writer.submit(work)

    def tell_client(self, name: str, *, connected: bool) -> Future[None]:
        """Publish that the client of a subscription has come or gone."""

        def work(connection: sqlite3.Connection) -> None:
            publish(connection, "subscription", {"id": name, "connected": connected})

        return self._writer.submit(work)

    # -- deliveries ----------------------------------------------------------------------------

    def accept(self, items: Sequence[Accepted], now: float) -> Future[list[int]]:
        """Keep deliveries that are due at once; the future gives their numbers."""

        def work(connection: sqlite3.Connection) -> list[int]:
            _keep_clock(connection, now)
            return [_accept(connection, item, now) for item in items]

        return self._writer.submit(work)

    def challenge(self, item: Accepted, now: float) -> Future[list[int]]:
        """Keep a challenge that is due at once; the subscription waits for its outcome."""

        def work(connection: sqlite3.Connection) -> list[int]:
            connection.execute(
                "UPDATE subscription SET validate_at = NULL WHERE id = ?", (item.subscription,)
            )
            return [_accept(connection, item, now)]

        return self._writer.submit(work)

    def put_off(self, row: DeliveryRow, reason: str, due_at: float) -> Future[None]:
        """Have a delivery made later; `reason` says what it waits for."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE delivery SET state = 'pending', reason = ?, due_at = ? WHERE id = ?"
                " AND state IN ('pending', 'sending')",
                (reason, due_at, row.id),
            )
            connection.execute(
                "UPDATE attempt SET state = 'unknown' WHERE delivery = ? AND state = 'sending'",
                (row.id,),
            )

        return self._writer.submit(work)

    def begin(self, row: DeliveryRow, request: Request, redactor: Redactor) -> Future[Claim]:
        """Keep the intent to send `request`; raises `Conflict` where that is no longer wanted."""
        started = time.time()

        def work(connection: sqlite3.Connection) -> Claim:
            changed = connection.execute(
                "UPDATE delivery SET state = 'sending', attempts = attempts + 1"
                " WHERE id = ? AND state = 'pending' RETURNING attempts",
                (row.id,),
            ).fetchone()
            if changed is None:
                raise Conflict(f"delivery {row.id} is no longer to be made")
            known = connection.execute(
                "SELECT count(*) FROM attempt WHERE delivery = ? AND state != 'unknown'", (row.id,)
            ).fetchone()[0]
            columns = rows.request_columns(request, row.delivery, redactor)
            attempt = connection.execute(
                rows.INSERT_ATTEMPT,
                (row.id, changed["attempts"], "sending", started, *columns, *_NOTHING),
            ).lastrowid
            return Claim(int(attempt or 0), changed["attempts"], known)

        return self._writer.submit(work)

    def finish(
        self, row: DeliveryRow, claim: Claim, attempt: Attempt, settled: Settled,
        redactor: Redactor, now: float,
    ) -> Future[None]:  # fmt: skip
        """Keep the outcome of an attempt, and what follows from it."""

        def work(connection: sqlite3.Connection) -> None:
            _keep_clock(connection, now)
            columns = rows.outcome_columns(attempt, redactor)
            there = connection.execute(
                rows.UPDATE_ATTEMPT, (rows.state_of(attempt), *columns, claim.attempt)
            ).rowcount
            if not there:
                return  # everything was forgotten meanwhile
            kept = connection.execute(
                "UPDATE delivery SET state = ?, reason = ?, due_at = ?, status = ?"
                " WHERE id = ? AND state = 'sending'",
                (settled.state, redactor.text(settled.reason), settled.due_at, attempt.status,
                 row.id),
            ).rowcount  # fmt: skip
            state = settled.state if kept else "cancelled"
            publish_attempt(connection, row, claim.number, attempt, state, settled.due_at, redactor)
            for violation in settled.violations:
                publish_violation(connection, row.id, violation, redactor)
            if settled.subscription is not None:
                _after_challenge(connection, settled, redactor)

        return self._writer.submit(work)

    def conclude(self, row: DeliveryRow, judgement: Judgement, redactor: Redactor) -> Future[None]:
        """Keep what a delivery showed after its outcome was kept; nothing once it is forgotten."""

        def work(connection: sqlite3.Connection) -> None:
            for number, violation in judgement.violations:
                if _is_kept(connection, number):
                    publish_violation(connection, number, violation, redactor)
            if not _is_kept(connection, row.id):
                return
            notices = [redactor.text(notice) for notice in judgement.notices]
            for text in notices:
                connection.execute(
                    "UPDATE delivery SET reason = iif(reason = '', ?1, reason || '; ' || ?1)"
                    " WHERE id = ?2",
                    (text, row.id),
                )
            publish(connection, "judged", {"delivery": row.id, "notices": notices})

        return self._writer.submit(work)

    def cancel(self, row: DeliveryRow, reason: str) -> Future[None]:
        """Give up a delivery that cannot be made."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE delivery SET state = 'cancelled', reason = ?, due_at = NULL"
                " WHERE id = ? AND state = 'pending'",
                (reason, row.id),
            )
            publish(connection, "cancelled", {"delivery": row.id, "reason": reason})

        return self._writer.submit(work)

    # -- the process's life --------------------------------------------------------------------

    def recover(self, now: float) -> Future[int]:
        """Mark attempts that were under way when the process ended; return how many there were.

        Nobody knows whether they arrived. Each is made again, under the same request id; controls
        are not, since nobody waits for them any more.
        """

        def work(connection: sqlite3.Connection) -> int:
            connection.execute(
                "UPDATE delivery SET state = 'cancelled', due_at = NULL, reason = ?"
                " WHERE kind = 'control' AND state IN ('pending', 'sending')",
                ("the process that waited for this control has ended",),
            )
            found = connection.execute(
                "SELECT id, delivery, number FROM attempt WHERE state = 'sending'"
            ).fetchall()
            for row in found:
                connection.execute(
                    "UPDATE attempt SET state = 'unknown' WHERE id = ?", (row["id"],)
                )
                again = connection.execute(
                    "UPDATE delivery SET state = 'pending', due_at = ?, reason = 'outcome unknown'"
                    " WHERE id = ? AND state = 'sending'",
                    (now, row["delivery"]),
                ).rowcount
                state = "pending" if again else "cancelled"
                data = {"delivery": row["delivery"], "number": row["number"],
                        "outcome": "unknown", "state": state}  # fmt: skip
                publish(connection, "attempt", data)
            return len(found)

        return self._writer.submit(work)

    def clock(self) -> float:
        """Return the latest moment of the schedule's clock that was kept, 0 where there is none."""
        with self._archive.reading() as connection:
            row = connection.execute("SELECT value FROM setting WHERE name = 'clock'").fetchone()
        return 0.0 if row is None else float(row["value"])

    def reset(self) -> Future[None]:
        """Forget everything: subscriptions, deliveries, runs, uploaded scenarios, notices."""

        def work(connection: sqlite3.Connection) -> None:
            for table in ("violation", "attempt", "feed", "delivery", "run", "notice",
                          "subscription", "scenario"):  # fmt: skip
                connection.execute(f"DELETE FROM {table}")
            publish(connection, "reset", {})

        return self._writer.submit(work)


_NOTHING = (None, None, None, None, 0, None, None, None, 0, None, None, None, None)


def _keep_clock(connection: sqlite3.Connection, now: float) -> None:
    connection.execute("INSERT OR REPLACE INTO setting VALUES ('clock', ?)", (repr(now),))


def _is_kept(connection: sqlite3.Connection, number: int) -> bool:
    found = connection.execute("SELECT 1 FROM delivery WHERE id = ?", (number,)).fetchone()
    return found is not None


def _accept(connection: sqlite3.Connection, item: Accepted, now: float) -> int:
    delivery = item.delivery
    number = connection.execute(
        "INSERT INTO delivery (subscription, name, kind, event, case_name, request_id, body,"
        " content_type, headers, forge, policy, state, created_at, due_at, replay_of)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)",
        (item.subscription, delivery.id, item.kind, delivery.event, delivery.case,
         delivery.request_id, delivery.body, delivery.content_type, json.dumps(delivery.headers),
         delivery.forge, item.policy,
         time.time(), now, item.replay_of),
    ).lastrowid  # fmt: skip
    publish(connection, "accepted", {
        "delivery": number, "subscription": item.subscription, "kind": item.kind,
        "event": delivery.event, "request_id": delivery.request_id, "replay_of": item.replay_of,
    })  # fmt: skip
    return int(number or 0)


def _after_challenge(connection: sqlite3.Connection, settled: Settled, redactor: Redactor) -> None:
    """Keep what a challenge showed; what else was changed meanwhile stays as it is."""
    item = settled.subscription
    assert item is not None
    changed = connection.execute(
        "UPDATE subscription SET state = ?, failures = ?, reason = ?, validated_at = ?,"
        " validate_at = ? WHERE id = ? AND url = ? AND secret = ?",
        (item.state, item.failures, redactor.text(item.reason), item.validated_at,
         item.validate_at, item.id, item.url, item.secret),
    ).rowcount  # fmt: skip
    if not changed:
        return  # it has another URL by now, which is validated on its own, or is gone
    publish_state(connection, item)
    if item.state == "disabled":
        _cancel(connection, item.id, "the subscription was disabled")
    if settled.notice:
        text = redactor.text(settled.notice)
        connection.execute(
            "INSERT INTO notice (at, subscription, kind, text) VALUES (?, ?, 'email', ?)",
            (time.time(), item.id, text),
        )
        publish(connection, "notice", {"subscription": item.id, "text": text})


def _cancel(connection: sqlite3.Connection, subscription: str, reason: str) -> None:
    connection.execute(
        "UPDATE delivery SET state = 'cancelled', reason = ?, due_at = NULL"
        " WHERE subscription = ? AND state IN ('pending', 'sending')",
        (reason, subscription),
    )
