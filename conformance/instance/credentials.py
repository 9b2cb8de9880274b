"""Bearer tokens from the environment or a file; never from a flag or a URL.

Source: tokens of the SDK's client live 60 s on some releases (recorded: `exp` minus `iat` of printed tokens), so a
token is asked for before each request and a changed file is read again.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from conformance.errors import UsageError
from conformance.evidence.curl import TOKEN_VARIABLE

MAX_TOKEN_FILE_BYTES = 64 * 1024

_JSON_KEYS = ("access_token", "token")
_TOKEN = re.compile(r"[!-~]+")


class Secret(str):
    """A string that doesn't show itself in a repr, so neither in a traceback nor in an assertion's message."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[redacted]'"


class TokenSource(Protocol):
    """Where the bearer token comes from."""

    def token(self) -> str:
        """The token to use now. Raises UsageError when there is none."""
        ...


class EnvironmentToken:
    """The token in an environment variable, by default `WALLAROO_CONFORMANCE_TOKEN`."""

    def __init__(self, name: str = TOKEN_VARIABLE, environ: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._environ = os.environ if environ is None else environ

    def __repr__(self) -> str:
        return f"EnvironmentToken({self.name!r})"

    def token(self) -> str:
        """The variable's value. Raises UsageError when it is unset, empty or no token."""
        value = self._environ.get(self.name)
        if value is None or not value.strip():
            raise UsageError(
                f"no credentials: the environment variable {self.name} isn't set; set it to a bearer token, "
                "or name a file that holds one with --token-file"
            )
        return _checked(value, f"the environment variable {self.name}")


class FileToken:
    """The token in a file: alone, or as `access_token` or `token` of a JSON object.

    The file is read again when its time, size or inode changes. While a writer has emptied it, the last token stays.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._signature: tuple[int, int, int] | None = None
        self._token: str | None = None

    def __repr__(self) -> str:
        return f"FileToken({str(self.path)!r})"

    def token(self) -> str:
        """The token in the file now. Raises UsageError when it can't be read or holds no token."""
        with self._lock:
            try:
                status = self.path.stat()
                signature = (status.st_mtime_ns, status.st_size, status.st_ino)
                if self._token is None or signature != self._signature:
                    self._read(signature)
            except OSError as error:
                raise UsageError(
                    f"can't read the token file {self.path}: {error.strerror or error}; give a readable file"
                ) from None
            assert self._token is not None
            return self._token

    def _read(self, signature: tuple[int, int, int]) -> None:
        with self.path.open("rb") as file:
            content = file.read(MAX_TOKEN_FILE_BYTES + 1)
        where = f"the token file {self.path}"
        if not content.strip():
            if self._token is None:
                raise UsageError(f"{where} is empty; write a bearer token into it")
            return
        if len(content) > MAX_TOKEN_FILE_BYTES:
            raise UsageError(f"{where} is over {MAX_TOKEN_FILE_BYTES} bytes; it should hold one token")
        self._token = _checked(_from_json(_decoded(content, where), where), where)
        self._signature = signature


def token_source(token_file: str | Path | None = None) -> EnvironmentToken | FileToken:
    """The file when one is named, else the environment."""
    return EnvironmentToken() if token_file is None else FileToken(token_file)


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{where} isn't text; it should hold one bearer token") from None


def _from_json(text: str, where: str) -> str:
    if not text.lstrip().startswith("{"):
        return text
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{where} starts as JSON but isn't; write the token alone, or valid JSON") from None
    for key in _JSON_KEYS:
        value = document.get(key)
        if isinstance(value, str) and value.strip():
            return value
    raise UsageError(f"{where} is JSON without a string access_token or token; add one of them")


def _checked(text: str, where: str) -> Secret:
    token = text.strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    if "\n" in token or "\r" in token:
        raise UsageError(f"{where} has more than one line; it should hold one bearer token alone")
    if _TOKEN.fullmatch(token) is None:
        raise UsageError(f"{where} holds no bearer token: only visible ASCII characters may be in one")
    return Secret(token)
