"""Reads one event of a document: its schema, its examples, and what is odd about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockzoom.contract.compile import Compiler
from mockzoom.contract.envelope import bare, enveloped
from mockzoom.contract.examples import (
    Documented,
    Example,
    ExampleMismatch,
    ExampleReader,
    check_examples,
    check_samples,
    inferred_schema,
)
from mockzoom.contract.finish import break_circles, finished
from mockzoom.contract.lint import (
    MISSING_SCHEMA,
    RESPONSE_REPEATS,
    UNREADABLE,
    UNRESOLVED,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.operations import Document, Operation, methods
from mockzoom.contract.readers import MOST_KEYWORDS, TooManyKeywords
from mockzoom.contract.refs import RefTarget, Resolver
from mockzoom.contract.required import check_required
from mockzoom.contract.satisfy import satisfiable
from mockzoom.contract.variants import placed
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON, Variant
from mockzoom.schema.merge import simplified
from mockzoom.schema.nodes import SchemaNode, plain_schema
from mockzoom.schema.pointer import escaped

_MOST_KEYWORDS_IN_ALL = 5 * MOST_KEYWORDS
"""Keywords of the schemas of all events that are read together. All of Zoom's have 24,000."""


@dataclass(frozen=True, slots=True)
class EventReading:
    """What was read of one event, before errata and variants are put to it."""

    operation: Operation
    summary: str
    schema: dict[str, JSON]
    examples: tuple[Example, ...]
    notes: tuple[str, ...]
    contradictions: tuple[ExampleMismatch, ...] = ()
    readings: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaPart:
    """A media type object with the place it stands at."""

    content: dict[str, JSON]
    document: Document
    pointer: str


class EventReader:
    """Reads the events of a contract; findings go into one notebook."""

    def __init__(self, notebook: LintFindings) -> None:
        self._notebook = notebook
        self._resolver = Resolver(notebook)
        self._left = _MOST_KEYWORDS_IN_ALL

    def read(self, operation: Operation) -> EventReading:
        """Return what the document says of an event; nothing in it raises."""
        most = min(MOST_KEYWORDS, self._left)
        compiler = Compiler(self._notebook, operation.event, resolver=self._resolver, most=most)
        media, summary = self.media(operation)
        if media is None:
            place = FindingPlace(operation.document.file, operation.pointer, operation.event)
            compiler.note_anyway(MISSING_SCHEMA, place, _MISSING)
            root = bare(operation.document.file, operation.pointer)
            return EventReading(operation, summary, plain_schema(root), (), tuple(compiler.notes))
        reader = ExampleReader(self._resolver, self._notebook, operation.event)
        examples = reader.read(media.content, media.document, media.pointer)
        root = self._bounded_schema(media, examples, compiler)
        written = _as_written(root, compiler)
        contradictions = check_examples(written, examples, self._notebook, operation.event)
        schema = plain_schema(root)
        notes = tuple(dict.fromkeys(compiler.notes))
        readings = placed(root, compiler.readings)
        return EventReading(operation, summary, schema, examples, notes, contradictions, readings)

    def _bounded_schema(
        self, media: MediaPart, examples: tuple[Example, ...], compiler: Compiler
    ) -> SchemaNode:
        try:
            return self._schema(media, examples, compiler)
        except RecursionError:
            reason = "nested too deeply"
        except TooManyKeywords:
            whole = compiler.most == MOST_KEYWORDS
            schemas = "the schema takes" if whole else "the schemas up to here take"
            most = MOST_KEYWORDS if whole else _MOST_KEYWORDS_IN_ALL
            reason = f"{schemas} too long to read: more than {most:,} keywords, or contradictions"
        finally:
            self._left -= min(compiler.read, compiler.most)
        place = FindingPlace(media.document.file, media.pointer, compiler.event)
        compiler.note_anyway(UNREADABLE, place, f"{reason}; only the envelope is checked")
        return bare(media.document.file, media.pointer)

    def _schema(
        self, media: MediaPart, examples: tuple[Example, ...], compiler: Compiler
    ) -> SchemaNode:
        file, pointer = media.document.file, f"{media.pointer}/schema"
        schema = media.content.get("schema")
        place = FindingPlace(file, media.pointer, compiler.event)
        usable = [example.value for example in examples if isinstance(example.value, dict)]
        if schema is None or schema in ({}, True, False):
            made = "its structure is taken from the example" if usable else _MISSING
            compiler.note(MISSING_SCHEMA, place, f"the event has no schema; {made}")
            if not usable:
                return bare(file, pointer)
            schema = inferred_schema(usable)
        root = compiler.compile(schema, media.document, pointer)
        break_circles(compiler)
        check_samples(compiler)
        root = finished(root, compiler)
        if isinstance(root, SchemaNode):
            root = simplified(root)
        root = enveloped(root, compiler, file, pointer)
        documented = Documented.of(example.value for example in examples)
        check_required(root, compiler, documented)
        return satisfiable(root, compiler, documented)

    # -- the way from the path item to the media type --------------------------------------------

    def media(self, operation: Operation) -> tuple[MediaPart | None, str]:
        """Return the description of an event's body, None if there is none, and its summary."""
        item, document, pointer = self._deref(
            operation.item, operation.document, operation.pointer, operation.event
        )
        summary = ""
        fallback: MediaPart | None = None
        for method, content in methods(item):
            place = f"{pointer}/{escaped(method)}"
            summary = summary or _summary(content, operation.event)
            request = self._request(content, document, place, operation.event)
            response = self._response(content, document, place, operation.event)
            if request is not None:
                self._compare(request, response, operation.event)
                return request, summary
            fallback = fallback or response
        return fallback, summary

    def _request(
        self, method: dict[str, JSON], document: Document, pointer: str, event: str
    ) -> MediaPart | None:
        body, document, place = self._deref(
            method.get("requestBody"), document, f"{pointer}/requestBody", event
        )
        if isinstance(body, dict):
            found = _best_media(body.get("content"), document, f"{place}/content")
            if found is not None:
                return found
        parameters = method.get("parameters")
        for index, parameter in enumerate(parameters if isinstance(parameters, list) else ()):
            if isinstance(parameter, dict) and parameter.get("in") == "body":
                return MediaPart(parameter, document, f"{pointer}/parameters/{index}")
        return None

    def _response(
        self, method: dict[str, JSON], document: Document, pointer: str, event: str
    ) -> MediaPart | None:
        responses = method.get("responses")
        for status, response in responses.items() if isinstance(responses, dict) else ():
            if not status.startswith("2"):
                continue
            place = f"{pointer}/responses/{escaped(status)}"
            answer, at, place = self._deref(response, document, place, event)
            if isinstance(answer, dict):
                found = _best_media(answer.get("content"), at, f"{place}/content")
                if found is not None and "schema" in found.content:
                    return found
        return None

    def _compare(self, request: MediaPart, response: MediaPart | None, event: str) -> None:
        schema = request.content.get("schema")
        if response is None or not schema or response.content.get("schema") != schema:
            return
        place = FindingPlace(response.document.file, f"{response.pointer}/schema", event)
        message = "the schema of the answer repeats that of the request; not enforced"
        self._notebook.add(RESPONSE_REPEATS, place, message)

    def _deref(
        self, node: JSON, document: Document, pointer: str, event: str
    ) -> tuple[JSON, Document, str]:
        for _ in range(10):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node, document, pointer
            target = self._resolver.resolve(node["$ref"], document, pointer)
            if not isinstance(target, RefTarget):
                message = f"the reference {shown(node['$ref'])} {target}; not read"
                self._notebook.add(
                    UNRESOLVED, FindingPlace(document.file, f"{pointer}/$ref", event), message
                )
                return None, document, pointer
            node, document, pointer = target.node, target.document, target.pointer
        message = "the reference leads round in a circle; not read"
        self._notebook.add(
            UNRESOLVED, FindingPlace(document.file, f"{pointer}/$ref", event), message
        )
        return None, document, pointer


_MISSING = "no JSON body is described; only the envelope (event, event_ts, payload) is checked"


def _as_written(root: SchemaNode, compiler: Compiler) -> SchemaNode:
    """Return the schema for the examples beside it, which need not have what it does not require.

    They may be shortened; what is added to a schema is no contradiction of the document.
    """
    names = [name for name in root.get("required", ()) if name not in compiler.demanded]
    return root.like({**root, "required": names})


def _best_media(content: JSON, document: Document, pointer: str) -> MediaPart | None:
    """Return the media type object to read: JSON before others, one with a schema before one
    with examples only."""
    usable = [
        MediaPart(media, document, f"{pointer}/{escaped(name)}")
        for name, media in _by_likelihood(content)
        if isinstance(media, dict)
    ]
    for keyword in ("schema", "examples", "example"):
        for media in usable:
            if media.content.get(keyword):
                return media
    return None


def _by_likelihood(content: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(content, dict):
        yield from sorted(content.items(), key=lambda entry: _unlikeliness(entry[0].lower()))


def _unlikeliness(media_type: str) -> int:
    if media_type.partition(";")[0].strip() == "application/json":
        return 0
    return 1 if "json" in media_type else 2


def _summary(method: dict[str, JSON], event: str) -> str:
    body = method.get("requestBody")
    described = body.get("description") if isinstance(body, dict) else None
    for text in (method.get("summary"), described, method.get("description")):
        if isinstance(text, str):
            lines = (line.strip() for line in text.splitlines())
            kept = [line for line in lines if line and not line.startswith("#")]
            if kept:
                return kept[0]
    return ""
