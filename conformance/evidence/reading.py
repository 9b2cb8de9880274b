"""Recorded exchanges back from `exchanges.ndjson`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Exchange


def read_exchanges(path: str | Path) -> list[Exchange]:
    """Every exchange of the file in its order. Raises as `iter_exchanges` does."""
    return list(iter_exchanges(path))


def iter_exchanges(path: str | Path) -> Iterator[Exchange]:
    """The exchanges of the file one by one; empty lines are skipped.

    Raises UsageError when the file can't be read, ConformanceError naming the line that is no exchange.
    """
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _exchange(line, f"{path}, line {number}")
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from None


def _exchange(line: bytes, where: str) -> Exchange:
    try:
        return Exchange.from_json(json.loads(line.decode("utf-8")))
    except UnicodeDecodeError:
        raise ConformanceError(f"{where}: the text isn't UTF-8; record the run again") from None
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg} at column {error.colno})"
    except RecursionError:
        problem = "nested too deep"
    except ValueError as error:
        problem = str(error)
    raise ConformanceError(f"{where}: not a recorded exchange: {problem}; record the run again")
