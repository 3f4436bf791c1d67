"""The words of JSON Schema 2020-12: keywords with the kind of value each takes, and types."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


SCHEMA = words(
    "additionalProperties contains else if items not propertyNames then unevaluatedItems "
    "unevaluatedProperties"
)
SCHEMA_LISTS = words("allOf anyOf oneOf prefixItems")
SCHEMA_MAPS = words("dependentSchemas patternProperties properties")
COUNTS = words(
    "maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties"
)
NUMBERS = words("exclusiveMaximum exclusiveMinimum maximum minimum multipleOf")
FLAGS = words("deprecated nullable readOnly uniqueItems writeOnly")
TEXTS = words("description title")
OTHERS = words("const default dependentRequired enum format pattern required type")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
