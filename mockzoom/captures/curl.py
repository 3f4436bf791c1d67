"""Reads curl commands, as `mockzoom send --print-curl`, browsers and logs of proxies write them.

Words are those of a POSIX shell, with `$'…'` of bash. Nothing is run or looked up: a variable
stays as it is written, and a body in a file is refused. A URL is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mockzoom.captures.capture import Capture, of_body
from mockzoom.errors import UsageError

_BETWEEN = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_END = re.compile(r"[\n;&|]+")
_COMMENT = re.compile(r"#[^\n]*")
_PIECE = re.compile(
    r"\$'(?P<ansi>(?:[^'\\]|\\.)*)'"
    r"|'(?P<single>[^']*)'"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"'
    r"|\\(?P<escaped>.)"
    r"|(?P<bare>[^\s'\"\\;&|$]+|\$)",
    re.DOTALL,
)
_IN_DOUBLE = re.compile(r'\\(["\\$`]|\n)')
_IN_ANSI = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(.))", re.DOTALL
)
_CONTROLS = {
    "n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b",
}  # fmt: skip
_MOST_WORDS = 1_000
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
_HEADER = ("-H", "--header")
_EXPECTED = "expected `curl` with --data and the body of an event"


def is_curl(line: bytes) -> bool:
    """Whether a file that begins with this line has curl commands, or comments above them."""
    return line.lstrip().startswith((b"curl ", b"curl\t", b"#"))


def curl_captures(text: str, label: str, first: int) -> Iterator[Capture]:
    """Yield the event of each command in `text`, whose first line has the number `first`.

    Raises `UsageError` with the line of what is no curl command, or has no event.
    """
    for line, words in _commands(text, label, first):
        place = f"{label}:{line}"
        if words[0] != "curl":
            raise UsageError(f"{place}: no curl command; {_EXPECTED}")
        headers, bodies = _request(words[1:], place)
        if not bodies:
            raise UsageError(f"{place}: a curl command without a body; {_EXPECTED}")
        yield of_body("&".join(bodies).encode("utf-8", "replace"), place, headers, place)


def _commands(text: str, label: str, line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the commands of a script: the line where each begins, and its words."""
    words: list[str] = []
    word: str | None = None
    position, began, counted = 0, line, 0
    while position <= len(text):
        found = _BETWEEN.match(text, position) or _END.match(text, position)
        if found is None and word is None:
            found = _COMMENT.match(text, position)
        if found is not None or position == len(text):
            words += [] if word is None else [word]
            word = None
            if words and (position == len(text) or _END.match(text, position)):
                yield began, words
                words = []
            position = position + 1 if found is None else found.end()
            continue
        if not words and word is None:
            began, counted = began + text.count("\n", counted, position), position
        piece = _PIECE.match(text, position)
        if piece is None or len(words) > _MOST_WORDS:
            here = began + text.count("\n", counted, position)
            why = "a quotation mark without its end" if piece is None else "a command without end"
            raise UsageError(f"{label}:{here}: {why}; {_EXPECTED}")
        word = (word or "") + _plain(piece)
        position = piece.end()


def _plain(piece: re.Match[str]) -> str:
    """Return what a piece of a word stands for."""
    kind, text = str(piece.lastgroup), piece[str(piece.lastgroup)]
    if kind == "double":
        return _IN_DOUBLE.sub(lambda found: found[1].removeprefix("\n"), text)
    if kind == "ansi":
        return _IN_ANSI.sub(_unescaped, text)
    return str(text)


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        return chr(min(int(digits, 16), 0x10FFFF))
    return _CONTROLS.get(found[4], found[4])


def _request(words: Sequence[str], place: str) -> tuple[dict[str, str], list[str]]:
    """Return the headers, with names in lower case, and the bodies that a command names."""
    headers: dict[str, str] = {}
    bodies: list[str] = []
    rest = iter(words)
    for word in rest:
        option, value = word, None
        if word[:2] in ("-d", "-H") and len(word) > 2:
            option, value = word[:2], word[2:]
        if option not in (*_DATA, *_HEADER):
            continue
        if value is None:
            value = next(rest, "")
        if option in _HEADER:
            name, _, text = value.partition(":")
            headers[name.strip().rstrip(";").lower()] = text.strip()
        elif value.startswith("@") and option != "--data-raw":
            raise UsageError(f"{place}: the body is in the file {value[1:]!r}; check that file")
        else:
            bodies.append(value)
    return headers, bodies
