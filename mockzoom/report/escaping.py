"""How what a receiver sent is written in each kind of report, so that none of it acts there.

A log of GitHub Actions is a kind, too: its runner takes a line that begins with `::name::`, white
space before it left aside, and `##[name]` anywhere in a line, for commands
(https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and the runner's
`ActionCommand`).
"""

from __future__ import annotations

import base64
import json
import re

from mockzoom.model import JSON
from mockzoom.wording import printable

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, escaped or not (its production `Char`)."""
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold and a terminal or a reader's eye must not meet; see `mockzoom.wording`."""
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_MARKUP = re.compile(r"([\\`*_\[\]<>&|~#@:!$.{}^=]|^[-+])")
_LONGEST = 4_000
_BACKTICKS = re.compile("`+")


def for_xml(text: str, *, line_feeds: bool = True) -> str:
    """Return `text` without control characters and what XML cannot carry; the writer escapes it."""
    return _NOT_XML.sub("\ufffd", printable(text, line_feeds=line_feeds))


def as_json_text(document: JSON, *, indent: int | None = 2) -> str:
    """Return JSON that is safe in terminals and logs: the same values, more of them as escapes."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    text = _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text.replace("##[", "#\\u0023[")


def for_log(text: str) -> str:
    """Return lines of which GitHub Actions takes none for a command; most texts stay as they are.

    The first colon, or the second number sign, becomes its escape, as in `printable`.
    """
    return _COMMAND.sub(r"\1\\x3a", text).replace("##[", "#\\x23[")


def markup_for_log(text: str) -> str:
    """Return XML or HTML that says the same, of which no line is such a command."""
    return _COMMAND.sub(r"\1&#58;", text).replace("##[", "#&#35;[")


def for_command(text: str, *, is_property: bool = False) -> str:
    """Return the text of a workflow command, or the value of one of its properties."""
    text = printable(text, line_feeds=True)
    for character in "%\r\n" + ":," * is_property:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def for_markdown(text: str) -> str:
    """Return a line of Markdown that says `text`: no link, image, markup, mention or emoji."""
    line = " ".join(printable(text, line_feeds=True).split())
    return _MARKUP.sub(r"\\\1", line).replace("\\@", "&#64;\u2060").replace("\\:", "&#58;")


def markdown_code(text: str) -> str:
    """Return a fenced block of Markdown that shows `text` as it is."""
    longest = max((len(found) for found in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{for_log(printable(text, line_feeds=True))}\n{fence}"


def clipped(text: str) -> str:
    """Return a text for people, or of a very long one its beginning."""
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"


def excerpt(body: bytes, most: int) -> str:
    """Return the beginning of a body as text for people, and how long it is where it is cut."""
    text = body[:most].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    more = f"\n… ({len(body):,} bytes)" if len(body) > most else ""
    return printable(text, line_feeds=True) + more


def encoded(body: bytes) -> tuple[str, str]:
    """Return `utf-8` and the text of a body, or `base64` and that where it is no UTF-8."""
    try:
        return "utf-8", body.decode()
    except UnicodeDecodeError:
        return "base64", base64.b64encode(body).decode()
