"""Reading JSON from a request: bounded, strictly typed, each fault as one refusal."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from conformance.mock.replies import Refusal

JSON_LIMIT = 1024 * 1024
"""Most bytes of JSON that a request may carry. Ours: nothing documented comes near."""

_LARGEST_ID = 2**63 - 1


def parse_json(body: bytes) -> Any:
    """The JSON value in `body`; refuses what isn't UTF-8 JSON of sane depth and number size (400)."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        if b"\\u" in body:  # an escape can smuggle in half of a surrogate pair, which no reply could repeat
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except RecursionError:
        raise Refusal(400, "The JSON is nested too deeply.") from None
    except ValueError:
        raise Refusal(400, "The body isn't valid JSON in UTF-8.") from None


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; anything else is refused (400)."""
    value = parse_json(body)
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return value


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type says JSON."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def integer(payload: dict[str, Any], name: str) -> int:
    """A required integer. Booleans, floats and strings of digits aren't integers."""
    if name not in payload:
        raise Refusal(400, f"The field {name} is required.")
    value = payload[name]
    if type(value) is not int or not -_LARGEST_ID <= value <= _LARGEST_ID:
        raise Refusal(400, f"The field {name} must be an integer.")
    return value


def optional_integer(payload: dict[str, Any], name: str) -> int | None:
    """An integer, or None when the field is absent or null."""
    return None if payload.get(name) is None else integer(payload, name)


def text(payload: dict[str, Any], name: str) -> str:
    """A required string that can be stored: not empty, without NUL."""
    if name not in payload:
        raise Refusal(400, f"The field {name} is required.")
    value = payload[name]
    if not isinstance(value, str) or not value or "\0" in value:
        raise Refusal(400, f"The field {name} must be a non-empty string.")
    return value


def optional_text(payload: dict[str, Any], name: str) -> str | None:
    """A string, or None when the field is absent or null."""
    return None if payload.get(name) is None else text(payload, name)


def flag(payload: dict[str, Any], name: str) -> bool:
    """A boolean; false when the field is absent or null."""
    value = payload.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"The field {name} must be true or false.")
    return bool(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("no number of ours is as large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
