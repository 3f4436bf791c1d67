"""The control API's own contract, `openapi.yaml`: every request is held to it before it is served.

So the document cannot drift from the server, and views find parameters and bodies of the right
type. What does not fit is refused with the place and the reason.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
from flask import Request
from werkzeug.datastructures import MultiDict

from mockzoom.model import JSON
from mockzoom.schema.pointer import join
from mockzoom.web.problems import Problem

DOCUMENT = Path(__file__).with_name("openapi.yaml")
_METHODS = ("get", "post", "patch", "put", "delete")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Call:
    """A request that fits the contract: its parameters, and its JSON body (None without one)."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: JSON = None


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    place: str
    required: bool
    kind: str
    many: bool
    validator: Any
    default: Any = None


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One operation of the document."""

    id: str
    parameters: tuple[_Parameter, ...]
    body: Any = None
    """The validator of its body; None where it takes none."""
    body_required: bool = False
    texts: frozenset[str] = frozenset()
    """Media types of a body that is the text itself: the `text` of the JSON form."""
    answers: Mapping[str, Any] = field(default_factory=dict)

    def read(self, request: Request) -> Call:
        """Return what `request` asks for; raise `Problem` where that does not fit."""
        path = self.path(request)
        return Call(path, self.query(request.args), self._body(request))

    def path(self, request: Request) -> dict[str, Any]:
        """Return the parameters in the path; raise `Problem` (404) where they name nothing."""
        errors: list[dict[str, str]] = []
        found = self._values("path", MultiDict(request.view_args or {}), errors)
        if errors:
            raise Problem(404, f"there is nothing at {request.path}")
        return found

    def query(self, given: MultiDict[str, str]) -> dict[str, Any]:
        """Return the parameters in the query; raise `Problem` where they do not fit."""
        errors: list[dict[str, str]] = []
        known = {item.name for item in self.parameters if item.place == "query"}
        for name in given:
            if name not in known:
                errors.append({"parameter": name, "message": "there is no such parameter"})
        found = self._values("query", given, errors)
        if errors:
            raise Problem(400, "a parameter is wrong", errors)
        return found

    def _values(
        self, place: str, given: MultiDict[str, Any], errors: list[dict[str, str]]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for item in self.parameters:
            if item.place != place:
                continue
            texts = given.getlist(item.name)
            if not texts:
                values[item.name] = item.default
                if item.required:
                    errors.append(_wrong(item, "it is required"))
                continue
            if len(texts) > 1 and not item.many:
                errors.append(_wrong(item, "it stands there more than once"))
                continue
            typed = [_typed(text, item.kind) for text in texts]
            value = typed if item.many else typed[0]
            found = next(item.validator.iter_errors(value), None)
            if found is not None:
                errors.append(_wrong(item, _said(found)))
            values[item.name] = value
        return values

    def _body(self, request: Request) -> JSON:
        data = request.get_data(cache=True)
        if self.body is None:
            if data:
                raise Problem(400, "this operation takes no body")
            return None
        if not data and not self.body_required:
            return None
        return self.hold(self._value(request.mimetype, data))

    def hold(self, value: JSON) -> JSON:
        """Return `value` where it fits as the body; otherwise raise `Problem` with each place."""
        errors = [part for error in self.body.iter_errors(value) for part in _of_form(error)]
        found = sorted(errors, key=lambda error: list(map(str, error.absolute_path)))
        if found:
            raise Problem(400, "the body does not fit the contract of this operation", [
                {"pointer": join(error.absolute_path), "message": _said(error)}
                for error in found[:_SHOWN]
            ])  # fmt: skip
        return value

    def _value(self, mimetype: str, data: bytes) -> JSON:
        if mimetype in self.texts:
            try:
                return {"text": data.decode("utf-8-sig")}
            except UnicodeDecodeError as error:
                raise Problem(400, f"the body is no text in UTF-8: {error.reason}") from None
        if mimetype != "application/json":
            known = " or ".join(["application/json", *sorted(self.texts)])
            raise Problem(415, f"expected a body with content-type {known}")
        return parse_json(data)


def _of_form(error: Any) -> list[Any]:
    """Return what is wrong with a body of several forms: of the form that its constants name."""
    forms: dict[Any, list[Any]] = {}
    for part in error.context if error.validator == "oneOf" else ():
        forms.setdefault(part.schema_path[0], []).append(part)
    for parts in forms.values():
        if all(part.validator != "const" for part in parts):
            return parts
    return [part for parts in forms.values() for part in parts if part.validator == "const"] or [
        error
    ]


def _said(error: Any) -> str:
    """Return what is wrong; a pattern in the words of its schema, and of a secret not itself."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if schema.get("writeOnly"):
        return f"the value, which is not shown: expected {error.validator} {error.validator_value}"
    words = schema.get("description")
    if error.validator == "pattern" and words:
        return _short(f"{str(error.instance)[:100]!r}: expected {words}")
    return _short(error.message)


def parse_json(data: bytes) -> JSON:
    """Return the JSON value in `data`; raise `Problem` where there is none that can be kept."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, parse_float=_number)
        # `\ud800` alone is JSON, and no text that could be stored or sent.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"the body is no JSON in UTF-8: {_short(str(error))}") from None
    return value


def operation(name: str) -> ApiOperation:
    """Return an operation by its `operationId`; the page's forms are held to it too."""
    return next(item for item in load()[1].values() if item.id == name)


@functools.cache
def load() -> tuple[dict[str, Any], dict[tuple[str, str], ApiOperation]]:
    """Return the document, and its operations by path template and method."""
    from ruamel.yaml import YAML

    document: dict[str, Any] = YAML(typ="safe", pure=True).load(DOCUMENT.read_text("utf-8"))
    components = _local(document["components"])
    operations: dict[tuple[str, str], ApiOperation] = {}
    for template, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                shared = item.get("parameters", [])
                made = _operation(document, components, item[method], shared)
                operations[template, method.upper()] = made
    return document, operations


def template_of(rule: str) -> str:
    """Return the OpenAPI path template of a Flask rule."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def validator(document: Mapping[str, Any], schema: JSON) -> Any:
    """Return the validator of one schema of the document."""
    return _validator(_local(document["components"]), schema)


def _validator(components: JSON, schema: JSON) -> Any:
    whole = {"$defs": {"document": {"components": components}}, **_local(schema)}
    kind = jsonschema.Draft202012Validator
    return kind(whole, format_checker=kind.FORMAT_CHECKER)


def _operation(
    document: dict[str, Any], components: JSON, item: dict[str, Any], shared: list[Any]
) -> ApiOperation:
    parameters = []
    schema: Any
    for given in (*shared, *item.get("parameters", ())):
        found = _resolve(document, given)
        schema = _resolve(document, found["schema"])
        many = schema.get("type") == "array"
        parameters.append(_Parameter(
            found["name"], found["in"], bool(found.get("required")),
            _resolve(document, schema["items"] if many else schema).get("type", "string"), many,
            _validator(components, schema), schema.get("default"),
        ))  # fmt: skip
    body = item.get("requestBody")
    schema = None if body is None else body["content"]["application/json"]["schema"]
    return ApiOperation(
        item["operationId"], tuple(parameters),
        None if schema is None else _validator(components, schema),
        bool(body and body.get("required")),
        frozenset(body["content"]) - {"application/json"} if body else frozenset(),
        {status: _resolve(document, answer) for status, answer in item["responses"].items()},
    )  # fmt: skip


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _local(node: JSON) -> JSON:
    """Point references at the copy of the components that a validator carries."""
    if isinstance(node, dict):
        return {
            key: value.replace("#/", "#/$defs/document/") if key == "$ref" else _local(value)
            for key, value in node.items()
        }
    return [_local(item) for item in node] if isinstance(node, list) else node


def _typed(text: str, kind: str) -> Any:
    """Read a parameter's text as what it has to be; text that is none stays text."""
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _wrong(item: _Parameter, message: str) -> dict[str, str]:
    return {"parameter": item.name, "in": item.place, "message": _short(message)}


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:297] + "…"


def _number(text: str) -> int | float:
    """Read a number as JavaScript does: `1.0` and `1e3` are integers."""
    value = float(text)
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is beyond what a number holds")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
