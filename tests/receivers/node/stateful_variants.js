// The variants of `stateful.js`, by name. Those that begin with `legit-` are right.
"use strict";

const { Receiver, reply, verbOf } = require("./stateful");

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// -- right in another way ------------------------------------------------------------------------

// Shows lists of rows, each with a key of its own and the time at which it was received.
class Rows extends Receiver {
  put(told, table, id, field, value) {
    const row = super.put(told, table, id, field, value);
    if (row.key === undefined) {
      this.keys = (this.keys || 0) + 1;
      row.key = this.keys;
      row.received_at = new Date().toISOString();
    }
    return row;
  }

  rows(table) {
    return Object.values(super.rows(table));
  }
}

// Rows of one table point at those of another by keys that it made itself.
class Keys extends Rows {
  rows(table) {
    const keys = new Map([...this.tables.sessions.values()].map((row) => [row.id, row.key]));
    return super.rows(table).map(({ id, ...row }) => {
      const session = String(id).includes("|") ? id.split("|")[0] : row.session;
      if (session === undefined) return { id, ...row };
      return { ...row, session: undefined, about: String(id).split("|")[1] || id,
        session_key: keys.get(session) };
    });
  }
}

// Answers, and writes later: one worker takes what waits, one after the other.
class Queue extends Receiver {
  async take(told) {
    if (this.isNew(told)) {
      this.last = (this.last || Promise.resolve()).then(() => pause(15)).then(() => this.write(told));
    }
    return 200;
  }
}

// Answers, and writes later: four workers, which take what waits at random.
class Pool extends Receiver {
  async take(told) {
    if (this.isNew(told)) setTimeout(() => this.write(told), 20 + 180 * Math.random());
    return 200;
  }
}

// Never takes a row away: it gets a time at which it was closed.
class SoftDelete extends Receiver {
  put(told, table, id, field, value) {
    const row = super.put(told, table, id, field, value);
    const over = ["ended", "stopped", false, "deleted"].includes(row.status ?? row.present ?? row.recording);
    row.deleted_at = over ? new Date(Math.max(...Object.values(row.times))).toISOString() : null;
    return row;
  }
}

// Shows figures only: how many there are of each kind, and how many are open.
class Figures extends Receiver {
  state() {
    const found = {};
    for (const [table, rows] of Object.entries(this.tables)) {
      const open = [...rows.values()].filter((row) => row.present || row.status === "started");
      found[table] = { known: rows.size, open: open.length };
    }
    return found;
  }
}

// Shows the newest fifty events, newest first, beside the rows.
class Log extends Receiver {
  clear() {
    super.clear();
    this.log = [];
  }

  write(told) {
    this.log.push({ event: told.event, at: told.at, id: told.id });
    this.log.sort((one, other) => other.at - one.at || (one.id < other.id ? -1 : 1));
    this.log.length = Math.min(this.log.length, 50);
    super.write(told);
  }

  state() {
    return { ...super.state(), recent: this.log.map(({ event, at }) => ({ event, at })) };
  }
}

// Knows of a session who left last, and how long it has been, in ms: of nobody else.
class LastLeft extends Receiver {
  session(told, session, object) {
    this.put(told, "sessions", session, "last", verbOf(told.event));
    const row = this.tables.sessions.get(session);
    row.from = Math.min(row.from ?? told.at, told.at);
    row.to = Math.max(row.to ?? told.at, told.at);
    row.lasted_ms = row.to - row.from;
    if (told.event === "session.user_left") this.put(told, "sessions", session, "left", object.user.name);
  }
}

// Shows what goes on alone, and of which account it is: what is over is gone.
class OpenOnly extends Receiver {
  session(told, session, object) {
    super.session(told, session, object);
    if (told.event === "session.started") {
      this.put(told, "sessions", session, "account", told.payload.account_id);
    }
  }

  rows(table) {
    const open = Object.entries(super.rows(table)).filter(
      ([, row]) => !["ended", "stopped"].includes(row.status) && row.present !== false,
    );
    return Object.fromEntries(open);
  }

  state() {
    return { ...super.state(), counts: {} };
  }
}

// Shows names in a form of its own, which depends on what letters they have.
class Slugs extends Receiver {
  rows(table) {
    const found = super.rows(table);
    for (const row of Object.values(found)) {
      if (row.name) row.name = row.name.normalize("NFKD").replace(/[^\w]+/g, "-").toLowerCase();
    }
    return found;
  }
}

// Works for a moment, and gives up where the connection is closed meanwhile: then nothing is done.
class GivesUp extends Receiver {
  async take(told, response) {
    await pause(30);
    if (response.destroyed || response.socket === null || response.socket.destroyed) return 200;
    return super.take(told, response);
  }
}

// -- defects -------------------------------------------------------------------------------------

// Takes two events of one kind, session and millisecond for one.
class OnePerMillisecond extends Receiver {
  key(told) {
    const object = told.payload.object || told.payload;
    return [told.event, object.session_id || object.id || object.rtms_stream_id, told.at].join();
  }
}

// Takes a start of a stream that runs for a copy.
class FailOverIsCopy extends Receiver {
  stream(told, payload) {
    const known = this.tables.streams.get(payload.rtms_stream_id);
    if (verbOf(told.event) !== "started" || known === undefined || known.servers === undefined) {
      super.stream(told, payload);
    }
  }

  write(told) {
    super.write(told);
    delete this.counts[told.event];
  }
}

// Its database takes no characters beyond U+FFFF, and what it throws is caught too far out.
class NoEmoji extends Receiver {
  write(told) {
    if (/[\u{10000}-\u{10ffff}]/u.test(JSON.stringify(told.payload))) return;
    super.write(told);
  }
}

// Answers, works for a while, and notes the request id when the work is done.
class MarksWhenDone extends Receiver {
  async take(told) {
    if (!this.seen.has(told.id)) {
      setTimeout(() => {
        this.mark(told);
        this.write(told);
      }, 250);
    }
    return 200;
  }

  write(told) {
    super.write(told);
  }
}

// Looks the request id up, which takes a moment, then notes it.
class LooksThenNotes extends Receiver {
  async take(told) {
    const known = this.seen.has(told.id);
    await pause(1);
    if (!known) {
      this.mark(told);
      this.write(told);
    }
    return 200;
  }
}

// Notes the request id at once, works, and gives the work up where the connection is closed.
class GivesUpWhatItNoted extends Receiver {
  async take(told, response) {
    if (!this.isNew(told)) return 200;
    await pause(30);
    if (!response.socket || response.socket.destroyed) return 200;
    this.write(told);
    return 200;
  }
}

// Writes at once, and forgets the request id where the connection is closed before it answers.
class ForgetsWhatItWrote extends Receiver {
  async take(told, response) {
    if (!this.isNew(told)) return 200;
    this.write(told);
    await pause(30);
    if (!response.socket || response.socket.destroyed) this.seen.delete(told.id);
    return 200;
  }
}

// Remembers request ids for a minute.
class ForgetsInAMinute extends Receiver {
  isNew(told) {
    const at = this.seen.get(told.id);
    if (at !== undefined && this.now() - at < 60_000) return false;
    this.mark(told);
    return true;
  }
}

// Drops every ninth event.
class DropsSome extends Rows {
  write(told) {
    this.number = (this.number || 0) + 1;
    if (this.number % 9) super.write(told);
  }
}

// The last arrival decides who is present.
class LateLeft extends Receiver {
  wins(told, at) {
    return /user_(joined|left)$/.test(told.event) || super.wins(told, at);
  }

  session(told, session, object) {
    const user = object.user;
    if (!user || !/user_(joined|left)$/.test(told.event)) return super.session(told, session, object);
    return this.put(told, "users", `${session}|${user.user_key || user.name}`, "present",
      verbOf(told.event) === "joined");
  }
}

// The last arrival decides where a recording is fetched from.
class LateUrl extends Receiver {
  wins(told, at) {
    return told.event === "session.recording_completed" || super.wins(told, at);
  }
}

// A session is open again with each start, whenever that arrives.
class Reopens extends Receiver {
  wins(told, at) {
    return told.event === "session.started" || super.wins(told, at);
  }
}

// Answers 404 to what is about a stream that it does not know.
class UnknownStream404 extends Receiver {
  async take(told) {
    const id = told.payload.rtms_stream_id;
    if (id && verbOf(told.event) !== "started" && !this.tables.streams.has(id)) return 404;
    return super.take(told);
  }
}

// Has one alert a session: the second is taken for a copy.
class OneAlert extends Receiver {
  write(told) {
    const object = told.payload.object || {};
    const id = `${object.session_id || object.id}|`;
    if (told.event === "session.alert") {
      if (!this.tables.alerts.has(id)) this.put(told, "alerts", id, "issues", object.issues);
      return;
    }
    super.write(told);
  }
}

// Counts each delivery, whatever its request id.
class CountsCopies extends Receiver {
  isNew() {
    return true;
  }
}

// Takes an interruption for the end of a stream: nothing is known of it afterwards.
class InterruptionEnds extends Receiver {
  stream(told, payload) {
    const known = this.tables.streams.get(payload.rtms_stream_id);
    if (known && known.status === "interrupted") return;
    super.stream(told, payload);
  }
}

exports.VARIANTS = {
  "legit-rows": Rows,
  "legit-keys": Keys,
  "legit-queue": Queue,
  "legit-pool": Pool,
  "legit-soft-delete": SoftDelete,
  "legit-figures": Figures,
  "legit-log": Log,
  "legit-last-left": LastLeft,
  "legit-open-only": OpenOnly,
  "legit-slugs": Slugs,
  "legit-gives-up": GivesUp,
  "one-per-millisecond": OnePerMillisecond,
  "fail-over-is-copy": FailOverIsCopy,
  "no-emoji": NoEmoji,
  "marks-when-done": MarksWhenDone,
  "looks-then-notes": LooksThenNotes,
  "gives-up-what-it-noted": GivesUpWhatItNoted,
  "forgets-what-it-wrote": ForgetsWhatItWrote,
  "forgets-in-a-minute": ForgetsInAMinute,
  "drops-some": DropsSome,
  "late-left": LateLeft,
  "late-url": LateUrl,
  "reopens": Reopens,
  "unknown-stream-404": UnknownStream404,
  "one-alert": OneAlert,
  "counts-copies": CountsCopies,
  "interruption-ends": InterruptionEnds,
};
