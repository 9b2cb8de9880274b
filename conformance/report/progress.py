"""What a run shows while it runs: a bar on a terminal, one letter a check elsewhere."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from conformance.report.outcome import CheckOutcome
from conformance.report.terminal import fit, make_console
from conformance.report.text import one_line, shorten

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_LETTERS = {"passed": ".", "failed": "F", "not-testable": "n", "not-applicable": "-", "error": "E"}
_WORDS = {"passed": "passed", "failed": "failed", "not-testable": "not testable", "error": "errors"}
_LETTERS_A_LINE = 60
_TITLE_WIDTH = 48


class _View(Protocol):
    def begin(self, total: int) -> None: ...
    def start(self, title: str) -> None: ...
    def finish(self, verdict: str, counts: Counter[str]) -> None: ...
    def close(self) -> None: ...


class Progress:
    """Live progress of a run on `stream` (standard error, so that standard output stays the result alone).

    Use as a context manager: `begin(total)` when the checks are known, `start(title)` and `finish(outcome)`
    around each. Checks of several workers may interleave.
    """

    def __init__(self, stream: TextIO | None = None, *, live: bool | None = None) -> None:
        stream = stream or sys.stderr
        in_ci = os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")
        live = stream.isatty() and not in_ci if live is None else live
        self._counts: Counter[str] = Counter()
        self._view: _View = _Bar(stream) if live else _Letters(stream)

    def begin(self, total: int) -> None:
        self._view.begin(total)

    def start(self, title: str) -> None:
        self._view.start(one_line(title))

    def finish(self, outcome: CheckOutcome) -> None:
        self._counts[outcome.verdict] += 1
        self._view.finish(outcome.verdict, self._counts)

    def transfer(self, label: str, done: int, total: int) -> None:
        """Show that `done` of `total` bytes of `label` were sent; only a live view shows it."""
        if isinstance(self._view, _Bar):
            self._view.transfer(one_line(label), done, total)

    def close(self) -> None:
        self._view.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Letters:
    """One letter a check, 60 a line, each line ending in how far the run is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._done = 0
        self._total = 0

    def begin(self, total: int) -> None:
        self._total = total
        legend = ", ".join(f"{_LETTERS[verdict]} {word}" for verdict, word in _WORDS.items())
        self._write(f"{total} checks ({legend})\n")

    def start(self, title: str) -> None:
        pass

    def finish(self, verdict: str, counts: Counter[str]) -> None:
        self._done += 1
        self._write(_LETTERS[verdict])
        if self._done % _LETTERS_A_LINE == 0:
            self._end_line()

    def close(self) -> None:
        if self._done % _LETTERS_A_LINE:
            self._end_line()

    def _end_line(self) -> None:
        self._write(f" [{self._done}/{max(self._total, self._done)}]\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class _Bar:
    """A bar with counts and the current check, gone when the run ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._progress: RichProgress | None = None
        self._task: TaskID | None = None
        self._title = ""

    def begin(self, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        # A narrow terminal keeps the bar and the numbers; the title is what gives way.
        columns = (
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            TextColumn("{task.description}", markup=False, style="dim"),
        )
        console = make_console(self._stream)
        console.soft_wrap = False
        # Rich would put its own stream in the place of standard output and later put back the one it found, which
        # during a run is pytest's: the summary would be lost.
        self._progress = Progress(
            *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task("", total=total, counts="")
        self._progress.start()

    def start(self, title: str) -> None:
        self._title = fit(shorten(title, _TITLE_WIDTH), self._stream)
        self._update(lambda progress, task: progress.update(task, description=self._title))

    def finish(self, verdict: str, counts: Counter[str]) -> None:
        shown = ", ".join(f"{counts[name]} {word}" for name, word in _WORDS.items() if counts[name])
        self._update(lambda progress, task: progress.update(task, advance=1, counts=shown))

    def transfer(self, label: str, done: int, total: int) -> None:
        text = self._title
        if done < total:
            sent = f"{done / 2**20:.0f} of {total / 2**20:.0f} MiB"
            text = fit(f"{shorten(label, _TITLE_WIDTH - len(sent) - 2)}  {sent}", self._stream)
        self._update(lambda progress, task: progress.update(task, description=text))

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _update(self, change: Callable[[RichProgress, TaskID], None]) -> None:
        if self._progress is not None and self._task is not None:
            change(self._progress, self._task)
