"""A recording judged: each exchange on its own, then those about the same model against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract import Release
from conformance.evidence.curl import curl_command
from conformance.evidence.exchange import Exchange
from conformance.exchange_judging.agreement import judge_agreement
from conformance.exchange_judging.calls import Call, call_of, origin_of
from conformance.exchange_judging.client_faults import faults
from conformance.exchange_judging.coherence import judge_coherence
from conformance.exchange_judging.replies import judge_reply
from conformance.exchange_judging.result import ClientFault, Finding, JudgedRecording, Notes
from conformance.exchange_judging.uploads import Upload, judge_uploads, uploads_in

ANY_HOST = "https://api.example.com"
"""Where a finding's curl command is sent to when the recording doesn't say where the request was."""


def judge_recording(
    exchanges: Sequence[Exchange],
    release: Release,
    *,
    origins: Mapping[str, str] | None = None,
    skipped: Mapping[str, int] | None = None,
    reasons: Iterable[str] = (),
) -> JudgedRecording:
    """Judge every exchange by the release's contract.

    `origins` says where each was sent, by its id: only what one origin answered is held against each other. `skipped`
    counts what never became an exchange, by reason; `reasons` say why the release is this one.
    """
    notes = Notes(release)
    notes.skipped.update(skipped or {})
    calls: list[Call] = []
    for exchange in exchanges:
        call = call_of(exchange, release, (origins or {}).get(exchange.id) or origin_of(exchange))
        if isinstance(call, str):
            notes.skipped[call] += 1
        else:
            notes.judged[call.endpoint] += 1
            calls.append(call)
    for origin in dict.fromkeys(call.origin for call in calls):
        _judge_origin([call for call in calls if call.origin == origin], notes)
    by_id = {exchange.id: exchange for exchange in exchanges}
    broken = {name for finding in notes.findings for name in finding.requirements}
    testable = tuple(name for name, one in release.requirements.items() if one.excluded is None)
    return JudgedRecording(
        release=release.id,
        reasons=tuple(reasons),
        total=len(exchanges) + sum((skipped or {}).values()),
        judged=notes.judged,
        skipped=notes.skipped,
        findings=tuple(_with_curl(finding, by_id, origins or {}) for finding in notes.findings),
        client_faults=tuple(notes.client_faults),
        shown=tuple(name for name in testable if name in notes.held - broken),
        testable=testable,
    )


def _judge_origin(calls: list[Call], notes: Notes) -> None:
    calls = sorted(calls, key=lambda call: call.began)
    wrong = {call.exchange.id: faults(call, notes.release) for call in calls}
    uploads = uploads_in(calls)
    is_own = _owner(uploads)
    for call in calls:
        own = wrong[call.exchange.id]
        notes.client_faults.extend(
            ClientFault(call.exchange.id, call.endpoint, fault.path, fault.message) for fault in own
        )
        judge_reply(call, own, is_own, notes)
        if not own:
            judge_coherence(call, notes)
    judge_agreement(calls, notes)
    judge_uploads(uploads, calls, wrong, notes)


def _owner(uploads: Iterable[Upload]) -> Callable[[Any], bool]:
    """Tells whether a row is of a model that the recording uploads, by its name, wherever the row has that."""
    names = {upload.name for upload in uploads}

    def is_own(row: Any) -> bool:
        if not isinstance(row, dict):
            return False
        model = row.get("model")
        told = [row.get("model_id"), row.get("name"), model.get("name") if isinstance(model, dict) else None]
        return any(isinstance(name, str) and name in names for name in told)

    return is_own


def _with_curl(finding: Finding, exchanges: Mapping[str, Exchange], origins: Mapping[str, str]) -> Finding:
    exchange = exchanges[finding.exchange]
    host = origin_of(exchange)
    base = origins.get(exchange.id) or (f"https://{host}" if host else ANY_HOST)
    return replace(finding, curl=curl_command(exchange, base))
