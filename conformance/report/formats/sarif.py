"""`report.sarif`: failures for viewers of static analysis and for code scanning, in SARIF 2.1.0.

A requirement is a rule. A result says of one requirement that one check failed it (kind `fail`), or that it couldn't be
judged (`open`: there wasn't enough to decide). What a waiver covers is suppressed. Promises that were kept, or that are
outside the profile, have no result: code scanning takes each for an alert.
Source: SARIF 2.1.0 with errata 01; sections 3.11 (messages), 3.27.9 (kinds) and 3.35 (suppressions).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.report.formats import sarif_web
from conformance.report.formats.decisive import decisive_exchange, json_path
from conformance.report.outcome import CheckOutcome
from conformance.report.run import ExchangesFile, RunResult
from conformance.report.text import one_line, printable, shorten
from conformance.report.verdict import RequirementVerdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"

_TEXT_LIMIT = 1_000
_STATEMENT = "statement.json"
_CANT_TELL = ("not-testable", "suite-error")
_LEVELS = {"SHOULD": "warning", "MAY": "note"}
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
_LINK_SIGNS = re.compile(r"[\[\]\\]")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(run: RunResult, recording: ExchangesFile | None) -> bytes:
    """The log file of `run`, UTF-8 JSON."""
    log = {"$schema": SCHEMA, "version": VERSION, "runs": [_run(run, recording)]}
    return (json.dumps(log, indent=1, allow_nan=False) + "\n").encode("ascii")


def _run(run: RunResult, recording: ExchangesFile | None) -> dict[str, Any]:
    web = sarif_web.Exchanges(run)
    results = list(_results(run, recording, web))
    files = [_artifact(_STATEMENT, "application/json", "resultFile")]
    if recording is not None:
        hashes = {"sha-256": recording.sha256}
        files.insert(0, _artifact(recording.file, "application/x-ndjson", "analysisTarget") | {"hashes": hashes})
    return {
        "tool": {"driver": _driver(run)},
        "automationDetails": {"id": f"{run.suite.name}/{run.release}/{run.profile}/{printable(run.run_id)}"},
        "invocations": [_invocation(run)],
        "artifacts": files,
        "webRequests": web.requests,
        "webResponses": web.responses,
        "results": results,
        "columnKind": "unicodeCodePoints",
        "redactionTokens": ["[redacted]"],
        "properties": {
            "verdict": run.verdict.verdict,
            "target": printable(run.target),
            "release": run.release,
            "profile": run.profile,
            "strict": run.strict,
        },
    }


def _driver(run: RunResult) -> dict[str, Any]:
    return {
        "name": run.suite.name,
        "version": run.suite.version,
        "semanticVersion": run.suite.version,
        "shortDescription": {"text": "Conformance checks of the Wallaroo MLOps API."},
        "isComprehensive": True,
        "rules": [_rule(verdict) for verdict in run.requirements],
    }


def _rule(verdict: RequirementVerdict) -> dict[str, Any]:
    text = message(verdict.text or verdict.id)
    level = _level(verdict)
    return {
        "id": verdict.id,
        "shortDescription": {"text": shorten(text, _TEXT_LIMIT)},
        "fullDescription": {"text": shorten(text, _TEXT_LIMIT)},
        "help": {"text": f"{text}\nSource: {message(verdict.source)}"},
        "defaultConfiguration": {"level": level},
        "properties": {
            "level": verdict.level,
            "basis": verdict.basis,
            "endpoint": verdict.endpoint,
            "profile": verdict.profile,
            "source": verdict.source,
            "scored": verdict.scored,
            "verdict": verdict.verdict,
            "problem.severity": _SEVERITIES[level],
            "tags": [tag for tag in (verdict.endpoint, verdict.level, verdict.basis) if tag],
        },
    }


def _level(verdict: RequirementVerdict, *, strict: bool = False) -> str:
    """What a failure is to the one who reads it: only what fails the run is an error."""
    if verdict.binding:
        return "error"
    if strict and verdict.level == "SHOULD" and verdict.basis != "inferred" and verdict.scored:
        return "error"
    return _LEVELS.get(verdict.level, "warning")


def _results(run: RunResult, recording: ExchangesFile | None, web: sarif_web.Exchanges) -> Iterator[dict[str, Any]]:
    lines = {name: number for number, name in enumerate(run.exchanges, start=1)} if recording else {}
    suppressions = _suppressions(run)
    for index, verdict in enumerate(run.requirements):
        if verdict.verdict not in ("failed", "waived", "not-testable", "inconclusive") or not verdict.scored:
            continue
        failed = [o for o in run.outcomes if o.verdict == "failed" and verdict.id in o.requirements]
        deciding: list[CheckOutcome | None] = list(failed) if failed else [_undecided(run, verdict)]
        for outcome in deciding:
            level = _level(verdict, strict=run.strict)
            yield {
                "ruleId": verdict.id,
                "ruleIndex": index,
                **({"kind": "fail", "level": level} if failed else {"kind": "open", "level": "none"}),
                "message": {"text": _said(verdict, outcome)},
                "locations": [_location(run, verdict, outcome, lines, recording)],
                "partialFingerprints": _fingerprints(verdict, outcome),
                **(web.of(outcome) if outcome else {}),
                # An empty list says that whoever made the file looked and found none.
                "suppressions": suppressions.get(verdict.id, []),
                "properties": {"check": printable(outcome.nodeid) if outcome else None, "verdict": verdict.verdict},
            }


def _undecided(run: RunResult, verdict: RequirementVerdict) -> CheckOutcome | None:
    """The check that couldn't tell; None where none was run."""
    unable = [o for o in run.outcomes if o.verdict in ("error", "not-testable") and verdict.id in o.requirements]
    return unable[0] if unable else None


def _said(verdict: RequirementVerdict, outcome: CheckOutcome | None) -> str:
    if outcome is None or outcome.verdict != "failed":
        reason = (outcome.reason if outcome else None) or verdict.reason or "no reason was recorded"
        return f"Requirement: {message(verdict.text)}\nNot judged: {message(reason)}"
    return (
        f"Requirement: {message(verdict.text)}\n"
        f"Expected: {message(outcome.expected or outcome.title or 'see the requirement')}\n"
        f"Actual: {message(outcome.actual or outcome.reason or 'no details were recorded')}"
    )


def message(text: str) -> str:
    """`text` in one line, with nothing in it that a viewer would take for a link or a placeholder (3.11.5, 3.11.6)."""
    text = shorten(one_line(text), _TEXT_LIMIT)
    if "](" in text:
        text = _LINK_SIGNS.sub(lambda found: f"\\{found.group()}", text)
    return _PLACEHOLDER.sub(r"{{\1}}", text)


def _location(
    run: RunResult,
    verdict: RequirementVerdict,
    outcome: CheckOutcome | None,
    lines: dict[str, int],
    recording: ExchangesFile | None,
) -> dict[str, Any]:
    """A physical place, which viewers want: the exchange's line of the recording, or the statement where there is none.

    The logical place is the call and, where the check names it, the field of its reply.
    """
    exchange = decisive_exchange(run, outcome) if outcome else None
    physical: dict[str, Any] = {"artifactLocation": {"uri": _STATEMENT, "index": 0 if recording is None else 1}}
    if exchange is not None and recording is not None and exchange.id in lines:
        physical = {
            "artifactLocation": {"uri": recording.file, "index": 0},
            "region": {"startLine": lines[exchange.id]},
        }
    endpoint = verdict.endpoint or "api"
    logical = [{"name": endpoint, "fullyQualifiedName": endpoint, "kind": "resource"}]
    field = json_path(outcome) if outcome is not None and outcome.verdict == "failed" else None
    if field is not None:
        logical.append({"name": field, "fullyQualifiedName": f"{endpoint}/{field}", "kind": "member"})
    return {"physicalLocation": physical, "logicalLocations": logical}


def _fingerprints(verdict: RequirementVerdict, outcome: CheckOutcome | None) -> dict[str, str]:
    """What stays the same from run to run: which requirement, by which check. Line numbers and values do not.

    The second is the name that code scanning reads; it would count it from a source file otherwise.
    """
    told = f"{verdict.id}\n{outcome.nodeid if outcome else ''}"
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
    return {"requirementAndCheck/v1": digest, "primaryLocationLineHash": f"{digest[:16]}:1"}


def _suppressions(run: RunResult) -> dict[str, list[dict[str, Any]]]:
    """By requirement: who accepts that it isn't met."""
    applied = {waiver.requirement: waiver for waiver in run.waivers}
    found: dict[str, list[dict[str, Any]]] = {}
    for verdict in run.requirements:
        if verdict.verdict != "waived":
            continue
        one: dict[str, Any] = {"kind": "external", "status": "accepted"}
        waiver = applied.get(verdict.id)
        if waiver is None:
            found[verdict.id] = [one | {"justification": printable(verdict.reason or "")}]
            continue
        more = {"owner": printable(waiver.owner), "issue": printable(waiver.issue), "expires": waiver.expires}
        found[verdict.id] = [one | {"justification": printable(waiver.reason), "properties": more}]
    return found


def _invocation(run: RunResult) -> dict[str, Any]:
    """The run as a process. One that couldn't judge didn't succeed, whatever it found."""
    verdict = run.verdict
    failed = [(f"{o.nodeid}: {o.reason or 'crashed'}", o) for o in run.outcomes if o.verdict == "error"]
    notes = [_notification(text, o.requirements[:1], run) for text, o in failed]
    if verdict.verdict in _CANT_TELL:
        notes.insert(0, _notification(verdict.reason, (), run))
    return {
        "executionSuccessful": verdict.verdict not in _CANT_TELL,
        "exitCode": verdict.exit_code,
        "exitCodeDescription": printable(f"{verdict.verdict}: {verdict.reason}"),
        "startTimeUtc": run.started_at,
        "endTimeUtc": run.ended_at,
        "toolExecutionNotifications": notes,
        "toolConfigurationNotifications": [
            _notification(f"waiver of {waiver.requirement}: {waiver.says}", (waiver.requirement,), run)
            for waiver in run.idle_waivers
            if waiver.fails
        ],
    }


def _notification(text: str, requirements: Sequence[str], run: RunResult) -> dict[str, Any]:
    known = {verdict.id for verdict in run.requirements}
    rule = [{"id": name} for name in requirements if name in known]
    note: dict[str, Any] = {"level": "error", "message": {"text": message(text)}}
    return note | ({"associatedRule": rule[0]} if rule else {})


def _artifact(uri: str, mime_type: str, role: str) -> dict[str, Any]:
    return {"location": {"uri": uri}, "mimeType": mime_type, "roles": [role]}
