"""The bodies of a HAR file: bytes out of the text that tools write, forms without their files' bytes.

A HAR has room for text only, and each tool has a way of its own to put bytes there: base64, one character a byte
(mitmproxy, Firefox), or replacement characters (Chromium, which loses them).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from conformance.evidence.exchange import BODY_LIMIT, Body, Part

NO_BODY = frozenset({204, 205, 304})
"""Statuses that have none. Source: RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5."""

_LOST = "\ufffd"


@dataclass(frozen=True)
class Sent:
    """What a request carried; `whole` says whether all of its bytes are known.

    Of a form whose bytes aren't, the parts' sizes and digests are those of what the file holds of them.
    """

    body: Body
    parts: list[Part]
    whole: bool


def sent(data: dict[str, Any], content_type: str, size: int | None) -> Sent:
    """The body of a HAR's `postData`; `size` is the number of bytes that were sent, None where nobody tells.

    Raises ValueError for base64 that is none, and for params that aren't objects.
    """
    text, params = data.get("text"), _params(data.get("params"))
    is_form = content_type.partition(";")[0].strip().lower() == "multipart/form-data"
    if isinstance(text, str) and text:
        content, whole = to_bytes(text, data.get("encoding") or data.get("_encoding"), size)
        parts = list(_form(content, content_type)) if is_form else []
        if parts:
            return Sent(Body(None, None, _known(size, content), None, not whole), parts, whole)
        if not (is_form and params):
            return Sent(Body.of(content), [], whole)
    if is_form and params:
        parts = [_part_of(param) for param in params]
        kept = all(part.filename is None for part in parts)
        return Sent(Body(None, None, max(size or 0, 0), None, not kept), parts, kept)
    # A tool that keeps the fields alone had a form of the other kind.
    fields = [(param["name"], param["value"]) for param in params]
    content = urlencode(fields).encode("ascii") if fields else b""
    whole = bool(content) or not size
    return Sent(Body.of(content), [], whole)


def received(content: dict[str, Any], status: int, declared: int | None) -> tuple[Body, bool]:
    """The body of a HAR's `response.content`, and whether it is all there.

    `declared` is what Content-Length says. A tool may leave the text out, or keep its beginning only.
    Raises ValueError for base64 that is none.
    """
    text, size = content.get("text"), _count(content.get("size"))
    if not isinstance(text, str):
        empty = status in NO_BODY or declared == 0
        return Body(None if not empty else "", None, size or declared or 0, None, not empty), empty
    found, _ = to_bytes(text, content.get("encoding"), None)
    # mitmproxy gives the compressed size, and in `compression` how much more it became.
    decoded = (size or 0) + (_count(content.get("compression"), signed=True) or 0)
    whole = size is None or len(found) >= min(size, max(decoded, 0) or size)
    body = Body.of(found)
    if whole:
        return body, True
    return Body(body.text, body.base64, max(size or 0, len(found)), None, True), False


def to_bytes(text: str, encoding: object, size: int | None) -> tuple[bytes, bool]:
    """The bytes that a text stands for, and whether they are the ones that went over the wire.

    The number of bytes tells which of the tools' ways it is. Raises ValueError for base64 that is none.
    """
    if isinstance(encoding, str) and encoding.lower() == "base64":
        content = base64.b64decode("".join(text.split()), validate=True)
        return content, size is None or size == len(content)
    plain = text.encode("utf-8", "surrogatepass")
    if size is None:
        return plain, _LOST not in text
    for codec, errors in (("utf-8", "strict"), ("utf-8", "surrogateescape"), ("latin-1", "strict")):
        try:
            content = text.encode(codec, errors)
        except UnicodeEncodeError:
            continue
        if len(content) == size:
            return content, _LOST not in text
    return plain, False


def _form(content: bytes, content_type: str) -> Iterator[Part]:
    """The parts of a multipart body; none where it can't be read."""
    from python_multipart.multipart import parse_options_header
    from requests_toolbelt.multipart.decoder import (
        ImproperBodyPartContentException,
        MultipartDecoder,
        NonMultipartContentTypeException,
    )

    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    # Firefox writes the body's own headers before its first boundary.
    start = content.find(b"--" + boundary)
    if not boundary or start < 0:
        return
    try:
        parts = MultipartDecoder(content[start:], content_type).parts
    except (ImproperBodyPartContentException, NonMultipartContentTypeException, UnicodeDecodeError):
        return
    for part in parts:
        _, options = parse_options_header(part.headers.get(b"content-disposition"))
        kind = part.headers.get(b"content-type")
        filename = options.get(b"filename")
        yield _part(
            _text(options.get(b"name", b"")),
            None if filename is None else _text(filename),
            None if kind is None else _text(kind),
            part.content,
        )


def _part(name: str, filename: str | None, content_type: str | None, content: bytes) -> Part:
    text = None
    if content_type is not None and "json" in content_type.lower() and len(content) <= BODY_LIMIT:
        text = content.decode("utf-8", "replace")
    return Part(name, filename, content_type, len(content), hashlib.sha256(content).hexdigest(), text)


def _part_of(param: dict[str, str | None]) -> Part:
    name, value, kind = param["name"] or "", param["value"] or "", param["contentType"]
    if kind is None and param["fileName"] is None and value.lstrip().startswith("{"):
        kind = "application/json"  # Chromium keeps the fields' values without their types
    return _part(name, param["fileName"], kind, value.encode("utf-8", "surrogatepass"))


def _params(value: object) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(param, dict) for param in value):
        raise ValueError("request.postData.params must be a list of objects")
    wanted = {"name": "", "value": "", "fileName": None, "contentType": None}
    return [
        {key: found if isinstance(found := param.get(key), str) else default for key, default in wanted.items()}
        for param in value
    ]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _known(size: int | None, content: bytes) -> int:
    return len(content) if size is None or size < 0 else size


def _count(value: object, *, signed: bool = False) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and (signed or value >= 0)
    return value if usable and isinstance(value, int) else None
