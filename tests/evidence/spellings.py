"""How a server, a proxy or a log may spell a secret, and secrets that are made when a test runs."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote


def jwt(subject: str = "somebody") -> str:
    """A token of the JWT shape, put together here so that none stands in a file."""
    parts: tuple[dict[str, object], ...] = (
        {"alg": "RS256", "typ": "JWT", "kid": "a key with a name of some length"},
        {"sub": subject, "exp": 4_000_000_000},
    )
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"])


def private_key(kind: str = "PRIVATE KEY") -> str:
    """A block as OpenSSL writes one, of a key that is none."""
    lines = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2] * 4)
    dashes = "-" * 5
    return f"{dashes}BEGIN {kind}{dashes}\n{lines}\n{dashes}END {kind}{dashes}\n"


def every_character(secret: str) -> str:
    """JSON's escape for each character."""
    units = secret.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))


SPELLINGS = {
    "plain": str,
    "json in json": lambda s: json.dumps(json.dumps(s)),
    "every character escaped": every_character,
    "half escaped": lambda s: every_character(s[: len(s) // 2]) + s[len(s) // 2 :],
    "one character escaped": lambda s: f"{s[0]}\\u{ord(s[1]):04x}{s[2:]}",
    "url, every byte": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "url twice, first byte": lambda s: f"%25{ord(s[0]):02x}{s[1:]}",
    "url, dots": lambda s: s.replace(".", "%2E"),
    "url": lambda s: quote(s, safe=""),
    "html numbers": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "html hex, one": lambda s: f"&#x{ord(s[0]):x};{s[1:]}",
    "html": html.escape,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 after one": lambda s: base64.b64encode(b"x" + s.encode() + b"y").decode(),
    "base64 after two": lambda s: base64.b64encode(b"xx" + s.encode()).decode(),
    "base64 in lines": lambda s: base64.encodebytes(b"Bearer " + s.encode()).decode(),
    "base64 in lines in json": lambda s: json.dumps(base64.encodebytes(s.encode()).decode()),
    "base64 of json": lambda s: base64.b64encode(json.dumps({"t": s}).encode()).decode(),
    "url-safe base64": lambda s: base64.urlsafe_b64encode(b"user:" + s.encode()).decode(),
}
