"""What a run finds out beside its checks: the instance's release, its own document, and what became of the models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from conformance.contract.openapi_diff import Difference

How = Literal["found", "nearest", "assumed"]
_HOW: Mapping[How, str] = {
    "found": "found out",
    "nearest": "the nearest; none fits",
    "assumed": "assumed; nothing tells",
}


@dataclass(frozen=True)
class Identification:
    """How the release was found out by which an instance is judged.

    `how`: it fits and was `found`; none fits, and it is the `nearest`; or nothing tells, and it is only `assumed`.
    `differences` has, for each other release and for a nearest one, what speaks against it, in lines.
    """

    release: str
    reasons: tuple[str, ...]
    how: How = "found"
    differences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """How it was found out, in words that stand behind the release."""
        return _HOW[self.how]


@dataclass(frozen=True)
class OwnDocument:
    """The instance's own OpenAPI document beside the contract of its release, which is `old` in each difference.

    `url` is where it was found, `sha256` of its bytes, `title` and `version` are its own. `omitted` differences aren't
    listed; `problem` says why it couldn't be compared.
    """

    url: str
    sha256: str
    title: str = ""
    version: str = ""
    differences: tuple[Difference, ...] = ()
    omitted: int = 0
    problem: str | None = None

    def count(self) -> str:
        """The differences in one line."""
        if self.problem:
            return f"can't be compared with the contract: {self.problem}"
        if not self.differences:
            return "says what the contract does"
        gone = [one.kind for one in self.differences if one.gone]
        added = [one.kind for one in self.differences if one.added]
        otherwise = [one for one in self.differences if one.kind in ("type", "required", "values")]
        parts = [
            (gone.count("endpoint"), "endpoint", "lacking"),
            (added.count("endpoint"), "endpoint", "more"),
            (gone.count("field"), "field", "lacking"),
            (added.count("field"), "field", "more"),
            (added.count("status"), "status", "more"),
            (len(otherwise), "field", "described otherwise"),
            (self.omitted, "difference", "not listed"),
        ]
        return "differs from the contract: " + ", ".join(
            f"{_number(number, noun)} {what}" for number, noun, what in parts if number
        )


@dataclass(frozen=True)
class LeftModel:
    """A model of the run that is still there; its id where the list showed one."""

    id: int | None
    name: str
    workspace_id: int


@dataclass(frozen=True)
class Cleaning:
    """What became of the models that the run made. `reason` says why some are left, or why nobody knows."""

    deleted: int
    left_behind: tuple[LeftModel, ...] = ()
    reason: str | None = None

    def lines(self, run_id: str) -> list[str]:
        """What to tell of it."""
        told = [f"Cleaned up: {_number(self.deleted, 'model')} deleted"] if self.deleted else []
        if self.left_behind:
            told.append(f"Left behind: {_number(len(self.left_behind), 'model')}, named conf-{run_id}-…; {self.reason}")
        elif self.reason:
            told.append(f"Left behind: perhaps models named conf-{run_id}-…; {self.reason}")
        return told


def _number(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number} {plural}"
