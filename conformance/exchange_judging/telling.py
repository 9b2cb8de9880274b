"""A judged recording as lines for a terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.contract import LEVELS
from conformance.exchange_judging.result import (
    NO_CERTIFICATE,
    NOT_CONFORMANT,
    NOT_TESTABLE,
    ClientFault,
    Finding,
    JudgedRecording,
)
from conformance.report.text import printable

MAX_FAULTS = 10
"""Faults of the client that are told one by one."""

MAX_REASONS = 5

MAX_ALIKE = 5
"""Exchanges that are named of those that break the same promise at the same place."""

_INDEX = re.compile(r"\[[0-9]+\]")


def lines(judged: JudgedRecording, name: str) -> Iterator[str]:
    """What to print of the recording called `name`: the release, what was judged, each finding, and the verdict."""
    for line in _lines(judged, name):
        yield "\n".join(printable(part) for part in line.split("\n"))


def _lines(judged: JudgedRecording, name: str) -> Iterator[str]:
    reasons = f": {'; '.join(judged.reasons[:MAX_REASONS])}" if judged.reasons else ""
    yield f"{name}, judged by release {judged.release}{reasons}"
    number = sum(judged.judged.values())
    by_endpoint = ", ".join(f"{endpoint} {count}" for endpoint, count in judged.judged.items())
    yield f"{_count(number, 'exchange')} of {judged.total} judged" + (f": {by_endpoint}" if by_endpoint else "")
    if judged.skipped:
        by_reason = ", ".join(f"{count} {reason}" for reason, count in Counter(judged.skipped).most_common())
        yield f"{sum(judged.skipped.values())} skipped: {by_reason}"
    for alike in _grouped(judged.findings):
        yield from ("", *_finding(alike[0]))
        if len(alike) > 1:
            ids = ", ".join(dict.fromkeys(finding.exchange for finding in alike[1 : MAX_ALIKE + 1]))
            yield f"  Likewise: {len(alike) - 1} more: {ids}{', …' if len(alike) > MAX_ALIKE + 1 else ''}"
    if judged.client_faults:
        yield ""
        yield f"{_count(len(judged.client_faults), 'fault')} of the client, which the instance isn't judged by:"
        yield from (f"  {_fault(fault)}" for fault in judged.client_faults[:MAX_FAULTS])
        if len(judged.client_faults) > MAX_FAULTS:
            yield f"  … and {len(judged.client_faults) - MAX_FAULTS} more"
    yield ""
    seen = len(judged.shown) + len(judged.broken)
    counts = f"{len(judged.shown)} kept, {len(judged.broken)} broken"
    yield f"{seen} of {len(judged.testable)} requirements were seen: {counts}"
    yield _verdict(judged)
    yield NO_CERTIFICATE


def _verdict(judged: JudgedRecording) -> str:
    if judged.verdict == NOT_TESTABLE:
        return f"NOTHING TO JUDGE: no exchange with the API was found (exit code {judged.exit_code})"
    if judged.verdict == NOT_CONFORMANT:
        broken = {name for finding in judged.findings if finding.fatal for name in finding.requirements}
        return f"NOT CONFORMANT: a MUST is violated ({', '.join(sorted(broken))}) (exit code {judged.exit_code})"
    return f"NO MUST VIOLATED in what was recorded (exit code {judged.exit_code})"


def _grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of one promise at one endpoint and place together, the gravest first."""
    groups: dict[Any, list[Finding]] = {}
    for finding in sorted(findings, key=_order):
        place = _INDEX.sub("[]", finding.path)
        groups.setdefault((finding.endpoint, finding.requirements, place, finding.doubt), []).append(finding)
    return list(groups.values())


def _order(finding: Finding) -> tuple[bool, bool, int]:
    rank = LEVELS.index(finding.level) if finding.level in LEVELS else len(LEVELS)
    return finding.doubt is not None, not finding.fatal, rank


def _finding(finding: Finding) -> Iterator[str]:
    ids = ", ".join(finding.requirements) or "no requirement of the contract, but not as described"
    yield f"{finding.level or 'NOTE'} {ids}" + (" (in doubt)" if finding.doubt else "")
    beside = f", beside {', '.join(finding.others)}" if finding.others else ""
    yield f"  Exchange: {finding.exchange}, {finding.endpoint}{beside}"
    yield f"  Expected: {finding.expected}"
    yield f"  Actual:   {finding.actual}"
    if finding.path:
        yield f"  Place:    {finding.path}"
    if finding.doubt:
        yield f"  Doubt:    {finding.doubt}"
    yield from (f"  {line}" for line in finding.curl.splitlines())


def _fault(fault: ClientFault) -> str:
    return f"{fault.exchange}, {fault.endpoint}: {fault.path or 'the body'} {fault.message}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
