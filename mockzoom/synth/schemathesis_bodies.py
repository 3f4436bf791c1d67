"""Bodies drawn at random by Schemathesis, from an event's schema or against it (extra `fuzz`).

The events stand as operations under `paths` of an OpenAPI document made in memory, since
generators know nothing of `webhooks`. The seed alone decides what is drawn: it gives the bytes that
Hypothesis takes its choices from (`fuzz_one_input`), since a search of its own would also mix in
constants of whatever modules happen to be loaded. Nothing is imported before a `Drawing` is made.
Nothing is left behind either: no database, no `.hypothesis` folder, no output.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from mockzoom.model import JSON, EventSpec

_BYTES = 8192
"""Random bytes that one body is drawn from at most, as many as Hypothesis uses itself."""


class Stop(BaseException):
    """Ends a search at once when raised by its condition."""


class Drawing:
    """Draws bodies for the events of `specs`."""

    def __init__(self, specs: Iterable[EventSpec]) -> None:
        from schemathesis import Config, openapi

        # ASCII is quick to set up; `RandomBodies` turns control characters into other scripts.
        config = Config.from_dict({"generation": {"allow-x00": False, "codec": "ascii"}})
        self._schema = openapi.from_dict(as_paths(specs), config=config)

    def search(
        self,
        spec: EventSpec,
        fails: Callable[[JSON], bool],
        *,
        malformed: bool,
        seed: int,
        examples: int,
    ) -> str:
        """Draw up to `examples` bodies until `fails` holds for one; it may also raise `Stop`.

        Returns why nothing can be drawn for this event, or an empty text.
        """
        from hypothesis import HealthCheck, Verbosity, given, settings
        from schemathesis import GenerationMode

        mode = GenerationMode.NEGATIVE if malformed else GenerationMode.POSITIVE
        quiet = settings(
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            print_blob=False,
            database=None,
            deadline=None,
        )

        def ask(body: JSON) -> None:
            if fails(body):
                raise Stop

        try:
            with _home():
                operation = self._schema[_path(spec)]["POST"]
                bodies = operation.as_strategy(generation_mode=mode).map(lambda case: case.body)
                asking: Any = quiet(given(body=bodies)(ask))
                draw = asking.hypothesis.fuzz_one_input
                source = random.Random(seed)
                for _ in range(examples):
                    draw(source.randbytes(_BYTES))
        except Stop:
            pass
        except Exception as error:  # A schema that the generator cannot read is its own matter.
            return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return ""


def as_paths(specs: Iterable[EventSpec]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document with each event as the POST of a path of its own."""
    schemas: dict[str, JSON] = {}
    paths: dict[str, JSON] = {}
    for number, spec in enumerate(specs):
        name = f"event{number}"
        schemas[name] = _rebased(spec.schema, f"#/components/schemas/{name}")
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        paths[_path(spec)] = {
            "post": {
                "requestBody": {"required": True, "content": content},
                "responses": {"200": {"description": "acknowledged"}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "webhooks", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _path(spec: EventSpec) -> str:
    return "/" + quote(spec.name, safe="")


def _rebased(schema: JSON, base: str) -> JSON:
    """Return a copy of `schema` whose references start from `base`, where it will stand."""
    if isinstance(schema, Mapping):
        copy = {key: _rebased(value, base) for key, value in schema.items()}
        reference = copy.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            copy["$ref"] = base + reference[1:]
        return copy
    return [_rebased(item, base) for item in schema] if isinstance(schema, list) else schema


@contextmanager
def _home() -> Iterator[None]:
    """Let Hypothesis keep its caches in a folder that goes away, not in the working directory."""
    from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

    before = storage_directory(intent_to_write=False).path
    with TemporaryDirectory(prefix="mockzoom-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(before)
