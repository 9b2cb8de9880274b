"""The recorder: each exchange, redacted, as one line of `exchanges.ndjson` the moment it ends."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import BODY_LIMIT, FAILED_BODY_LIMIT, Exchange
from conformance.evidence.redaction import Redactor


class Recorder:
    """Keeps the exchanges of a run in memory and, with a `path`, in a file. Thread-safe.

    `prefix` makes the ids unique among several recorders of one run (one for each worker process).
    Lines are appended and flushed one by one, so that a killed run keeps what it saw.
    """

    def __init__(self, path: str | Path | None = None, redactor: Redactor | None = None, prefix: str = "main") -> None:
        self.redactor = redactor if redactor is not None else Redactor()
        self.prefix = prefix
        self.exchanges: list[Exchange] = []
        self.current_check: str | None = None
        self.used: list[str] = []
        self._lock = threading.Lock()
        self._count = 0
        self._file = None if path is None else _open(Path(path))

    def next_id(self) -> str:
        """An id that no other exchange of this recorder has."""
        with self._lock:
            self._count += 1
            return f"{self.prefix}-{self._count:05d}"

    def begin(self, check: str | None) -> None:
        """From now on exchanges belong to `check` (a pytest node id), and `used` starts empty."""
        with self._lock:
            self.current_check = check
            self.used = []

    def touch(self, exchange_id: str) -> None:
        """Say that the current check read this exchange, whoever sent it."""
        with self._lock:
            self._use(exchange_id)

    def record(self, exchange: Exchange) -> Exchange:
        """Keep `exchange` without secrets and within bounds; returns it as kept.

        An exchange without a check gets the current one. Raises ConformanceError when the file can't be written.
        """
        if exchange.check is None:
            exchange = replace(exchange, check=self.current_check)
        kept = self.kept(exchange)
        line = None if self._file is None else _as_line(kept)
        with self._lock:
            self.exchanges.append(kept)
            self._use(kept.id)
            if line is not None:
                self._write(line)
        return kept

    def kept(self, exchange: Exchange) -> Exchange:
        """`exchange` as `record` would keep it."""
        return _bounded(self.redactor.exchange(exchange))

    def close(self) -> None:
        """Close the file. Recording goes on in memory."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _use(self, exchange_id: str) -> None:
        if exchange_id not in self.used:
            self.used.append(exchange_id)

    def _write(self, line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise ConformanceError(
                f"can't write {self._file.name}: {error.strerror or error}; free space or choose another --out"
            ) from None


def _as_line(exchange: Exchange) -> str:
    return json.dumps(exchange.to_json(), separators=(",", ":"), ensure_ascii=True) + "\n"


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}; choose another --out") from None


def _bounded(exchange: Exchange) -> Exchange:
    request, response = exchange.request, exchange.response
    if request.truncated:
        body = request.kept_body.bounded(BODY_LIMIT)
        request = replace(request, body=body.text, body_base64=body.base64)
    if response is not None and response.truncated:
        body = response.kept_body.bounded(BODY_LIMIT if exchange.error is None else FAILED_BODY_LIMIT)
        response = replace(response, body=body.text, body_base64=body.base64)
    return replace(exchange, request=request, response=response)
