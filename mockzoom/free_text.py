"""The free text of a world: names of people, titles, sentences, words, each also in plain ASCII.

Drawn by Faker through a provider of our own: Faker's bundled word lists change with its versions,
and the same seed has to give the same bytes on any machine. Every draw is a pair, the text as
Zoom's customers write it and its twin in ASCII words, so that one event can be told in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]
"""A text, and the same in ASCII."""

POOL = 32

_GIVEN: tuple[Pair, ...] = (
    ("Zoë", "Zoe"), ("José", "Jose"), ("Anaïs", "Anais"), ("Łukasz", "Lukasz"),
    ("Jürgen", "Juergen"), ("Søren", "Soren"), ("Chloé", "Chloe"), ("Þóra", "Thora"),
    ("美咲", "Misaki"), ("伟", "Wei"), ("지우", "Jiwoo"), ("Олена", "Olena"),
    ("أمينة", "Amina"), ("Αλέξης", "Alexis"), ("आरव", "Aarav"), ("𠮷野", "Yoshino"),
)  # fmt: skip
_FAMILY: tuple[Pair, ...] = (
    ("Müller", "Mueller"), ("Núñez", "Nunez"), ("O’Brien", "O'Brien"), ("Dvořák", "Dvorak"),
    ("Ångström", "Angstrom"), ("Çelik", "Celik"), ("Nguyễn", "Nguyen"), ("Smith", "Smith"),
    ("de la Peña", "de la Pena"), ("Kovács", "Kovacs"), ("王", "Wang"), ("Шевченко", "Shevchenko"),
)  # fmt: skip
_SUBJECT: tuple[Pair, ...] = (
    ("Réunion d’équipe", "Team meeting"), ("Планёрка", "Planning"),
    ("週次ミーティング", "Weekly call"),
    ("Übergabe & Rückblick", "Hand-over & review"), ("Café con el equipo", "Coffee with the team"),
    ("프로젝트 회의", "Project call"), ("Diseño: “fase 2”", "Design: \"phase 2\""),
    ("Résumé <b>client</b>", "Summary <b>client</b>"), ("項目/Über 50%", "Item/Over 50%"),
)  # fmt: skip
_SIGN: tuple[Pair, ...] = (
    ("🎉", "party"), ("👩‍💻", "code"), ("🇺🇳", "world"), ("👍🏽", "ok"), ("𝔸𝔹", "AB"),
    ("🧪", "test"),
)  # fmt: skip
_SENTENCE: tuple[Pair, ...] = (
    ("Déjà vu: façade, naïve, cœur", "Seen before: front, simple, heart"),
    ("Grüße aus Köln, 15 €", "Greetings from Cologne, 15 EUR"),
    ("こんにちは、世界", "Hello, world"),
    ("Привет — это проверка", "Hello - this is a check"),
    ("Línea uno\nlínea dos\tfin", "Line one\nline two\tend"),
    ("C:\\Données\\été", "C:\\Data\\summer"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """The pools of one seed, each `POOL` long."""

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

        def zoom_pair(self, pool: tuple[Pair, ...]) -> Pair:
            return pool[int(self.generator.random.random() * len(pool))]

        def zoom_person(self) -> Pair:
            return _joined(self.zoom_pair(_GIVEN), self.zoom_pair(_FAMILY))

        def zoom_title(self) -> Pair:
            return _joined(self.zoom_pair(_SUBJECT), self.zoom_pair(_SIGN))

    fake = Generator()
    fake.seed_instance(seed)
    draw = ZoomProvider(fake)
    return Words(
        people=tuple(draw.zoom_person() for _ in range(POOL)),
        titles=tuple(draw.zoom_title() for _ in range(POOL)),
        sentences=tuple(draw.zoom_pair(_SENTENCE) for _ in range(POOL)),
    )


def _joined(first: Pair, second: Pair) -> Pair:
    return f"{first[0]} {second[0]}", f"{first[1]} {second[1]}"
