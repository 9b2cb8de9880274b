"""What a verification comes to: the problems, a line each, and what is worth knowing beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.report.text import one_line, shorten

MAX_LINE = 500
MAX_LINES = 200
"""Problems that are kept; a bundle that has more is refused all the same. Ours."""


@dataclass
class Findings:
    """`key_ids` are the keys that are said to have signed, `checked_key` the one whose signature was checked.

    `told` is what the manifest says of the run: verdict, release, target and so on.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    key_ids: tuple[str, ...] = ()
    checked_key: str | None = None
    told: dict[str, Any] = field(default_factory=dict)
    recomputed: bool = False

    @property
    def verified(self) -> bool:
        return not self.problems

    def refuse(self, problem: str) -> None:
        """Add a problem; what a stranger wrote in it is made fit to be shown."""
        if len(self.problems) < MAX_LINES:
            self.problems.append(shorten(one_line(problem), MAX_LINE))

    def refuse_all(self, problems: Iterable[str]) -> None:
        """Add several."""
        for problem in problems:
            self.refuse(problem)

    def note(self, line: str) -> None:
        """Add what is no reason to refuse."""
        self.notes.append(shorten(one_line(line), MAX_LINE))

    def to_json(self) -> dict[str, Any]:
        """What `verify --format json` shows."""
        return {
            "verified": self.verified,
            "problems": self.problems,
            "notes": self.notes,
            "signed_by": list(self.key_ids),
            "checked_key": self.checked_key,
            "recomputed": self.recomputed,
            "run": self.told,
        }
