"""Exchange objects out of JSON, every field checked; the message names the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from conformance.evidence.exchange import Credential, Exchange, Failure, Part, Request, Response

_CREDENTIALS = ("session", "other", "none")
_ABSENT = object()


def exchange_from_json(value: object) -> Exchange:
    """An `Exchange` from its JSON object; ValueError says which field is missing or mistyped."""
    entry = _Fields(value, "exchange")
    request = entry.child("request")
    response = entry.child("response", nullable=True)
    error = entry.child("error", nullable=True)
    assert request is not None
    return Exchange(
        id=entry.text("id"),
        check=entry.optional_text("check"),
        endpoint=entry.optional_text("endpoint"),
        started_at=entry.text("started_at"),
        elapsed_seconds=entry.number("elapsed_seconds"),
        request=_request(request),
        response=None if response is None else _response(response),
        error=None if error is None else Failure(error.text("kind"), error.text("message")),
        follows=entry.texts("follows"),
    )


def _request(entry: _Fields) -> Request:
    credential = entry.text("credential", default="session")
    if credential not in _CREDENTIALS:
        raise ValueError(f"{entry.name}.credential must be one of {', '.join(_CREDENTIALS)}")
    return Request(
        method=entry.text("method"),
        path=entry.text("path"),
        headers=entry.pairs("headers"),
        body=entry.optional_text("body"),
        parts=[_part(part) for part in entry.objects("parts")],
        body_base64=entry.optional_text("body_base64"),
        size=entry.integer("size", default=0),
        sha256=entry.optional_text("sha256"),
        truncated=entry.flag("truncated"),
        credential=cast("Credential", credential),
    )


def _part(entry: _Fields) -> Part:
    return Part(
        name=entry.text("name"),
        filename=entry.optional_text("filename"),
        content_type=entry.optional_text("content_type"),
        size=entry.integer("size"),
        sha256=entry.text("sha256"),
        text=entry.optional_text("text"),
    )


def _response(entry: _Fields) -> Response:
    return Response(
        status=entry.integer("status"),
        reason=entry.text("reason"),
        headers=entry.pairs("headers"),
        body=entry.optional_text("body"),
        body_base64=entry.optional_text("body_base64"),
        size=entry.integer("size"),
        sha256=entry.optional_text("sha256"),
        truncated=entry.flag("truncated"),
    )


class _Fields:
    """Typed reads of one JSON object, with the object's name for the messages."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"{name} must be an object")
        self._value: Mapping[str, Any] = value
        self.name = name

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, _ABSENT if default is None else default)
        if not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def optional_text(self, key: str) -> str | None:
        value = self._get(key, None)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "a string or null")
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        value = self._get(key, _ABSENT if default is None else default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(key, "an integer")
        return value

    def number(self, key: str) -> float:
        value = self._get(key, _ABSENT)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(key, "a number")
        return float(value)

    def flag(self, key: str) -> bool:
        value = self._get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def child(self, key: str, *, nullable: bool = False) -> _Fields | None:
        value = self._get(key, _ABSENT)
        if value is None and nullable:
            return None
        return _Fields(value, f"{self.name}.{key}")

    def objects(self, key: str) -> list[_Fields]:
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return [_Fields(item, f"{self.name}.{key}[{index}]") for index, item in enumerate(value)]

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of strings")
        return tuple(value)

    def pairs(self, key: str) -> list[list[str]]:
        value = self._get(key, _ABSENT)
        if not isinstance(value, list) or not all(_is_pair(item) for item in value):
            raise self._wrong(key, "a list of [name, value] pairs")
        return [list(item) for item in value]

    def _get(self, key: str, default: object) -> Any:
        value = self._value.get(key, default)
        if value is _ABSENT:
            raise ValueError(f"{self.name}.{key} is missing")
        return value

    def _wrong(self, key: str, wanted: str) -> ValueError:
        return ValueError(f"{self.name}.{key} must be {wanted}")


def _is_pair(item: object) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item)
