"""The certificates that TLS trusts: one file or directory, checked before the first request."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

from conformance.errors import UsageError


@cache
def checked_bundle(path: str, source: str) -> str:
    """`path` when it holds certificates; `source` names the flag or variable for the message.

    Raises UsageError when it can't be read or holds none.
    """
    bundle = Path(path)
    if bundle.is_dir():
        return path
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise UsageError(f"{source} {path} holds no PEM certificates; give a PEM file of the authority") from None
    except OSError as error:
        raise UsageError(f"can't read {source} {path}: {error.strerror or error}; give a PEM file") from None
    return path
