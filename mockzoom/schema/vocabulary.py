"""The words of JSON Schema 2020-12: keywords with the kind of value each takes, and types."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCHEMA = _words(
    "additionalProperties contains else if items not propertyNames then unevaluatedItems "
    "unevaluatedProperties"
)
SCHEMA_LISTS = _words("allOf anyOf oneOf prefixItems")
SCHEMA_MAPS = _words("dependentSchemas patternProperties properties")
COUNTS = _words(
    "maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties"
)
NUMBERS = _words("exclusiveMaximum exclusiveMinimum maximum minimum multipleOf")
FLAGS = _words("deprecated nullable readOnly uniqueItems writeOnly")
TEXTS = _words("description title")
OTHERS = _words("const default dependentRequired enum format pattern required type")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
