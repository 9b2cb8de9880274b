"""What is wrong with a body, in one line a value.

Explains with jsonschema what `schemas` has found invalid. The grammar of a message is
`<what it is>, but should be <what the contract says>`; the value's path stands beside it, not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MAX_DEPTH = 200
"""Levels of nesting that are explained; a deeper body that isn't valid gets one violation at its root."""

MAX_SHOWN = 60
"""Characters of a value that a message shows."""

MAX_LISTED = 8
"""Alternatives of an enumeration that a message lists."""

# The most telling keyword of a value comes first: a value of a wrong type is nothing else.
_RANK = ("required", "type", "const", "enum", "anyOf", "pattern", "format")
_TYPE_NAMES = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
Segments = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """One value of a body that isn't as the contract says.

    `path` names the value with indices (`models[3].owner_id`), `pointer` without (`models[].owner_id`); both
    are "" for the body itself, and end in the property's name when it is missing. `message` is one line.
    `keyword` is the JSON Schema keyword that failed.
    """

    path: str
    pointer: str
    message: str
    keyword: str

    def __str__(self) -> str:
        return f"{self.path or 'the body'}: {self.message}"


def explain(schema: Mapping[str, Any], body: Any) -> list[Violation]:
    """Every violation of a schema without references, one a value, in the order of their paths.

    Empty when the body conforms. Never raises for any value that JSON can express, however deep or large.
    """
    if is_deeper_than(body, MAX_DEPTH):
        return [_at((), f"is nested deeper than {MAX_DEPTH} levels", "maxDepth")]
    found: dict[Segments, tuple[int, Violation]] = {}
    try:
        for segments, message, keyword in _findings(_validator(schema), body):
            rank = _RANK.index(keyword) if keyword in _RANK else len(_RANK)
            if segments not in found or rank < found[segments][0]:
                found[segments] = (rank, _at(segments, message, keyword))
    except (RecursionError, ValueError) as failure:
        # jsonschema formats values eagerly, and an integer of over 4,300 digits has no text.
        return [_at((), f"can't be judged ({type(failure).__name__})", "maxDepth")]
    return [found[segments][1] for segments in sorted(found, key=_order)]


def is_deeper_than(body: Any, levels: int) -> bool:
    """Whether arrays and objects nest in more than `levels` levels; takes no stack itself."""
    pending: list[tuple[Any, int]] = [(body, 1)]
    while pending:
        value, level = pending.pop()
        if not isinstance(value, dict | list):
            continue
        if level > levels:
            return True
        children = value.values() if isinstance(value, dict) else value
        pending.extend((child, level + 1) for child in children)
    return False


def to_path(segments: Sequence[str | int], *, indices: bool = True) -> str:
    """`("models", 3, "id")` as `models[3].id`, or as the pointer `models[].id` without indices."""
    text = ""
    for segment in segments:
        if isinstance(segment, int):
            text += f"[{segment}]" if indices else "[]"
        else:
            text += f".{segment}" if text else segment
    return text


def shown(value: Any) -> str:
    """A value as a message shows it: one line, shortened, containers by their kind only."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        kind = "object" if isinstance(value, dict) else "array"
        return f"an {kind}" if value else f"an empty {kind}"
    if isinstance(value, int) and value.bit_length() > 256:
        return "an integer of more than 77 digits"
    text = repr(value[: MAX_SHOWN + 1] if isinstance(value, str) else value)
    if len(text) <= MAX_SHOWN:
        return text
    return f"{text[: MAX_SHOWN - 1]}…" + (f" ({len(value)} characters)" if isinstance(value, str) else "")


def _at(segments: Segments, message: str, keyword: str) -> Violation:
    return Violation(to_path(segments), to_path(segments, indices=False), message, keyword)


def _order(segments: Segments) -> list[tuple[int, int, str]]:
    return [(0, item, "") if isinstance(item, int) else (1, 0, item) for item in segments]


def _findings(validator: Validator, body: Any) -> Iterator[tuple[Segments, str, str]]:
    for error in validator.iter_errors(body):
        yield from _of_error(error)


def _of_error(error: ValidationError) -> Iterator[tuple[Segments, str, str]]:
    segments, keyword = tuple(error.absolute_path), str(error.validator)
    value: Any = error.instance
    limit: Any = error.validator_value
    if keyword == "required":
        for name in limit:
            if name not in value:
                yield (*segments, name), "missing", keyword
    elif keyword == "anyOf" and all(set(branch) == {"required"} for branch in limit):
        names = [repr(name) for branch in limit for name in branch["required"]]
        yield segments, f"has none of {_alternatives(names)}", keyword
    else:
        yield segments, _message(error, keyword), keyword


def _message(error: ValidationError, keyword: str) -> str:
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema
    expected = schema.get("x-expected")
    if keyword == "type":
        return f"is {shown(value)}, but should be {type_names(limit)}"
    if keyword in ("pattern", "format"):
        return f"{shown(value)} doesn't match {expected or limit}"
    if keyword == "anyOf" and expected:
        return f"is {shown(value)}, but should be {expected}"
    if keyword == "enum":
        values = [shown(item) for item in limit]
        listed = _alternatives(values) if len(values) <= MAX_LISTED else f"{', '.join(values[:MAX_LISTED])}, …"
        return f"is {shown(value)}, but should be one of {listed}"
    if keyword == "minItems":
        return f"has {len(value)} items, but should have at least {limit}"
    if keyword == "minLength":
        return f"has {len(value)} characters, but should have at least {limit}"
    if keyword == "minimum":
        return f"is {shown(value)}, but should be at least {limit}"
    return f"is {shown(value)}, but should be {expected or f'as {keyword} {shown(limit)} says'}"


def type_names(types: str | Sequence[str]) -> str:
    """JSON Schema types as a message names them: `["string", "null"]` as `a string or null`."""
    return _alternatives([_TYPE_NAMES[item] for item in ([types] if isinstance(types, str) else types)])


def _alternatives(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _validator(schema: Mapping[str, Any]) -> Validator:
    validator_class, checker = _validator_class()
    validator: Validator = validator_class(schema, format_checker=checker)
    return validator


@cache
def _validator_class() -> tuple[Any, Any]:
    # Imported here: jsonschema takes 0.1 s to import, and only a body that isn't valid needs it.
    from jsonschema import Draft202012Validator, FormatChecker, validators

    def pattern(_: Validator, regex: str, value: Any, __: Any) -> Iterator[ValidationError]:
        from jsonschema.exceptions import ValidationError

        if isinstance(value, str) and not _ecma(regex).search(value):
            yield ValidationError(f"doesn't match {regex}")

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": pattern}), FormatChecker(formats=("date-time", "uuid"))


@cache
def _ecma(regex: str) -> re.Pattern[str]:
    # JSON Schema's expressions are ECMA 262's, whose `$` is the end; Python's also precedes a last newline.
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", regex), re.ASCII)
