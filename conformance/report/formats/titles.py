"""The verdicts on a run in words, for every form that has room for one line."""

from __future__ import annotations

from conformance.report.run import RunResult

_TITLES = {
    "conformant": "conformant",
    "conformant-with-waivers": "conformant with waivers",
    "not-conformant": "not conformant",
    "not-testable": "not testable",
    "suite-error": "suite error",
}


def title(run: RunResult) -> str:
    """The run's verdict in words."""
    return _TITLES.get(run.verdict.verdict, run.verdict.verdict)


def subject(run: RunResult) -> str:
    """What the verdict is about."""
    return f"Wallaroo API {run.release}"
