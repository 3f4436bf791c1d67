"""Reports of a run, one module a format.

To add a format: write a module beside `junit.py` with a class that derives from
`mockzoom.report.reporter.Reporter`, and enter it in `FORMATS`. The reporter says in `takes` how
many exchanges, observations, steps and violations it wants at most, takes them in `take`, and gives
the whole report in `text`; `result` is what the run came to. `--report`, `mockzoom runs report` and
their help then know it. The control API lists the formats it serves in
`mockzoom/web/openapi.yaml`; a test says so where one is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from mockzoom.errors import UsageError, nearest
from mockzoom.model import FailOn, RunEvent
from mockzoom.report.file import check_writable, write
from mockzoom.report.reporter import Reporter, Reports
from mockzoom.report.text import as_text, headline, lines
from mockzoom.report.verdict import FAIL_ON, exit_code, verdict


@dataclass(frozen=True, slots=True)
class Format:
    """A report format: what it is for, what it is served as, and where its reporter is.

    The module is imported when a report is asked for: `mockzoom --help` needs none of them.
    """

    about: str
    media_type: str
    module: str
    reporter: str

    def new_reporter(self) -> Reporter:
        """Return a reporter for one run."""
        reporter: type[Reporter] = getattr(import_module(self.module), self.reporter)
        return reporter()


FORMATS: Mapping[str, Format] = {
    name: Format(about, media_type, f"mockzoom.report.{module}", reporter)
    for name, about, media_type, module, reporter in (
        ("ctrf", "Common Test Report Format", "application/json", "ctrf", "CtrfReporter"),
        ("github", "annotations of GitHub Actions", "text/plain", "github", "GithubReporter"),
        ("har", "all exchanges, for browsers", "application/json", "har", "HarReporter"),
        ("html", "one page, for people", "text/html", "html", "HtmlReporter"),
        ("json", "for other tools", "application/json", "json_report", "JsonReporter"),
        ("junit", "for GitLab and Jenkins", "application/xml", "junit", "JunitReporter"),
        ("markdown", "summary for GitHub", "text/markdown", "github", "MarkdownReporter"),
        ("ndjson", "run events", "application/x-ndjson", "ndjson", "NdjsonReporter"),
        ("sarif", "for code scanning", "application/sarif+json", "sarif", "SarifReporter"),
        ("svg", "sequence diagram", "image/svg+xml", "diagram", "SvgReporter"),
        ("text", "as the terminal shows it", "text/plain", "text", "TextReporter"),
    )
}


def parse_report(text: str) -> tuple[str, str]:
    """Read `FORMAT=PATH`, and make sure that the path can be written; raise `UsageError`."""
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--report {text!r}: expected FORMAT=PATH, such as json=report.json")
    if name not in FORMATS:
        raise UsageError(
            f"--report {text!r}: no format is called {name!r}{nearest(name, FORMATS)}"
            f" (known: {', '.join(FORMATS)})"
        )
    if path != "-":
        check_writable(Path(path))
    return name, path


def new_reports(
    wanted: Iterable[tuple[str, str]], clean: Callable[[RunEvent], RunEvent] = lambda event: event
) -> Reports:
    """Return the listener that makes the reports `wanted` (format and path) of one run.

    `clean` takes credentials out of an event; a journal holds none.
    """
    made = [(name, path, FORMATS[name].new_reporter()) for name, path in wanted]
    return Reports(made, clean)


__all__ = [
    "FAIL_ON", "FORMATS", "FailOn", "Format", "Reporter", "Reports", "as_text", "exit_code",
    "headline", "lines", "new_reports", "parse_report", "verdict", "write",
]  # fmt: skip
