"""What a step of GitHub Actions shows of a run: its summary, its outputs, and annotations.

The runner names the files in GITHUB_STEP_SUMMARY and GITHUB_OUTPUT; annotations are commands on standard output.
Source: GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.report.formats import markdown
from conformance.report.formats.titles import subject, title
from conformance.report.formats.workflow import command, on_actions
from conformance.report.run import Failure, RunResult
from conformance.report.text import one_line, shorten

SUMMARY_LIMIT = 1024 * 1024
"""Bytes that a step's summary may have."""
ANNOTATION_LIMIT = 10
"""Annotations of one kind that a step shows."""

_TITLE_LIMIT = 200
_MESSAGE_LIMIT = 1_000
_UNIT_BYTES = 3
_LEAST = 2_000


def announce(run: RunResult, environ: Mapping[str, str], statement: Path, bundle: Path) -> Iterator[str]:
    """Write summary and outputs where the runner wants them; yields the annotations, lines to print as they are.

    Where no runner reads what is printed there are none. `statement` and `bundle` are where the run left them. A file
    that can't be written is told as a warning: the verdict is there without it.
    """
    for name, write in (("GITHUB_STEP_SUMMARY", _summarise), ("GITHUB_OUTPUT", _hand_out)):
        if path := environ.get(name):
            try:
                write(Path(path), run, statement, bundle)
            except OSError as error:
                yield command("warning", f"can't write to the file of {name}: {error.strerror or error}", title=name)
    if on_actions(environ):
        yield from annotate(run)


def annotate(run: RunResult) -> Iterator[str]:
    """At most ten errors and ten warnings: a failure that decides is an error, any other a warning."""
    failures = run.failures()
    errors = [failure for failure in failures if _decides(run, failure)]
    warnings = [failure for failure in failures if not _decides(run, failure)]
    if run.verdict.exit_code and not errors:
        reason = shorten(one_line(run.verdict.reason), _MESSAGE_LIMIT)
        yield command("error", reason, title=f"{subject(run)}: {title(run)}")
    for name, found in (("error", errors), ("warning", warnings)):
        shown = found if len(found) <= ANNOTATION_LIMIT else found[: ANNOTATION_LIMIT - 1]
        for failure in shown:
            yield _annotation(name, failure)
        if len(shown) < len(found):
            yield command(name, f"{len(found) - len(shown)} more failures in report.html", title=subject(run))


def _decides(run: RunResult, failure: Failure) -> bool:
    first = failure.requirements[0]
    return first.binding or (run.strict and first.level == "SHOULD" and first.basis != "inferred")


def _annotation(name: str, failure: Failure) -> str:
    first = failure.requirements[0]
    lines = [f"Requirement: {first.text}", f"Expected: {failure.expected}", f"Actual: {failure.actual}"]
    message = "\n".join(shorten(one_line(line), _MESSAGE_LIMIT) for line in lines)
    return command(name, message, title=shorten(one_line(f"{first.level} {first.id}"), _TITLE_LIMIT))


def _summarise(path: Path, run: RunResult, _statement: Path, _bundle: Path) -> None:
    """Append the Markdown, as long as the file stays under the runner's limit: beyond it, all of it is refused."""
    used = 0
    with contextlib.suppress(FileNotFoundError):
        used = path.stat().st_size
    room = SUMMARY_LIMIT - used - 2
    if room < _LEAST:
        return
    text = markdown.render(run, limit=min(SUMMARY_LIMIT, room // _UNIT_BYTES))
    content = text.encode("utf-8", "backslashreplace")
    if len(content) <= room:
        with path.open("ab") as file:
            file.write((b"\n" if used else b"") + content)


def _hand_out(path: Path, run: RunResult, statement: Path, bundle: Path) -> None:
    """Append the step's outputs. Nobody knows the delimiter beforehand, so that no value can end early."""
    values = {
        "verdict": run.verdict.verdict,
        "exit-code": str(run.verdict.exit_code),
        "bundle": str(bundle.absolute()),
        "statement": str(statement.absolute()),
    }
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for name, value in values.items():
            delimiter = f"end-{secrets.token_hex(16)}"
            file.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
