"""Reads one event of a document: its schema, its examples, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.contract.compile import Compiler
from mockzoom.contract.envelope import bare, enveloped
from mockzoom.contract.erratum import placed
from mockzoom.contract.examples import (
    Documented,
    Example,
    ExampleMismatch,
    ExampleReader,
    check_examples,
    check_samples,
    inferred_schema,
)
from mockzoom.contract.inlining import break_circles, finished
from mockzoom.contract.lint import (
    MISSING_SCHEMA,
    RESPONSE_REPEATS,
    UNREADABLE,
    UNRESOLVED,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.operations import Operation, methods
from mockzoom.contract.readers import MOST_KEYWORDS, TooManyKeywords
from mockzoom.contract.refs import RefTarget, Resolver
from mockzoom.contract.required import check_required
from mockzoom.contract.satisfy import satisfiable
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON, Variant
from mockzoom.schema.merge import simplified
from mockzoom.schema.nodes import SchemaNode, plain_schema

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


class EventReader:
    """Reads the events of a contract; findings go into one list."""

    def __init__(self, findings: LintFindings) -> None:
        self._findings = findings
        self._resolver = Resolver(findings)
        self._left = _MOST_KEYWORDS_IN_ALL

    def read(self, operation: Operation) -> EventReading:
        """Return what the document says of an event; nothing in it raises."""
        most = min(MOST_KEYWORDS, self._left)
        compiler = Compiler(self._findings, operation.event, resolver=self._resolver, most=most)
        media, summary = self.media(operation)
        if media is None:
            place = FindingPlace(operation.document.file, operation.pointer, operation.event)
            compiler.note_anyway(MISSING_SCHEMA, place, _MISSING)
            root = bare(operation.document.file, operation.pointer)
            return EventReading(operation, summary, plain_schema(root), (), tuple(compiler.notes))
        reader = ExampleReader(self._resolver, self._findings, operation.event)
        examples = reader.read(media)
        root = self._bounded_schema(media, examples, compiler)
        written = _as_written(root, compiler)
        contradictions = check_examples(written, examples, self._findings, operation.event)
        schema = plain_schema(root)
        notes = tuple(dict.fromkeys(compiler.notes))
        readings = placed(root, compiler.readings)
        return EventReading(operation, summary, schema, examples, notes, contradictions, readings)

    def _bounded_schema(
        self, media: RefTarget, examples: tuple[Example, ...], compiler: Compiler
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
        self, media: RefTarget, examples: tuple[Example, ...], compiler: Compiler
    ) -> SchemaNode:
        file, pointer = media.document.file, f"{media.pointer}/schema"
        schema = media.node.get("schema")
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

    def media(self, operation: Operation) -> tuple[RefTarget | None, str]:
        """Return the media type object of an event's body, None if there is none; its summary."""
        start = RefTarget(operation.document, operation.pointer, operation.item)
        item = self._followed(start, operation.event)
        summary = ""
        fallback: RefTarget | None = None
        for method, content in methods(item.node):
            summary = summary or _summary(content, operation.event)
            at = item.below(method)
            request, response = (
                self._request(at, operation.event),
                self._response(at, operation.event),
            )
            if request is not None:
                self._compare(request, response, operation.event)
                return request, summary
            fallback = fallback or response
        return fallback, summary

    def _request(self, method: RefTarget, event: str) -> RefTarget | None:
        found = _best_media(self._followed(method.below("requestBody"), event).below("content"))
        if found is not None:
            return found
        for parameter in method.below("parameters").items():
            if isinstance(parameter.node, dict) and parameter.node.get("in") == "body":
                return parameter
        return None

    def _response(self, method: RefTarget, event: str) -> RefTarget | None:
        responses = method.below("responses")
        for status in responses.node if isinstance(responses.node, dict) else ():
            if status.startswith("2"):
                answer = self._followed(responses.below(status), event)
                found = _best_media(answer.below("content"))
                if found is not None and "schema" in found.node:
                    return found
        return None

    def _compare(self, request: RefTarget, response: RefTarget | None, event: str) -> None:
        schema = request.node.get("schema")
        if response is None or not schema or response.node.get("schema") != schema:
            return
        place = FindingPlace(response.document.file, f"{response.pointer}/schema", event)
        message = "the schema of the answer repeats that of the request; not enforced"
        self._findings.add(RESPONSE_REPEATS, place, message)

    def _followed(self, found: RefTarget, event: str) -> RefTarget:
        """Return what the references of a node lead to; nothing where they lead nowhere."""
        for _ in range(10):
            if not isinstance(found.node, dict) or not isinstance(found.node.get("$ref"), str):
                return found
            reference = found.node["$ref"]
            target = self._resolver.resolve(reference, found.document, found.pointer)
            if isinstance(target, str):
                message = f"the reference {shown(reference)} {target}; not read"
                break
            found = target
        else:
            message = "the reference leads round in a circle; not read"
        place = FindingPlace(found.document.file, f"{found.pointer}/$ref", event)
        self._findings.add(UNRESOLVED, place, message)
        return RefTarget(found.document, found.pointer, None)


_MISSING = "no JSON body is described; only the envelope (event, event_ts, payload) is checked"


def _as_written(root: SchemaNode, compiler: Compiler) -> SchemaNode:
    """Return the schema for the examples beside it, which need not have what it does not require.

    They may be shortened; what is added to a schema is no contradiction of the document.
    """
    names = [name for name in root.get("required", ()) if name not in compiler.demanded]
    return root.like({**root, "required": names})


def _best_media(content: RefTarget) -> RefTarget | None:
    """Return the media type object to read: JSON before others, one with a schema before one
    with examples only."""
    names = content.node if isinstance(content.node, dict) else ()
    likeliest = sorted(names, key=lambda name: _unlikeliness(name.lower()))
    usable = [media for name in likeliest if isinstance((media := content.below(name)).node, dict)]
    for keyword in ("schema", "examples", "example"):
        for media in usable:
            if media.node.get(keyword):
                return media
    return None


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
