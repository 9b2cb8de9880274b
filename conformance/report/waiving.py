"""What becomes of each waiver in a run: it hides a gap, it stands aside, or it doesn't hold and fails the run.

All is pure: the day and the target are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from conformance.report.certificate import AppliedWaiver, IdleWaiver
from conformance.report.verdict import RequirementVerdict, in_profile
from conformance.report.waivers import Waiver


def in_force(waivers: Iterable[Waiver], target: str, today: date) -> list[Waiver]:
    """Those that may hide something on the target today."""
    return [waiver for waiver in waivers if waiver.is_about(target) and not waiver.has_expired(today)]


def applied(waivers: Iterable[Waiver], verdicts: Iterable[RequirementVerdict]) -> tuple[AppliedWaiver, ...]:
    """The waivers that hide something, in the order of the file."""
    waived = {verdict.id: verdict for verdict in verdicts if verdict.hides is not None}
    return tuple(
        AppliedWaiver(
            waiver.requirement,
            waived[waiver.requirement].level,
            waiver.reason,
            waiver.owner,
            waiver.issue,
            waiver.expires.isoformat(),
            waived[waiver.requirement].hides or "",
            waiver.target,
        )
        for waiver in waivers
        if waiver.requirement in waived
    )


def idle(
    waivers: Iterable[Waiver], verdicts: Iterable[RequirementVerdict], target: str, today: date, profile: str
) -> tuple[IdleWaiver, ...]:
    """The waivers that hide nothing, each with why, in the order of the file."""
    by_id = {verdict.id: verdict for verdict in verdicts}
    found = []
    for waiver in waivers:
        why = _why_idle(waiver, by_id, target, today, profile)
        if why is not None:
            found.append(
                IdleWaiver(
                    waiver.requirement,
                    waiver.reason,
                    waiver.owner,
                    waiver.issue,
                    waiver.expires.isoformat(),
                    waiver.target,
                    *why,
                )
            )
    return tuple(found)


def _why_idle(
    waiver: Waiver, verdicts: Mapping[str, RequirementVerdict], target: str, today: date, profile: str
) -> tuple[str, str] | None:
    """A word and a line on why a waiver hides nothing; None where it does."""
    if not waiver.is_about(target):
        return "other-target", f"not in force: it is for {waiver.target}"
    if waiver.has_expired(today):
        return "expired", f"expired on {waiver.expires}: close the gap, or have the waiver renewed"
    verdict = verdicts.get(waiver.requirement)
    if verdict is None:
        return "not-run", "of no use: the release that was taken for the instance's promises no such thing"
    if verdict.verdict == "passed":
        return "stale", "stale: its requirement passes now; remove the waiver"
    if verdict.verdict == "not-applicable":
        if not in_profile(verdict.profile, profile):
            return "other-profile", f"not in force: its requirement belongs to the profile {verdict.profile}"
        return "stale", f"stale: its requirement isn't applicable ({verdict.reason}); remove the waiver"
    if verdict.verdict == "inconclusive":
        return "inconclusive", "of no use: what the suite failed to judge can't be waived"
    if verdict.verdict == "not-testable":
        return "not-run", "of no use: no check of its requirement was run"
    return None
