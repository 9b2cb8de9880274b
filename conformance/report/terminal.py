"""The last screen of a run: the verdict and all that is needed to act on it, in a bounded number of lines."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from conformance.report.run import Failure, RunResult
from conformance.report.text import encodable, one_line, printable, shorten
from conformance.report.verdict import LEVELS, NOT_SCORED, VERDICTS

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.report.writer import ReportPaths

FAILURE_LIMIT = 12
"""Failures that are shown; the page has the others."""
_GROUP_LIMIT = 8
_READING_LIMIT = 12
_WAIVER_LIMIT = 12
_VALUE_LINES = 3
_CURL_LIMIT = 4_000
_MAX_WIDTH = 110
_MIN_WIDTH = 40
_LABEL = 14

_TITLES = {
    "conformant": "CONFORMANT",
    "conformant-with-waivers": "CONFORMANT WITH WAIVERS",
    "not-conformant": "NOT CONFORMANT",
    "not-testable": "NOT TESTABLE",
    "suite-error": "SUITE ERROR",
}
_STYLES = {
    "conformant": "bold green",
    "conformant-with-waivers": "bold blue",
    "passed": "green",
    "not-conformant": "bold red",
    "failed": "red",
    "not-testable": "yellow",
    "suite-error": "bold yellow",
    "inconclusive": "yellow",
    "waived": "blue",
    "not-applicable": "dim",
}
_ASCII = str.maketrans(
    {"·": "-", "…": "...", "—": "-", "\u2013": "-", "“": '"', "”": '"', "\u2018": "'", "\u2019": "'"}
)

Line = tuple[str, str]
"""A line of text and its style."""


def summary(
    run: RunResult, paths: ReportPaths | None = None, stream: TextIO | None = None, width: int | None = None
) -> None:
    """Print the summary of `run` on `stream` (standard output), `width` columns wide (the terminal's).

    Colours appear on a terminal unless NO_COLOR is set. What the stream can't encode is written as an escape.
    """
    stream = stream or sys.stdout
    width = max(_MIN_WIDTH, min(_MAX_WIDTH, width or shutil.get_terminal_size().columns))
    console = make_console(stream)
    for text, style in summary_lines(run, paths, width):
        console.print(fit(text, stream), style=style or None)


def make_console(stream: TextIO) -> Console:
    """A rich console that prints text as it is: no markup, no emoji, no wrapping (of a `curl`)."""
    from rich.console import Console

    return Console(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        no_color=bool(os.environ.get("NO_COLOR")),
    )


def fit(text: str, stream: TextIO) -> str:
    """`text` in characters that `stream` can hold, typographic signs in their ASCII form where it can't."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        try:
            return encodable(text.translate(_ASCII), encoding)
        except LookupError:
            return encodable(text.translate(_ASCII), "ascii")
    return text


def summary_lines(run: RunResult, paths: ReportPaths | None, width: int) -> Iterator[Line]:
    """The lines of the summary with their styles."""
    yield "", ""
    strict = " · strict" if run.strict else ""
    yield f"Wallaroo MLOps API · release {run.release}{_how_found(run)} · profile {run.profile}{strict}", "bold"
    yield from _labelled("Target", _target(run), width)
    yield from _examined(run, width)
    yield from _labelled("Took", f"{run.seconds:.1f} s, {len(run.outcomes)} checks", width)
    yield from _counts(run)
    yield from _failures(run, width)
    yield from _waivers(run, width)
    yield from _untested(run, width)
    yield from _readings(run, width)
    yield from _unscored(run, width)
    yield from _cleaning(run, width)
    yield from _reports(paths)
    yield "", ""
    verdict = run.verdict
    text = f"{_TITLES[verdict.verdict]}: {one_line(verdict.reason)} (exit code {verdict.exit_code})"
    yield text, _STYLES[verdict.verdict]


def _target(run: RunResult) -> str:
    return run.target if run.workspace_id is None else f"{run.target} (workspace {run.workspace_id})"


def _how_found(run: RunResult) -> str:
    return f" ({run.identification.told})" if run.identification else ""


def _examined(run: RunResult, width: int) -> Iterator[Line]:
    for number, reason in enumerate(run.identification.reasons if run.identification else ()):
        yield from _labelled("" if number else "Release", reason, width)
    if run.document is not None:
        yield from _labelled("OpenAPI", f"{run.document.url} {run.document.count()}", width)


def _counts(run: RunResult) -> Iterator[Line]:
    yield "", ""
    yield " " * 16 + "".join(f"{level:>8}" for level in LEVELS), "dim"
    for verdict in VERDICTS:
        numbers = [run.verdict.counts[level][verdict] for level in LEVELS]
        if any(numbers) or verdict in ("passed", "failed"):
            style = _STYLES[verdict] if any(numbers) else ""
            yield f"  {verdict:<14}" + "".join(f"{number:>8}" for number in numbers), style


def _failures(run: RunResult, width: int) -> Iterator[Line]:
    failures = run.failures()
    if not failures:
        return
    yield "", ""
    yield f"Failed ({len(failures)})", "bold"
    for number, failure in enumerate(failures[:FAILURE_LIMIT], 1):
        yield "", ""
        yield from _failure(run, failure, number, width)
    hidden = len(failures) - FAILURE_LIMIT
    if hidden > 0:
        yield "", ""
        yield f"  … and {hidden} more in report.html", "bold"


def _failure(run: RunResult, failure: Failure, number: int, width: int) -> Iterator[Line]:
    first = failure.requirements[0]
    also = f" (and {len(failure.requirements) - 1} more)" if len(failure.requirements) > 1 else ""
    yield f"{number}. {first.level} {first.id}{also}", "bold red" if first.binding else "bold yellow"
    yield from _labelled("Requirement", first.text, width)
    yield from _labelled("Expected", failure.expected, width)
    yield from _labelled("Actual", failure.actual, width)
    curl = run.curl(failure.outcome)
    if curl and len(curl) <= _CURL_LIMIT:
        for line in printable(curl).splitlines():
            yield f"  {line}", "cyan"
    elif curl:
        yield "  its curl command is long, see report.html", "dim"


def _waivers(run: RunResult, width: int) -> Iterator[Line]:
    failing = [waiver for waiver in run.idle_waivers if waiver.fails]
    aside = [waiver for waiver in run.idle_waivers if not waiver.fails]
    if run.waivers:
        yield "", ""
        yield f"Waived ({len(run.waivers)})", "bold"
    for waiver in run.waivers[:_WAIVER_LIMIT]:
        yield from _wrapped(
            f"{waiver.level} {waiver.requirement} ({waiver.hides}), {one_line(waiver.owner)} until {waiver.expires}: "
            f"{one_line(waiver.reason)} ({waiver.issue})",
            width,
            "  ",
            "    ",
            style="blue",
        )
    if len(run.waivers) > _WAIVER_LIMIT:
        yield f"  … and {len(run.waivers) - _WAIVER_LIMIT} more in report.html", ""
    for title, listed, style in (("Waivers that don't hold", failing, "red"), ("Waivers without effect", aside, "dim")):
        if listed:
            yield "", ""
            yield f"{title} ({len(listed)})", "bold"
        for idle in listed[:_WAIVER_LIMIT]:
            yield from _wrapped(f"{idle.requirement}: {one_line(idle.says)}", width, "  ", "    ", style=style)
        if len(listed) > _WAIVER_LIMIT:
            yield f"  … and {len(listed) - _WAIVER_LIMIT} more in statement.json", ""


def _untested(run: RunResult, width: int) -> Iterator[Line]:
    groups = run.untested()
    if not groups:
        return
    yield "", ""
    yield f"Not testable or inconclusive ({sum(map(len, groups.values()))})", "bold"
    for reason, ids in list(groups.items())[:_GROUP_LIMIT]:
        yield from _wrapped(one_line(reason), width, "  ", "  ")
        yield from _wrapped(_listed(ids), width, "    ", "    ", style="dim")
    if len(groups) > _GROUP_LIMIT:
        yield f"  … and {len(groups) - _GROUP_LIMIT} more reasons in report.html", ""


def _readings(run: RunResult, width: int) -> Iterator[Line]:
    readings = run.readings()
    if not readings:
        return
    yield "", ""
    yield "Where the documentation is ambiguous, this instance follows", "bold"
    for identifier, reading in readings[:_READING_LIMIT]:
        yield from _wrapped(f"{identifier}: {one_line(reading.reading)}", width, "  ", "    ")
    if len(readings) > _READING_LIMIT:
        yield f"  … and {len(readings) - _READING_LIMIT} more in report.html", ""


def _unscored(run: RunResult, width: int) -> Iterator[Line]:
    unscored = run.unscored()
    if not unscored:
        return
    failed = [verdict.id for verdict in unscored if verdict.verdict == "failed"]
    yield "", ""
    yield f"{NOT_SCORED[0].upper()}{NOT_SCORED[1:]} ({len(unscored)})", "bold"
    yield from _wrapped(f"failed: {_listed(failed)}" if failed else "none failed", width, "  ", "    ")


def _cleaning(run: RunResult, width: int) -> Iterator[Line]:
    lines = run.cleaning.lines(run.run_id) if run.cleaning else []
    if lines:
        yield "", ""
    for line in lines:
        yield from _wrapped(one_line(line), width, "", "  ")
    if run.cleaning and run.cleaning.deleted and run.failures():
        yield "  with --keep-models they stay, for the curl commands above", "dim"


def _reports(paths: ReportPaths | None) -> Iterator[Line]:
    if paths is None:
        return
    yield "", ""
    yield f"Reports in {printable(str(paths.directory))}", "bold"
    yield f"  {'  '.join(path.name for path in paths.files)}", ""
    if paths.bundle is not None:
        yield printable(paths.bundle), ""


def _listed(ids: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(ids) - limit} more" if len(ids) > limit else ""
    return ", ".join(ids[:limit]) + more


def _labelled(label: str, value: str, width: int) -> Iterator[Line]:
    yield from _wrapped(one_line(value), width, f"  {label:<{_LABEL - 2}} ", " " * (_LABEL + 1))


def _wrapped(text: str, width: int, first: str, following: str, style: str = "") -> Iterator[Line]:
    lines = textwrap.wrap(
        shorten(text, width * _VALUE_LINES),
        width,
        initial_indent=first,
        subsequent_indent=following,
        break_on_hyphens=False,
    )
    if len(lines) > _VALUE_LINES:
        lines = [*lines[: _VALUE_LINES - 1], shorten(lines[_VALUE_LINES - 1], width - 1) + "…"]
    for line in lines or [first.rstrip()]:
        yield line, style
