"""The files of the formats that were asked for, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.report.formats import badge, chosen, har, markdown, sarif
from conformance.report.run import ExchangesFile, RunResult


def render(run: RunResult, recording: ExchangesFile | None, names: Iterable[str]) -> dict[str, bytes]:
    """The files of the formats by their names; `recording` describes `exchanges.ndjson` if there is one."""
    files: dict[str, bytes] = {}
    wanted = chosen(names)
    if "markdown" in wanted:
        files["report.md"] = markdown.render(run).encode("utf-8", "backslashreplace")
    if "sarif" in wanted:
        files["report.sarif"] = sarif.render(run, recording)
    if "badge" in wanted:
        files |= {"badge.svg": badge.render(run), "badge.json": badge.endpoint(run)}
    if "har" in wanted:
        files["exchanges.har"] = har.render(run)
    return files
