"""`report.html`: the whole run in one file for people. It needs no network, and JavaScript only to filter.

The instance controls the bodies, headers and messages shown here. So all text goes through the template's
escaping, controls are made visible, and a content security policy allows only our own style and script, by
digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from conformance.report.outcome import CheckOutcome
from conformance.report.run import Failure, RunResult
from conformance.report.text import indent_json, printable
from conformance.report.verdict import LEVELS, NOT_SCORED, VERDICTS, RequirementVerdict

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

    from conformance.evidence.exchange import Exchange, Part, Request, Response

BODY_LIMIT = 4_000
"""Characters of a body that are shown; the recording has the rest."""
EXCHANGE_LIMIT = 6
"""Exchanges of a check that are shown, the last ones."""
INDEX_LIMIT = 20
"""Failures that the index at the top shows before it folds."""

VALUE_LIMIT = 12
"""Values of an enumeration that a line shows."""

_NO_ENDPOINT = "general"
_PLACES = {"request": "request", "response": "reply", "": ""}
_RUN_TITLES = {
    "conformant": "Conformant",
    "not-conformant": "Not conformant",
    "not-testable": "Not testable",
    "suite-error": "The suite failed",
}
_TITLES = {
    "passed": "Passed",
    "failed": "Failed",
    "waived": "Waived",
    "not-testable": "Not testable",
    "inconclusive": "Inconclusive",
    "not-applicable": "Not applicable",
    "error": "Suite error",
}
_OPEN = ("failed", "inconclusive")
_ORDER = ("failed", "error", "not-testable", "passed", "not-applicable")


@dataclass(frozen=True)
class _Body:
    text: str
    note: str | None


@dataclass(frozen=True)
class _ExchangeView:
    id: str
    line: str
    outcome: str
    seconds: float
    request_headers: str
    request_body: _Body | None
    parts: tuple[str, ...]
    response_headers: str
    response_body: _Body | None


@dataclass(frozen=True)
class _CheckView:
    outcome: CheckOutcome
    title: str
    failure: Failure | None
    curl: str | None
    exchanges: tuple[_ExchangeView, ...]
    hidden: int
    shown_at: str | None
    """The requirement under which the exchanges of this check are shown already."""


@dataclass(frozen=True)
class _RequirementView:
    verdict: RequirementVerdict
    title: str
    open: bool
    checks: tuple[_CheckView, ...]


def render(run: RunResult) -> bytes:
    """The page, UTF-8."""
    views = _requirements(run)
    endpoints: dict[str, list[_RequirementView]] = {}
    for view in views:
        endpoints.setdefault(view.verdict.endpoint or _NO_ENDPOINT, []).append(view)
    failed = [view for view in views if view.verdict.verdict == "failed" and view.verdict.scored]
    page = _template().render(
        run=run,
        run_title=_RUN_TITLES[run.verdict.verdict],
        titles=_TITLES,
        levels=LEVELS,
        rows=_count_rows(run),
        failed=sorted(failed, key=lambda view: LEVELS.index(view.verdict.level)),
        index_limit=INDEX_LIMIT,
        endpoints=endpoints,
        not_scored=NOT_SCORED,
        lacking=_endpoints(run, gone=True),
        beyond=_endpoints(run, gone=False),
        deviations=_deviations(run),
        cleaning=run.cleaning.lines(run.run_id) if run.cleaning else [],
        style=_asset("report.css"),
        script=_asset("report.js"),
        style_digest=_digest(_asset("report.css")),
        script_digest=_digest(_asset("report.js")),
    )
    return page.encode("utf-8", "backslashreplace")


def _count_rows(run: RunResult) -> list[tuple[str, list[int]]]:
    counts = run.verdict.counts
    rows = [(verdict, [counts[level][verdict] for level in LEVELS]) for verdict in VERDICTS]
    return [(verdict, row) for verdict, row in rows if any(row) or verdict in ("passed", "failed")]


def _endpoints(run: RunResult, *, gone: bool) -> list[str]:
    """The paths that only the contract, or only the instance's own document describes."""
    differences = run.document.differences if run.document else ()
    return [one.path for one in differences if one.kind == "endpoint" and one.gone == gone]


def _deviations(run: RunResult) -> dict[str, list[tuple[str, str, str]]]:
    """What the instance's own document says otherwise: by path, what, what the contract says, what it says."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in run.document.differences if run.document else ():
        if one.kind == "endpoint":
            continue
        thing = f"{_PLACES[one.place]} {one.pointer}".strip() if one.pointer else one.kind
        said = [", ".join(values[:VALUE_LIMIT]) + "…" * (len(values) > VALUE_LIMIT) for values in (one.old, one.new)]
        found.setdefault(one.path, []).append((thing, said[0] or "nothing", said[1] or "nothing"))
    return found


def _requirements(run: RunResult) -> list[_RequirementView]:
    outcomes: dict[str, list[CheckOutcome]] = {}
    for outcome in run.outcomes:
        for identifier in dict.fromkeys(outcome.requirements):
            outcomes.setdefault(identifier, []).append(outcome)
    failures = {failure.outcome: failure for failure in run.failures()}
    shown: dict[CheckOutcome, str] = {}
    views = []
    for verdict in run.requirements:
        checks = []
        for outcome in sorted(outcomes.get(verdict.id, ()), key=lambda o: _ORDER.index(o.verdict)):
            checks.append(_check(run, outcome, failures.get(outcome), shown.get(outcome)))
            shown.setdefault(outcome, verdict.id)
        views.append(_RequirementView(verdict, _TITLES[verdict.verdict], verdict.verdict in _OPEN, tuple(checks)))
    return views


def _check(run: RunResult, outcome: CheckOutcome, failure: Failure | None, shown_at: str | None) -> _CheckView:
    # A check that passed proves itself by the recording; its bodies would only bury those that matter.
    full = outcome.verdict != "passed"
    recorded = [run.exchanges[i] for i in outcome.exchanges if i in run.exchanges]
    kept = recorded[-EXCHANGE_LIMIT:]
    return _CheckView(
        outcome=outcome,
        title=outcome.title or outcome.nodeid.rpartition("::")[2],
        failure=failure,
        curl=run.curl(outcome) if outcome.verdict == "failed" else None,
        exchanges=() if shown_at else tuple(_exchange(exchange, full) for exchange in kept),
        hidden=len(recorded) - len(kept),
        shown_at=shown_at,
    )


def _exchange(exchange: Exchange, full: bool) -> _ExchangeView:
    request, response = exchange.request, exchange.response
    return _ExchangeView(
        id=exchange.id,
        line=f"{request.method} {request.path}",
        outcome=_ended(exchange),
        seconds=exchange.elapsed_seconds,
        request_headers=_headers(request.headers) if full else "",
        request_body=_body(request) if full else None,
        parts=tuple(_part(part) for part in request.parts) if full else (),
        response_headers=_headers(response.headers) if response is not None and full else "",
        response_body=_body(response) if response is not None and full else None,
    )


def _ended(exchange: Exchange) -> str:
    """The status, the failure, or both: a reply that broke off has both."""
    said = []
    if exchange.response is not None:
        said.append(f"{exchange.response.status} {exchange.response.reason}".strip())
    if exchange.error is not None:
        said.append(f"{exchange.error.kind}: {exchange.error.message}")
    return ", ".join(said) or "no response"


def _headers(headers: Iterable[Iterable[str]]) -> str:
    text = "\n".join(": ".join(pair) for pair in headers)
    return text if len(text) <= BODY_LIMIT else f"{text[:BODY_LIMIT]}…"


def _body(message: Request | Response) -> _Body | None:
    if message.body is None and message.body_base64:
        return _Body("", f"{message.size:,} bytes that aren't text")
    if not message.body:
        return None
    shown = indent_json(message.body)
    if len(shown) <= BODY_LIMIT and not message.truncated:
        return _Body(shown, None)
    note = f"The first {min(len(shown), BODY_LIMIT):,} characters of {message.size:,} bytes."
    return _Body(shown[:BODY_LIMIT], note)


def _part(part: Part) -> str:
    facts = [f"part {part.name}"]
    if part.filename is not None:
        facts.append(f"filename {part.filename}")
    if part.content_type is not None:
        facts.append(part.content_type)
    facts += [f"{part.size:,} bytes", f"SHA-256 {part.sha256}"]
    line = " · ".join(facts)
    return f"{line}\n{indent_json(part.text)[:BODY_LIMIT]}" if part.text else line


@cache
def _asset(name: str) -> str:
    folder = resources.files("conformance.report").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: Any) -> Any:
    """Make controls visible in every string that the template prints, trusted markup excepted."""
    return printable(value) if type(value) is str else value


def _prose(text: str | None) -> Markup:
    """Escaped text with what stands in backticks as code."""
    from markupsafe import Markup

    pieces = printable(text or "").split("`")
    if len(pieces) % 2 == 0:
        return Markup("{}").format(printable(text or ""))
    tags = [Markup("<code>{}</code>") if i % 2 else Markup("{}") for i in range(len(pieces))]
    return Markup("").join(tag.format(piece) for tag, piece in zip(tags, pieces, strict=True))


@cache
def _template() -> Template:
    from jinja2 import BaseLoader, Environment, StrictUndefined

    environment = Environment(
        loader=BaseLoader(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    return environment.from_string(_asset("report.html.j2"))
