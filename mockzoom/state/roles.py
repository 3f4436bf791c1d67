"""Roles: the ids and times of one play, named by the step and the field that delivered them first.

So the state diffs of two plays of one scenario, which are about different entities, are equal where
the receiver did the same.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockzoom.model import JSON
from mockzoom.schema.pointer import leaves
from mockzoom.state.paths import ANY, Path, keys_and_scalars, text_of

ROLE = re.compile(r"<[^<>/]+/[^<>]*>")
_SHORTEST_TEXT = 6
_WITHIN_TEXT = 8
_LEAST_NUMBER = 100_000
_LEAST_MS = 10**11
"""Numbers from here on are times in milliseconds (since 1973); ids of meetings are smaller."""
_TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ]|^(\d{10}|\d{13})$")
_NO_ENTITY = re.compile(rf"{_TIME.pattern}|://")
"""Times, and URLs, which scenarios may set."""
_RANDOM = re.compile(r"[\w+/-]{16,}={0,2}", re.ASCII)
_CASE = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])")
_LEAST_CASES = 4
"""Changes between small and capital letters: of ids of 22 random letters 3 in 1,000 have fewer."""
_ID_FIELD = re.compile(r"(?:^|[/_])(?:id|uuid|key|token)$|(?:Id|Uuid|Key|Token)$")
"""Pointers of fields that hold an id, whatever letters that has."""
_NUMBERED = re.compile(r"^<#\d+ ")


@dataclass(frozen=True, slots=True)
class SentEvent:
    """The body of one event, the step that delivered it, and the number of its entity set."""

    step: str
    entity_set: int
    body: JSON


class Roles:
    """Names the ids and times of one play.

    `pinned` values are the same in every play, so they belong to none. A step may begin with the
    number of its scenario, `#3 `: values that are `shared` by several scenarios, by their text, are
    named without it. Times are named by the `leaders` of steps, where a step has one.
    """

    def __init__(
        self, sent: Iterable[SentEvent], order: Mapping[str, int], pinned: Iterable[JSON] = (),
        shared: Container[str] = frozenset(), leaders: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._pinned = frozenset(map(str, pinned))
        self._labels: dict[JSON, str] = {}
        self._ids: set[JSON] = set()
        self._shared = shared
        for item in sorted(sent, key=lambda item: (order.get(item.step, 0), item.entity_set)):
            number = f" {item.entity_set}" if item.entity_set else ""
            for pointer, value in leaves(item.body):
                if pointer != "/event":
                    step = leaders.get(item.step, item.step) if _is_moment(value) else item.step
                    self._add(value, f"<{step}{number}{pointer}>")
                    if is_id_at(pointer, value):
                        self._ids.add(value)
        self._ranks = {str(key): rank for rank, key in enumerate(self._labels)}
        self._within = _Texts(
            key
            for key in self._labels
            if isinstance(key, str) and (key in self._ids or _is_id(key))
        )
        self._entities = _Texts(str(key) for key in self._labels if self._is_no_pin(key))

    def _is_no_pin(self, value: JSON) -> bool:
        is_id = value in self._ids or is_entity(value)
        return is_id and str(value) not in self._pinned

    def is_own(self, value: JSON) -> bool:
        """Tell whether `value` is an id of this play."""
        return isinstance(value, int | str) and value in self._labels and self._is_no_pin(value)

    def rank(self, value: JSON) -> int:
        """Return the place of an id among all that were delivered first."""
        return self._ranks[str(value)]

    def _add(self, value: JSON, label: str) -> None:
        if str(value) in self._shared:
            label = _NUMBERED.sub("<", label)
        if isinstance(value, str) and len(value) >= _SHORTEST_TEXT:
            self._labels.setdefault(value, label)
        elif isinstance(value, int) and not isinstance(value, bool) and value >= _LEAST_NUMBER:
            self._labels.setdefault(value, label)
            self._labels.setdefault(str(value), label)
            # Receivers keep times in seconds, too.
            self._labels.setdefault(value // 1000, f"{label}/1000")

    def mentions(self, value: JSON) -> bool:
        """Tell whether `value` contains an id of this play."""
        return next(self._entities.within(text_of(value)), None) is not None

    def is_foreign(self, value: JSON) -> bool:
        """Tell whether `value` contains an id that is none of this play."""
        return any(
            self._is_no_pin(leaf) and not self.mentions(leaf) for leaf in keys_and_scalars(value)
        )

    def rename(self, value: JSON) -> JSON:
        """Return `value` with ids and times replaced by their roles, in keys as well."""
        if isinstance(value, Mapping):
            return {str(self.rename(key)): self.rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rename(item) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._labels.get(value, value)
        if value in self._labels:
            return self._labels[value]
        parts, done = [], 0
        for start, found in self._within.within(value):
            parts += [value[done:start], self._labels[found]]
            done = start + len(found)
        return "".join((*parts, value[done:])) if parts else value


class _Texts:
    """Texts that are looked for in others; a pattern of thousands would try each at each place."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        for text in sorted(texts, key=lambda text: (-len(text), text)):
            self._by_start.setdefault(text[:_SHORTEST_TEXT], []).append(text)

    def within(self, whole: str) -> Iterator[tuple[int, str]]:
        """Yield where in `whole` which of the texts are: the longest at each place, not others."""
        place = 0
        while place <= len(whole) - _SHORTEST_TEXT:
            starting = self._by_start.get(whole[place : place + _SHORTEST_TEXT], ())
            found = next((text for text in starting if whole.startswith(text, place)), "")
            if found:
                yield place, found
            place += len(found) or 1


def is_entity(value: JSON) -> bool:
    """Tell whether a value identifies an entity: it is no word, and no time."""
    if isinstance(value, str):
        if not _is_id(value) or _NO_ENTITY.search(value):
            return False
        return any(map(str.isdigit, value)) or _is_random(value)
    return isinstance(value, int) and _LEAST_NUMBER <= value < _LEAST_MS


def is_id_at(pointer: str, value: JSON) -> bool:
    """Tell whether a value that was delivered at `pointer` identifies an entity.

    Some random ids look like words: one in ten of twelve letters and digits has no digit.
    """
    if is_entity(value):
        return True
    if not isinstance(value, str) or not _ID_FIELD.search(pointer):
        return False
    is_word = value.isalpha() and (value.isupper() or value[1:].islower())
    return len(value) >= _WITHIN_TEXT and not is_word and not _NO_ENTITY.search(value)


def is_time(value: JSON) -> bool:
    """Tell whether a text is a time."""
    return isinstance(value, str) and _TIME.search(value) is not None


def _is_moment(value: JSON) -> bool:
    return is_time(value) or (isinstance(value, int) and value >= _LEAST_MS)


def names_one(pointer: str, value: JSON) -> bool:
    """Tell whether a value can belong to one scenario alone: an id, an address, a person's name."""
    return is_id_at(pointer, value) or (
        isinstance(value, str) and (" " in value or "@" in value) and not _NO_ENTITY.search(value)
    )


def of_any_entity(place: Path) -> Path:
    """Return `place` with `*` for each key that identifies an entity."""
    return tuple(ANY if is_entity(step) else step for step in place)


def _is_id(text: str) -> bool:
    """Tell whether a text may identify an entity within a longer one: unlike a word."""
    return len(text) >= _WITHIN_TEXT and (not text.isalpha() or _is_random(text))


def _is_random(text: str) -> bool:
    """Tell whether a text looks like random letters: one in fifty ids in base64 has no digit."""
    return _RANDOM.fullmatch(text) is not None and (
        text.endswith("=") or len(_CASE.findall(text)) >= _LEAST_CASES
    )
