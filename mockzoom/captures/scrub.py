"""Takes personal data out of captured events, so that they can be passed on.

Names, e-mail addresses, telephone numbers, IP addresses, URLs and ids are replaced consistently:
the same person stays the same, in every event and inside longer texts. A replacement has the form
of what it stands for: as many characters, digits for digits, letters for letters. Event types,
times, enum values and other words stay.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from mockzoom.model import JSON
from mockzoom.schema.pointer import leaves, split

_NAMED = re.compile(
    r"(.*_)?(name|names|topic|title|agenda|subject|message|content|comment|comments|question"
    r"|answer|answers|dept|department|location|city|address|note|notes|summary.*|text|description"
    r"|file_path|pronouns|company|org|value)"
)
"""Names of members with free texts, which may hold anything."""
_SECRET = re.compile(r".*(token|passcode|password|secret|key)")
_FIGURE = re.compile(r".*(size|duration|bytes|count|time|_ts)")
"""Names of members with numbers that are no ids."""
_WORDS_OF_ZOOM = re.compile(r"(event|.*_type|type|status|role|.*_reason_code)")
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d ().-]{6,}\d")
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w.:])"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.,+Z-]*)?")
_ID = re.compile(r"(?=[^\s]*\d)[\w+/=-]{8,}|[\w+/-]{20,}={0,2}", re.ASCII)
_LEAST_ID, _LEAST_MS, _MOST_MS = 10**7, 10**12, 4 * 10**12
"""Numbers in between are ids of meetings and calls; from 2001 on, those above are milliseconds."""
_LONGEST = 2_000
"""Characters of a text in which addresses are looked for; Zoom's have some hundred."""
_SHORTEST_NAME, _MOST_NAMES = 3, 200_000
_WORD = re.compile(r"\S+")
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"


class Scrubber:
    """Replaces personal data; `key` decides what by, and should be drawn anew for each export."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._names: set[str] = set()
        """Words of names and other free texts, which further texts may hold."""

    def body(self, body: JSON) -> JSON:
        """Return the body of an event without personal data; `body` is not changed."""
        for place, text in leaves(body):
            if (
                isinstance(text, str)
                and _is_free(_member(place))
                and len(self._names) < _MOST_NAMES
            ):
                self._names.update(filter(_is_name, text.split()))
        return self._value(body, "")

    def _value(self, value: JSON, name: str) -> JSON:
        if isinstance(value, Mapping):
            return {key: self._value(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, name) for item in value]
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, int) and not isinstance(value, bool) and _is_id(value, name):
            return int(self._spelt(str(value)))
        return value

    def text(self, text: str, name: str = "") -> str:
        """Return a text without personal data; `name` is that of its member."""
        if not text or _WORDS_OF_ZOOM.fullmatch(name) or _TIME.fullmatch(text):
            return text
        if len(text) > _LONGEST:  # nothing is looked for in it
            return self._words(text)
        for form, replaced in ((_URL, self._url), (_IP, self._ip), (_EMAIL, self._email)):
            if form.fullmatch(text):
                return replaced(text)
        if _SECRET.fullmatch(name):
            return self._spelt(text)
        if _is_free(name):
            return self._words(text)
        text = _WORD.sub(
            lambda match: self._spelt(match[0]) if match[0] in self._names else match[0], text
        )
        text = _EMAIL.sub(lambda match: self._email(match[0]), text)
        text = _URL.sub(lambda match: self._url(match[0]), text)
        text = _IP.sub(lambda match: self._ip(match[0]), text)
        if _PHONE.fullmatch(text) or _ID.fullmatch(text):
            return self._spelt(text)
        return text

    def _words(self, text: str) -> str:
        """Return a free text with each of its words replaced: names are made up of names."""
        return _WORD.sub(lambda match: self._spelt(match[0]), text)

    def _email(self, address: str) -> str:
        if address.endswith("@example.com"):
            return address
        return f"{self._spelt(address.partition('@')[0])}@example.com"

    def _url(self, url: str) -> str:
        """Return a URL of the same form at example.com."""
        try:
            parts = urlsplit(url)
            query = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            return self._spelt(url)
        path = "/".join(
            self._spelt(step) if any(map(str.isdigit, step)) or len(step) > 16 else step
            for step in parts.path.split("/")
        )
        told = urlencode([(name, self._spelt(value)) for name, value in query])
        return f"{parts.scheme}://example.com{path}" + (f"?{told}" if told else "")

    def _ip(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        drawn = self._drawn(text)
        if address.version == 4:  # addresses for benchmarks (RFC 2544)
            return f"198.18.{drawn[0]}.{drawn[1]}"
        return f"2001:db8::{drawn[:2].hex()}:{drawn[2:4].hex()}"  # for documentation (RFC 3849)

    def _spelt(self, text: str) -> str:
        """Return a text of the same form: letters for letters, digits for digits."""
        drawn, made = self._stream(text), []
        for place, char in enumerate(text):
            number = next(drawn)
            if char.isdecimal():
                made.append(str(number % 9 + 1 if place == 0 else number % 10))
            elif char.isascii() and char.isalpha():
                letters = _VOWELS if char.lower() in _VOWELS else _CONSONANTS
                letter = letters[number % len(letters)]
                made.append(letter.upper() if char.isupper() else letter)
            else:
                made.append("é" if char.isalpha() else char)
        return "".join(made)

    def _drawn(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def _stream(self, text: str) -> Iterator[int]:
        drawn = self._drawn(text)
        while True:
            yield from drawn
            drawn = hashlib.sha256(drawn).digest()


def _member(pointer: str) -> str:
    """Return the name of the member at a pointer; of an item, that of its array."""
    return next((token for token in reversed(split(pointer)) if not token.isdecimal()), "")


def _is_free(name: str) -> bool:
    return _NAMED.fullmatch(name) is not None and not _WORDS_OF_ZOOM.fullmatch(name)


def _is_name(word: str) -> bool:
    """Whether a word of a free text may be a name: it begins with a capital, or is foreign."""
    return len(word) >= _SHORTEST_NAME and (word[0].isupper() or not word.isascii())


def _is_id(value: int, name: str) -> bool:
    is_figure = _FIGURE.fullmatch(name) is not None or _LEAST_MS <= value < _MOST_MS
    return value >= _LEAST_ID and not is_figure
