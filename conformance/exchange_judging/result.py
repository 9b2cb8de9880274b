"""What was found in a recording, and what it shows of the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.contract import LEVELS, Release
from conformance.evidence.exchange import Exchange

NOT_CONFORMANT, NOT_TESTABLE, NOTHING_VIOLATED = "not-conformant", "not-testable", "nothing-violated"
EXIT_CODES = {NOTHING_VIOLATED: 0, NOT_CONFORMANT: 1, NOT_TESTABLE: 3}
"""The command's exit code for each verdict on a recording; `nothing-violated` isn't conformance."""

NO_CERTIFICATE = "A recording proves what it holds and no more: this is no certificate of conformance."


@dataclass(frozen=True)
class Finding:
    """One promise that an exchange breaks. `path` is the place in the reply's JSON.

    `requirements` are the contract's ids, `level` the strongest of theirs: none where a schema without requirements is
    broken. Only one that is `fatal` decides the verdict. A `doubt` says why it needn't be the instance's fault.
    """

    exchange: str
    endpoint: str
    requirements: tuple[str, ...]
    level: str | None
    fatal: bool
    expected: str
    actual: str
    path: str = ""
    others: tuple[str, ...] = ()
    doubt: str | None = None
    curl: str = ""


@dataclass(frozen=True)
class ClientFault:
    """What a request doesn't keep of the contract: the client's fault, never the instance's."""

    exchange: str
    endpoint: str
    path: str
    message: str


@dataclass(frozen=True)
class JudgedRecording:
    """A recording, judged by a release's contract.

    `total` counts all exchanges, `judged` those of the API that had a reply, by endpoint; `skipped` the others by
    reason. `shown` are the requirements that held in at least one exchange and broke in none, `testable` all that a
    run would test. `reasons` say why this release, where it was found out.
    """

    release: str
    reasons: tuple[str, ...]
    total: int
    judged: Mapping[str, int]
    skipped: Mapping[str, int]
    findings: tuple[Finding, ...]
    client_faults: tuple[ClientFault, ...]
    shown: tuple[str, ...]
    testable: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The requirements that an exchange breaks beyond doubt, in the contract's order."""
        named = {name for finding in self.findings if finding.doubt is None for name in finding.requirements}
        return tuple(name for name in self.testable if name in named)

    @property
    def verdict(self) -> str:
        """`not-conformant` where a MUST is broken, `not-testable` where nothing could be judged."""
        if any(finding.fatal for finding in self.findings):
            return NOT_CONFORMANT
        return NOTHING_VIOLATED if self.judged else NOT_TESTABLE

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        return EXIT_CODES[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return {
            "release": self.release,
            "release_reasons": list(self.reasons),
            "verdict": self.verdict,
            "note": NO_CERTIFICATE,
            "exchanges": self.total,
            "judged": dict(self.judged),
            "skipped": dict(self.skipped),
            "findings": [asdict(finding) for finding in self.findings],
            "client_faults": [asdict(fault) for fault in self.client_faults],
            "requirements": {
                "shown": list(self.shown),
                "broken": list(self.broken),
                "untested": [name for name in self.testable if name not in {*self.shown, *self.broken}],
            },
        }


@dataclass
class Notes:
    """What judging notes down of one recording: promises that held, those that broke, and requests' own faults."""

    release: Release
    held: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    client_faults: list[ClientFault] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def known(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of the ids that the release has and tests."""
        having = self.release.requirements
        return tuple(name for name in dict.fromkeys(ids) if name in having and having[name].excluded is None)

    def expect(
        self,
        holds: bool,
        exchange: Exchange,
        endpoint: str,
        *ids: str,
        expected: str,
        actual: str,
        path: str = "",
        others: Iterable[Exchange] = (),
    ) -> None:
        """Note that the requirements held, or a finding. Nothing where the release has none of them."""
        found = self.known(ids)
        if not found:
            return
        if holds:
            self.held.update(found)
        else:
            self.broke(exchange, endpoint, found, expected, actual, path, [other.id for other in others])

    def broke(
        self,
        exchange: Exchange,
        endpoint: str,
        ids: Iterable[str],
        expected: str,
        actual: str,
        path: str = "",
        others: Iterable[str] = (),
        doubt: str | None = None,
    ) -> None:
        """Note a finding, with the strongest level of the requirements that the release has of these."""
        found = self.known(ids)
        requirements = [self.release.requirements[name] for name in found]
        levels = [level for level in LEVELS if any(one.level == level for one in requirements)]
        fatal = doubt is None and any(one.fatal for one in requirements)
        beside = tuple(other for other in others if other != exchange.id)
        level = levels[0] if levels else None
        self.findings.append(Finding(exchange.id, endpoint, found, level, fatal, expected, actual, path, beside, doubt))
