"""A progress bar for large uploads, on a terminal only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

PROGRESS_BYTES = 8 * 1024 * 1024  #: files over this size get a bar

ProgressFactory = Callable[[str, int], "Iterator[Callable[[int], None] | None]"]


def wants_bar(size: int, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether an upload of `size` bytes gets a bar on `stream`: over 8 MiB, a terminal, and not in CI."""
    in_ci = environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")
    return size > PROGRESS_BYTES and stream.isatty() and not in_ci


Listener = Callable[[str, int, int], None]
"""Is told the label, the bytes sent so far and the bytes in all."""

_listeners: list[Listener] = []


@contextmanager
def shown_by(listener: Listener) -> Iterator[None]:
    """Let `listener` show the progress of large uploads inside the block, in place of bars of their own.

    For a caller with a live display: two on one terminal would write over each other.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _counted(label: str, size: int, listener: Listener) -> Callable[[int], None]:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        listener(label, done, size)

    return advance


@contextmanager
def upload_progress(
    label: str, size: int, stream: TextIO | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Callable[[int], None] | None]:
    """A function to call with the number of bytes just sent, None where no bar is wanted.

    The bar goes to `stream` (standard error by default) and is gone when the block ends.
    """
    if _listeners:
        yield _counted(label, size, _listeners[-1]) if size > PROGRESS_BYTES else None
        return
    stream = sys.stderr if stream is None else stream
    if not wants_bar(size, stream, os.environ if environ is None else environ):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(file=stream), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task(label, total=size)
        yield lambda count: progress.advance(task, count)
