"""Renders contract documents as reference pages look, in five ways, and says what a page shows.

The look is that of the fixtures in `pages/`: members sorted by name, the required ones first, an
example made from the schema beside each list. `shown` is what a reader can take from such a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_COMBINED = {"allOf": "All of", "anyOf": "Any of", "oneOf": "One of", "not": "Not"}

Member = tuple[int, str, bool, dict[str, Any]]
"""Depth, name, whether it is required, schema."""


def items_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the path items of a document by event."""
    return {**document.get("paths", {}), **document.get("webhooks", {})}


def schema_of(item: dict[str, Any]) -> Any:
    """Return the schema of an event's body as it is written."""
    return item["post"]["requestBody"]["content"]["application/json"].get("schema")


# -- what a page shows of a schema -----------------------------------------------------------------


def combined(schema: dict[str, Any]) -> str:
    """Return the mark of a schema with alternatives, or an empty text."""
    return next((mark for keyword, mark in _COMBINED.items() if keyword in schema), "")


def members(schema: dict[str, Any]) -> list[tuple[str, bool, dict[str, Any]]]:
    """Return the members of an object as a page lists them: name, required, schema."""
    properties = schema.get("properties") or {}
    required = schema.get("required") if isinstance(schema.get("required"), list) else []
    listed = [
        (name, name in required, item)
        for name, item in properties.items()
        if isinstance(item, dict) and name
    ]
    return sorted(listed, key=lambda member: (not member[1], member[0].lower()))


def is_object(schema: Any) -> bool:
    """Tell whether a page lists the members of a schema."""
    return isinstance(schema, dict) and (schema.get("type") == "object" or "properties" in schema)


def types_of(schema: dict[str, Any]) -> list[str]:
    """Return the types that a page shows: `object` where a schema has none."""
    types = schema.get("type") or "object"
    return types if isinstance(types, list) else [types]


def shown(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a member's schema, in the form that a reader gives it."""
    types = types_of(schema)
    result: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    result.update({key: schema[key] for key in ("format", "enum", "default") if key in schema})
    if combined(schema):
        return result
    example = example_of(schema)
    if "type" not in schema and example is not _NONE and not isinstance(example, dict):
        del result["type"]
    if is_object(schema):
        result.update(shown_object(schema))
        result["type"] = schema.get("type", "object")
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        result["items"] = shown_item(schema["items"])
    return result


def shown_object(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows of an object: its members and which of them are required."""
    result: dict[str, Any] = {"type": "object"}
    listed = members(schema)
    required = [name for name, is_required, _ in listed if is_required]
    if required:
        result["required"] = required
    if listed:
        result["properties"] = {name: shown(item) for name, _, item in listed}
    return result


def shown_item(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows of an array's items."""
    if combined(item):
        return {}
    if is_object(item):
        return shown_object(item) if members(item) else {}
    if item.get("type") == "array":
        return {"type": "array", "items": shown_item(item.get("items", {}))}
    return shown(item) if item.get("type") else {}


# -- the example that a page has beside a schema --------------------------------------------------

_NONE = object()


def example_of(schema: Any) -> Any:
    """Return an example of a schema, `_NONE` for an object without members."""
    if not isinstance(schema, dict):
        return _NONE
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema and not schema.get("properties"):
            return example_of(schema[keyword][0])
    if not is_object(schema) and ("default" in schema or schema.get("enum")):
        return schema.get("default", (schema.get("enum") or [None])[0])
    if is_object(schema):
        made = {name: example_of(item) for name, _, item in members(schema)}
        found = {name: value for name, value in made.items() if value is not _NONE}
        return found or _NONE
    if types_of(schema)[0] == "array":
        item = example_of(schema.get("items"))
        return [] if item is _NONE else [item]
    plain = {"string": "", "integer": 1, "number": 1, "boolean": True}
    return plain.get(types_of(schema)[0])


def example_text(schema: dict[str, Any]) -> str:
    """Return the example as a page prints it."""
    example = example_of(schema)
    return json.dumps({} if example is _NONE else example, indent=2, ensure_ascii=False)


# -- the parts of a list ---------------------------------------------------------------------------


def lines_of(schema: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    """Yield the parts of a field list: depth and either `member` or `mark` or `item`."""
    for name, required, item in members(schema):
        yield depth, "member", (name, required, item)
        if combined(item) and is_object(item):
            yield depth, "mark", combined(item)
        elif is_object(item):
            yield from lines_of(item, depth + 1)
        if item.get("type") == "array" and isinstance(item.get("items"), dict):
            yield depth, "mark", "Items"
            yield from _item_lines(item["items"], depth)


def _item_lines(item: dict[str, Any], depth: int) -> Iterator[tuple[int, str, Any]]:
    if combined(item):
        yield depth, "mark", combined(item)
        for keyword in ("anyOf", "oneOf", "allOf"):
            for branch in item.get(keyword, ()):
                yield from _item_lines(branch, depth)
    elif is_object(item):
        yield from lines_of(item, depth + 1)
    elif item.get("type") == "array":
        yield depth, "mark", "Array of"
        yield from _item_lines(item.get("items", {}), depth)
    elif item.get("type"):
        yield depth, "item", item


def head(schema: dict[str, Any], code: str, joint: str) -> str:
    """Return types and attributes of a member; `code` stands around values, `joint` before them."""

    def coded(text: str) -> str:
        ticks = code * 2 if code and code in text else code
        return f"{ticks}{text}{ticks}"

    text = coded(" | ".join(types_of(schema)))
    if "format" in schema:
        text += f", format:{joint}{coded(schema['format'])}"
    if "enum" in schema:
        values = ", ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
        text += f", possible values:{joint}{coded(values)}"
    if "default" in schema:
        default = json.dumps(schema["default"], ensure_ascii=False)
        text += f", default:{joint}{coded(default)}"
    return text


# -- the renderings --------------------------------------------------------------------------------


def markdown(document: dict[str, Any], says: str = "Some words. * 1 — one") -> str:
    """Return a page in Markdown, nested by indentation."""
    said = re.sub(r"([*_])", r"\\\1", says)

    def part(depth: int, kind: str, value: Any) -> str:
        blank = "  " * depth
        if kind == "mark":
            return f"{blank}  **{value}:**\n"
        if kind == "item":
            return f"{blank}  {head(value, '`', ' ')}\n"
        name, required, schema = value
        mark = " (required)" if required else ""
        return f"{blank}- **`{name}`{mark}**\n\n{blank}  {head(schema, '`', ' ')} — {said}\n"

    def operation(name: str, schema: dict[str, Any]) -> list[str]:
        escaped = name.replace("_", r"\_")
        listed = [part(*line) for line in lines_of(schema)]
        example = f"**Example:**\n\n```json\n{example_text(schema)}\n```\n"
        return [
            f"### POST {escaped}\n",
            f"- **Method:**\xa0`POST`\n- **Path:**\xa0`{name}`\n- **Tags:**\xa0group\\_one\n",
            "#### Request Body\n",
            "##### Content-Type: application/json\n",
            *listed,
            example,
            "#### Responses\n",
            "##### Status: 200\n\n###### Content-Type: application/json\n",
            *listed[:2],
            example,
        ]

    top = "# Some Product\n\n- **OpenAPI Version:**\xa0`3.1.0`\n- **API Version:**\xa0`1.0.0`\n"
    return _page([top, f"{said}\n", "## Operations\n"], operation, document)


def one_line(document: dict[str, Any]) -> str:
    """Return a page in Markdown in one line."""
    return re.sub(r"[ \n]+", " ", markdown(document)).strip()


def indented_text(document: dict[str, Any], bullets: str = "•") -> str:
    """Return a page as text with bullets, nested by indentation; one bullet for each depth."""

    def part(depth: int, kind: str, value: Any) -> str:
        blank = "  " * (depth + 1)
        if kind == "mark":
            return f"{blank}  {value}:\n"
        if kind == "item":
            return f"{blank}  {head(value, '', ' ')}\n"
        name, required, schema = value
        bullet = bullets[depth % len(bullets)]
        mark = " (required)" if required else ""
        return f"{blank}{bullet} {name}{mark}\n\n{blank}  {head(schema, '', ' ')} — Some words.\n"

    def operation(name: str, schema: dict[str, Any]) -> list[str]:
        listed = [part(*line) for line in lines_of(schema)]
        return [
            f"POST {name}\n",
            f"  • Method: POST\n  • Path: {name}\n  • Tags: group_one\n",
            "Request Body\n",
            "Content-Type: application/json\n",
            *listed,
            f"Example:\n\n{example_text(schema)}\n",
            "Responses\n",
            "Status: 200\nContent-Type: application/json\n",
            *listed[:2],
            f"Example:\n\n{example_text(schema)}\n",
        ]

    top = "Some Product\n\n  • OpenAPI Version: 3.1.0\n  • API Version: 1.0.0\n"
    return _page([top, "Some words.\n", "Operations\n"], operation, document)


def plain_text(document: dict[str, Any]) -> str:
    """Return a page as text without indentation, its words glued together."""

    def part(depth: int, kind: str, value: Any) -> str:
        if kind == "mark":
            return f"{value}:"
        if kind == "item":
            return head(value, "", "")
        name, required, schema = value
        mark = "(required)" if required else ""
        return f"{name}{mark}{head(schema, '', '')}— Some words. -"

    def operation(name: str, schema: dict[str, Any]) -> list[str]:
        listed = [part(*line) for line in lines_of(schema)]
        example = "\n".join(line.strip() for line in example_text(schema).splitlines())
        return [
            f"POST {name}\n- Method:\nPOST - Path:\n{name} - Tags: group_one",
            "Request Body\nContent-Type: application/json\n-",
            *listed,
            "-\nExample:\n" + example,
            "Responses\nStatus: 200\nContent-Type: application/json\n-",
            *listed[:2],
            "-\nExample:\n" + example,
        ]

    top = "Some Product\n- OpenAPI Version:\n3.1.0 - API Version:\n1.0.0\nSome words.\nOperations"
    return _page([top], operation, document)


def listing(document: dict[str, Any], *, one_line: bool = True, indent: int = 2) -> str:
    """Return a document with numbers before its lines, and page text around it."""
    lines = json.dumps(document, indent=indent, ensure_ascii=False).splitlines()
    if not one_line:
        width = len(str(len(lines)))
        numbered = [f"{number:>{width}}\t{line}" for number, line in enumerate(lines, 1)]
        return "\n".join(["a copy of something", "view raw", *numbered, "footer 1 2 3"])
    joined = " ".join(f"{number}{line}" for number, line in enumerate(lines, 1))
    return f"a copy of something\nat main {len(lines)} lines 1 kB view raw\n" + " ".join(
        joined.split()
    )


def _page(
    top: list[str],
    operation: Callable[[str, dict[str, Any]], list[str]],
    document: dict[str, Any],
) -> str:
    parts = [*top]
    for name, item in items_of(document).items():
        parts += operation(name, schema_of(item))
    return "\n".join(parts)
