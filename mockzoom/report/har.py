"""The HAR report: every attempt as an entry of an HTTP archive 1.2, for a browser's tools.

Facts: the format's specification (http://www.softwareishard.com/blog/har-12-spec/), whose own
fields begin with an underscore. A request's body that is no UTF-8 goes out as base64, which
`_encoding` says, since the format has no field for that; an answer's has `encoding`. An attempt
without an answer has the status 0 and `_error`, as browsers write it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from mockzoom import __version__
from mockzoom.model import (
    JSON,
    Attempt,
    Exchange,
    ExchangeFinished,
    FailOn,
    Headers,
    Request,
    Response,
    RunEvent,
    Timings,
)
from mockzoom.report.escaping import as_json_text, encoded
from mockzoom.report.reporter import MOST_KEPT, GatheringReporter
from mockzoom.wording import deliveries

_HTTP = "HTTP/1.1"


class HarReporter(GatheringReporter):
    """Reports the exchanges of a run as a HAR."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = {ExchangeFinished: MOST_KEPT}

    def lines(self, event: RunEvent) -> Iterator[str]:
        """Yield the entries of an exchange."""
        if isinstance(event, ExchangeFinished):
            for number in range(len(event.exchange.attempts)):
                yield as_json_text(_entry(event.exchange, number), indent=None)

    def text(self, fail_on: FailOn) -> str:
        """Return the whole archive; it has no verdict."""
        result = self.result
        comment = f"mockzoom, {deliveries(result.deliveries)} to {result.target}"
        if self.left_out:
            comment += f"; {deliveries(self.left_out, 'more')} had no room"
        creator = {"name": "mockzoom", "version": __version__}
        head = as_json_text({"version": "1.2", "creator": creator, "comment": comment}, indent=None)
        entries = ",\n".join(self.gathered)
        return f'{{"log": {head[:-1]}, "entries": [\n{entries}\n]}}}}\n'


def _entry(exchange: Exchange, number: int) -> JSON:
    item, attempt = exchange.delivery, exchange.attempts[number]
    words = [item.id, item.event or "", item.case]
    words += [f"forged: {item.forge}"] * bool(item.forge) + [f"attempt {number + 1}"] * bool(number)
    began = datetime.datetime.fromtimestamp(attempt.started_at, datetime.UTC)
    timings = _timings(attempt.timings)
    return {
        "startedDateTime": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": round(sum(value for value in timings.values() if value > 0), 3),
        "request": _request(attempt.request),
        "response": _response(attempt),
        "cache": {},
        "timings": timings,
        "comment": ", ".join(filter(None, words)),
    }


def _timings(at: Timings) -> dict[str, float]:
    """Return milliseconds of each phase; -1 for one that there was not, 0 where it must be one."""
    connected, sent, first, complete = at.connected, at.sent, at.first_byte, at.complete
    return {
        "connect": _phase(0.0, connected, -1),
        "send": _phase(connected or 0.0, sent, 0),
        "wait": _phase(sent, first, 0),
        "receive": _phase(first, complete, 0),
    }


def _phase(start: float | None, end: float | None, absent: float) -> float:
    if start is None or end is None:
        return absent
    return round(max(0.0, end - start) * 1000, 3)


def _pairs(headers: Headers) -> list[JSON]:
    return [{"name": name, "value": value} for name, value in headers]


def _request(request: Request) -> JSON:
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    encoding, text = encoded(request.body)
    names = {name.lower(): value for name, value in request.headers}
    data = {"mimeType": names.get("content-type", ""), "text": text}
    return {
        "method": request.method, "url": request.url, "httpVersion": _HTTP, "cookies": [],
        "headers": _pairs(request.headers), "queryString": _pairs(tuple(query)),
        "headersSize": -1, "bodySize": len(request.body),
        "postData": data if encoding == "utf-8" else {**data, "_encoding": encoding},
    }  # fmt: skip


def _response(attempt: Attempt) -> JSON:
    answer = attempt.outcome
    if not isinstance(answer, Response):
        return {
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "",
            "headersSize": -1, "bodySize": -1, "_error": f"{answer.kind}: {answer.message}",
        }  # fmt: skip
    encoding, text = encoded(answer.body)
    content = {"size": len(answer.body), "text": text,
               "mimeType": answer.header("content-type") or "x-unknown"}  # fmt: skip
    if encoding != "utf-8":
        content["encoding"] = encoding
    if answer.truncated:
        content["comment"] = "the answer was longer; the rest was not kept"
    return {
        "status": answer.status, "statusText": answer.reason, "httpVersion": _HTTP, "cookies": [],
        "headers": _pairs(answer.headers), "content": content,
        "redirectURL": answer.header("location") or "", "headersSize": -1,
        "bodySize": -1 if answer.truncated else len(answer.body),
    }  # fmt: skip
