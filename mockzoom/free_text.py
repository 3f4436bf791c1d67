"""The free text of an entity set: names of people, titles, sentences, each also in plain ASCII.

Drawn by Faker through a provider of our own: Faker's bundled word lists change with its versions,
and the same seed has to give the same bytes on any machine. Every text is a pair, as Zoom's
customers write it and its twin in ASCII. A twin has the same length in characters, and a character
of the same class (letter, digit, blank, sign) at each position, so that a receiver which answers
the two differently does so for the characters alone, and not for a length or a separator.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]
"""A text, and its twin in ASCII."""

POOL = 32

_GIVEN = (
    "Zoë", "José", "Anaïs", "Łukasz", "Jürgen", "Søren", "Chloé", "Þóra", "美咲", "伟", "지우",
    "Олена", "أمينة", "Αλέξης", "आरव", "𠮷野",
)  # fmt: skip
_FAMILY = (
    "Müller", "Núñez", "O’Brien", "Dvořák", "Ångström", "Çelik", "Nguyễn", "Smith", "de la Peña",
    "Kovács", "王", "Шевченко",
)  # fmt: skip
_SUBJECT = (
    "Réunion d’équipe", "Планёрка", "週次ミーティング", "Übergabe & Rückblick",
    "Café con el equipo", "프로젝트 회의", "Diseño: “fase 2”", "Résumé <b>client</b>",
    "項目/Über 50%",
)  # fmt: skip
_SIGN = ("🎉", "👩‍💻", "🇺🇳", "👍🏽", "𝔸𝔹", "🧪")
_SENTENCE = (
    "Déjà vu: façade, naïve, cœur", "Grüße aus Köln, 15 €", "こんにちは、世界",
    "Привет — это проверка", "Línea uno\nlínea dos\tfin", "C:\\Données\\été",
)  # fmt: skip

_LETTERS: dict[str, str] = {
    **dict(zip("ŁłØøÞþßœæÆŒđĐ", "LlOoTtsoaAOdD", strict=True)),
    **dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeezzijklmnoprstufhccssyyyeua",
               strict=True)),
    **dict(zip("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "ABVGDEEZZIJKLMNOPRSTUFHCCSSYYYEUA",
               strict=True)),
    **dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", "abgdezitiklmnxoprsstyfhpo", strict=True)),
    **dict(zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "ABGDEZITIKLMNXOPRSTYFHPO", strict=True)),
}  # fmt: skip
"""Letters that are no ASCII letter with a mark, and the letter of each in a twin."""
_SIGNS = {
    "、": ",", "。": ".", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "—": "-", "–": "-",
    "€": "$",
}  # fmt: skip
_ALPHABET = "aeioumnrstklbdg"
"""Letters of twins for scripts that are written otherwise."""


def text_class(char: str) -> str:
    """Return the class of a character: `letter`, `digit`, `blank` or `sign`."""
    category = unicodedata.category(char)
    if category[0] in "LM":
        return "letter"
    if category[0] == "N":
        return "digit"
    return "blank" if category[0] == "Z" or char in "\t\n\r" else "sign"


def ascii_twin(text: str) -> str:
    """Return `text` in ASCII, with as many characters and of the same class each."""
    return text if text.isascii() else "".join(map(_ascii_char, text))


@lru_cache(maxsize=4096)
def _ascii_char(char: str) -> str:
    if char.isascii():
        return char
    known = _LETTERS.get(char) or _SIGNS.get(char)
    if known is not None:
        return known
    kind = text_class(char)
    first = unicodedata.normalize("NFKD", char)[0]
    plain = _LETTERS.get(first, first)
    if plain.isascii() and text_class(plain) == kind:
        return plain
    if kind == "letter":
        letter = _ALPHABET[ord(char) % len(_ALPHABET)]
        return letter.upper() if unicodedata.category(char) == "Lu" else letter
    if kind == "digit":
        return str(ord(char) % 10)
    return " " if kind == "blank" else "*"


_MARKED = "áƀćďéƒğĥíĵķłḿñóṕɋŕśţúṽŵẋýž"


def non_ascii_twin(text: str) -> str:
    """Return `text` with other letters for those of ASCII: marked, Cyrillic, CJK, beyond the BMP.

    It has as many characters, of the same class each, and different texts stay different.
    """
    return "".join(
        _other_letter(char, position % 4) if char.isascii() and char.isalpha() else char
        for position, char in enumerate(text)
    )


def _other_letter(char: str, script: int) -> str:
    number = ord(char.lower()) - ord("a")
    if script == 0:
        return _MARKED[number].upper() if char.isupper() else _MARKED[number]
    first = ((0x430, 0x410), (0x4E00, 0x4E20), (0x1D41A, 0x1D400))[script - 1][char.isupper()]
    return chr(first + number)


_SYLLABLES = tuple(
    first + second
    for first in (c + v for c in "bdfgklmnprstvz" for v in "aeiou")
    for second in (c + v for c in "bdfgklmnprstvz" for v in "aeiou")
)


def coined(number: int) -> str:
    """Return a word of six syllables that stands for `number`, one of 117 thousand millions."""
    size = len(_SYLLABLES)
    return (
        _SYLLABLES[number % size]
        + _SYLLABLES[number // size % size]
        + _SYLLABLES[number // (size * size) % size]
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The pools of one seed, each `POOL` long; `people` are those of `given` and `family`."""

    given: tuple[Pair, ...]
    family: tuple[Pair, ...]
    people: tuple[Pair, ...]
    titles: tuple[Pair, ...]
    sentences: tuple[Pair, ...]


@lru_cache(maxsize=256)
def words(seed: int) -> Words:
    """Draw the pools of `seed`. Faker is imported here and not above: it costs 150 ms."""
    from faker.generator import Generator
    from faker.providers import BaseProvider

    class ZoomProvider(BaseProvider):  # type: ignore[misc, unused-ignore]
        """Draws from the lists above with the generator's own random numbers."""

        def zoom_text(self, *pools: tuple[str, ...]) -> str:
            return " ".join(pool[int(self.generator.random.random() * len(pool))] for pool in pools)

    fake = Generator()
    fake.seed_instance(seed)
    draw = ZoomProvider(fake)
    given = [draw.zoom_text(_GIVEN) for _ in range(POOL)]
    family = [draw.zoom_text(_FAMILY) for _ in range(POOL)]
    return Words(
        given=_paired(given),
        family=_paired(family),
        people=_paired([f"{first} {last}" for first, last in zip(given, family, strict=True)]),
        titles=_paired([draw.zoom_text(_SUBJECT, _SIGN) for _ in range(POOL)]),
        sentences=_paired([draw.zoom_text(_SENTENCE) for _ in range(POOL)]),
    )


def _paired(texts: list[str]) -> tuple[Pair, ...]:
    return tuple((text, ascii_twin(text)) for text in texts)
