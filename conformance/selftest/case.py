"""One run of the suite on an instance that was made to differ, and what it found: plain data between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.contract import DEFAULT_RELEASE

DEFECT, VARIANT = "defect", "variant"

HEALTHY = "healthy"
"""The variant that differs in nothing: what fails on it is wrong with the suite or with the embedded instance."""


@dataclass(frozen=True)
class Case:
    """What to run: a defect or a healthy variant of a release, by its id, with its neighbourhood's checks or all."""

    kind: str
    id: str
    all_checks: bool = False
    release: str = DEFAULT_RELEASE

    @property
    def key(self) -> str:
        """Names the case among all of a release, on screen too."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True)
class Findings:
    """What a run of the suite found, by requirement id.

    `failed` and `not_testable` map to the reason. `errors` says how the suite itself failed; `evidence` is what the
    defect's probe saw, `unproven` why it saw nothing. `seconds` is wall time, probe included.
    """

    profile: str = ""
    checks: int = 0
    requests: int = 0
    passed: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    not_testable: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    evidence: str | None = None
    unproven: str | None = None
    seconds: float = 0.0

    @classmethod
    def broken(cls, error: str, seconds: float = 0.0) -> Findings:
        """The run never came to an end."""
        return cls(errors=(error,), seconds=seconds)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Findings:
        """The findings that `to_json` wrote."""
        lists = {name: tuple(data[name]) for name in ("passed", "errors")}
        return cls(**{**data, **lists})
