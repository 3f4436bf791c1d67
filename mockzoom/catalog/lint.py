"""The rules that a contract document is judged by (MZ7xx), and the notebook its findings go into.

A finding speaks of the document as it was written, before any erratum: the errata mend how it is
read, not what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mockzoom.model import SEVERITIES, Finding, Rule

UNREADABLE = Rule(
    "MZ701",
    "unreadable-part",
    "error",
    "A part of a document cannot be read: broken JSON or YAML, nested too deeply, no UTF-8.",
    "What cannot be read is not checked: events may be missing from the catalog.",
    "Repair the syntax at the place named, or leave the file out.",
)
EXAMPLE_CONTRADICTS = Rule(
    "MZ702",
    "example-contradicts-schema",
    "warning",
    "A documented example breaks the schema that stands beside it.",
    "Readers copy the example, generators follow the schema; the receiver meets either.",
    "Correct the example or the schema; an erratum can carry both readings.",
)
ENUM_OMITS = Rule(
    "MZ703",
    "enum-omits-described-value",
    "warning",
    "The description explains a value that the enum beside it leaves out.",
    "A receiver that was generated from the enum refuses a value that is sent every day.",
    "Add the value to the enum, or take it out of the description.",
)
UNKNOWN_TYPE = Rule(
    "MZ704",
    "unknown-type",
    "error",
    "`type` names something that JSON Schema does not know, such as `long` or prose.",
    "Validators and generators refuse the schema, or ignore the constraint without a word.",
    "Use string, integer, number, boolean, object, array or null; put the rest into `format`.",
)
UNKNOWN_FORMAT = Rule(
    "MZ705",
    "unknown-format",
    "warning",
    "`format` is none that JSON Schema or the OpenAPI registry defines.",
    "Nobody checks it, whatever the author meant.",
    "Use the registered name (`date-time`, `uri`, `int32`, `int64`), or a pattern.",
)
UNKNOWN_KEYWORD = Rule(
    "MZ706",
    "unknown-keyword",
    "warning",
    "A schema has a keyword that neither JSON Schema nor OpenAPI defines.",
    "A misspelt keyword constrains nothing.",
    "Correct the spelling; a property belongs under `properties`, an extension begins with `x-`.",
)
ILL_TYPED = Rule(
    "MZ707",
    "ill-typed-keyword",
    "error",
    "A keyword has a value of a type that it cannot have, such as `required: true`.",
    "Validators refuse the schema as a whole.",
    "Give the keyword the value that JSON Schema 2020-12 asks for.",
)
UNRESOLVED = Rule(
    "MZ708",
    "unresolved-reference",
    "error",
    "A `$ref` leads nowhere, to another host, or round in a circle.",
    "What it stands for is unknown, so nothing is checked there. Nothing is fetched from a host.",
    "Point it at a definition in the document or in a file beside it.",
)
REQUIRED_NAMES_NOTHING = Rule(
    "MZ709",
    "required-names-no-property",
    "warning",
    "`required` names a property that the schema does not describe.",
    "Often a misspelt name: the property that is meant counts as optional.",
    "Correct the name, or describe the property.",
)
UNSATISFIABLE = Rule(
    "MZ710",
    "unsatisfiable-schema",
    "error",
    "No value can satisfy the schema: its own keywords contradict each other.",
    "Every genuine event breaks it, so it cannot be the contract.",
    "Drop or relax one of the contradicting keywords.",
)
EXAMPLE_NO_JSON = Rule(
    "MZ711",
    "example-is-no-json",
    "warning",
    "An example that should be JSON in a string is none.",
    "It can be neither checked nor used.",
    "Correct the text; a trailing comma, a comment or an unescaped quote is the usual cause.",
)
MISSING_SCHEMA = Rule(
    "MZ712",
    "missing-schema",
    "warning",
    "An event has no usable schema for its JSON body.",
    "Only the envelope (event, event_ts, payload) can be checked.",
    "Describe the body under requestBody, content, application/json, schema.",
)
RESPONSE_REPEATS = Rule(
    "MZ713",
    "response-repeats-request",
    "info",
    "The schema of the answer is the schema of the request.",
    "An artefact of the documentation: Zoom reads no body of the answer, so it is not enforced.",
    "Describe the answer as 200 or 204 without a body.",
)
DUPLICATE_EVENT = Rule(
    "MZ714",
    "duplicate-event",
    "warning",
    "Two documents, or two places of one, describe the same event differently.",
    "Only the first is used.",
    "Keep one of the descriptions, or load only one of the documents.",
)
UNUSABLE_PATTERN = Rule(
    "MZ715",
    "unusable-pattern",
    "warning",
    "`pattern` is no regular expression that both validators can use.",
    "It is not checked.",
    "Use the common core of ECMA-262 and Python: no \\Z, no \\p, no named groups.",
)
UNUSUAL_ENVELOPE = Rule(
    "MZ716",
    "unusual-envelope",
    "warning",
    "The schema lacks `event`, `event_ts` or `payload`, or gives one of them an impossible type.",
    "Every event that Zoom sends has the three: a name, milliseconds, and the payload.",
    "Describe the three at the top of the schema.",
)
NO_VALUE_FOUND = Rule(
    "MZ717",
    "no-value-found",
    "info",
    "mockzoom found no value for a schema, and no proof that there is none.",
    "The constraint named is left out of what is made and checked.",
    "Nothing is wrong with the document for certain; a simpler constraint would be checked.",
)
ERRATUM_WITHOUT_TARGET = Rule(
    "MZ718",
    "erratum-without-target",
    "error",
    "An action of an overlay does not apply: its target matches nothing, or has another type.",
    "The correction is not made: the document has changed since, or the path is wrong.",
    "Correct the target, or drop the action if the document is right now.",
)
DUPLICATE_KEY = Rule(
    "MZ719",
    "duplicate-key",
    "warning",
    "An object of the document has the same key twice.",
    "Readers differ in which of the two counts.",
    "Keep one of the two.",
)
ENVELOPE_OPTIONAL = Rule(
    "MZ720",
    "envelope-optional",
    "info",
    "The schema describes `event`, `event_ts` or `payload` without requiring it.",
    "Every event that Zoom sends has the three, so they are required all the same.",
    "Name the three in `required` at the top of the schema.",
)

LINT_RULES: tuple[Rule, ...] = (
    UNREADABLE,
    EXAMPLE_CONTRADICTS,
    ENUM_OMITS,
    UNKNOWN_TYPE,
    UNKNOWN_FORMAT,
    UNKNOWN_KEYWORD,
    ILL_TYPED,
    UNRESOLVED,
    REQUIRED_NAMES_NOTHING,
    UNSATISFIABLE,
    EXAMPLE_NO_JSON,
    MISSING_SCHEMA,
    RESPONSE_REPEATS,
    DUPLICATE_EVENT,
    UNUSABLE_PATTERN,
    UNUSUAL_ENVELOPE,
    NO_VALUE_FOUND,
    ERRATUM_WITHOUT_TARGET,
    DUPLICATE_KEY,
    ENVELOPE_OPTIONAL,
)


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """Where a finding is made: a file as the user knows it, a pointer into it, and the event."""

    file: str
    pointer: str = ""
    event: str | None = None


@dataclass(slots=True)
class LintFindings:
    """Collects findings; the same one at the same place counts once."""

    _findings: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)

    def add(self, rule: Rule, place: FindingPlace, message: str) -> None:
        """Note that `rule` fires at `place`; `message` says what was found and what is made of it.

        A finding in a shared definition names the first event that led to it.
        """
        key = (rule.id, place.file, place.pointer, message)
        finding = Finding(rule.id, rule.severity, place.file, place.pointer, message, place.event)
        self._findings.setdefault(key, finding)

    def extend(self, other: LintFindings) -> None:
        """Take over the findings of another notebook."""
        for key, finding in other._findings.items():
            self._findings.setdefault(key, finding)

    def sorted(self) -> tuple[Finding, ...]:
        """Return the findings, worst first, then by file, place and rule."""
        return tuple(sorted(self._findings.values(), key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    severity = SEVERITIES.index(finding.severity)
    return (severity, finding.file, finding.pointer, finding.rule, finding.message)
