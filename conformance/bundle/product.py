"""`product.toml`: what a vendor says of the deployment, read strictly, since it becomes part of signed evidence."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.evidence.redaction import Redactor
from conformance.report.certificate import Product

FILE = "product.toml"

LIMITS = {"vendor": 200, "product": 200, "version": 100, "contact_url": 500, "notes": 4_000}
"""The keys with the most characters that each may have. Ours. `notes` may be left out, and may have several lines."""

OPTIONAL = ("notes",)
MAX_BYTES = 65_536

# Controls, marks that reorder or hide text, and halves of surrogate pairs; a note may have tabs and line breaks.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_BREAKS = re.compile(r"[\t\n]")


@dataclass(frozen=True)
class ProductFile:
    """The product, and the file's bytes as the bundle holds them."""

    product: Product
    content: bytes


def read_product(path: Path) -> ProductFile:
    """Read `product.toml`. Raises UsageError, in one line that names the key, for the first mistake in it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}; give a {FILE}") from None
    try:
        return ProductFile(parse_product(content), content)
    except ValueError as wrong:
        raise UsageError(f"{path}: {wrong}") from None


def parse_product(content: bytes) -> Product:
    """What `product.toml` says. Raises ValueError, in one line that names the key."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        raise ValueError("it isn't UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"it isn't TOML: {' '.join(str(error).split())[:200]}") from None
    redactor = Redactor()
    unknown = sorted(set(document) - set(LIMITS))
    if unknown:
        raise ValueError(f"unknown key {redactor.text(unknown[0])[:80]!r}; known: {', '.join(LIMITS)}")
    product = Product(**{key: _value(document, key) for key in LIMITS})
    # Comments are part of the bundle too.
    if redactor.text(text) != text:
        raise ValueError("it holds what looks like a secret (a token, a password); remove it")
    return product


def _value(document: dict[str, Any], key: str) -> str:
    if key not in document:
        if key in OPTIONAL:
            return ""
        raise ValueError(f"the key {key} is missing")
    value = document[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} takes text in quotes, not {type(value).__name__}")
    value = value.strip()
    if not value and key not in OPTIONAL:
        raise ValueError(f"{key} is empty")
    if len(value) > LIMITS[key]:
        raise ValueError(f"{key} has {len(value)} characters, more than {LIMITS[key]}")
    if _UNFIT.search(value) or (key not in OPTIONAL and _BREAKS.search(value)):
        raise ValueError(f"{key} has a control character or an invisible one; remove it")
    if key == "contact_url":
        _check_url(value)
    return value


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s<>\"'`\\]", url):
        raise ValueError("contact_url isn't an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("contact_url holds credentials; remove them")
