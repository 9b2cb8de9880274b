"""What one check found. The suite makes these, the report judges them, and nothing else passes between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

CHECK_VERDICTS = ("passed", "failed", "not-testable", "not-applicable", "error")
"""`error` says that the check itself crashed: it proves nothing about the instance."""

READING_PREFIX = "reading: "
"""An observation that starts with this names which reading of an ambiguous promise the instance follows."""


@dataclass(frozen=True)
class CheckOutcome:
    """The result of one check (one pytest item).

    `requirements` are the ids on the check's marker, `exchanges` the ids of the exchanges it sent or read,
    `seconds` its wall time, `curl` the shell command that repeats the exchange which decided it, `title` the
    first line of its docstring. `turn` is its place among the checks of its `process`, which tells who made the models
    that checks share. `observations` are facts worth a line in the report that decide nothing.

    Of one that failed, `decisive` is the id of the exchange that shows it, `path` the place of the wrong value in its
    reply's JSON (`models[3].owner_id`, "" for all of it), `wanted` the JSON or the words for what should stand there.
    """

    nodeid: str
    requirements: tuple[str, ...]
    verdict: str
    expected: str | None = None
    actual: str | None = None
    reason: str | None = None
    exchanges: tuple[str, ...] = ()
    seconds: float = 0.0
    reading: str | None = None
    curl: str | None = None
    title: str = ""
    observations: tuple[str, ...] = ()
    process: str = "main"
    turn: int = 0
    decisive: str | None = None
    path: str | None = None
    wanted: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in CHECK_VERDICTS:
            raise ValueError(
                f"the outcome of {self.nodeid} has the verdict {self.verdict!r}; "
                f"it must be one of {', '.join(CHECK_VERDICTS)}"
            )

    @property
    def readings(self) -> tuple[str, ...]:
        """Every reading that the check saw the instance follow, without duplicates, in the order seen."""
        seen = [self.reading] if self.reading else []
        seen += [o.removeprefix(READING_PREFIX) for o in self.observations if o.startswith(READING_PREFIX)]
        return tuple(dict.fromkeys(seen))

    def redacted(self, redact: Callable[[str], str]) -> CheckOutcome:
        """A copy with `redact` applied to every text that may quote the instance."""

        def clean(text: str | None) -> str | None:
            return None if text is None else redact(text)

        return replace(
            self,
            expected=clean(self.expected),
            actual=clean(self.actual),
            reason=clean(self.reason),
            reading=clean(self.reading),
            curl=clean(self.curl),
            observations=tuple(redact(observation) for observation in self.observations),
            path=clean(self.path),
            wanted=clean(self.wanted),
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, in a fixed order."""
        return {
            "nodeid": self.nodeid,
            "title": self.title,
            "requirements": list(self.requirements),
            "verdict": self.verdict,
            "expected": self.expected,
            "actual": self.actual,
            "reason": self.reason,
            "reading": self.reading,
            "observations": list(self.observations),
            "exchanges": list(self.exchanges),
            "seconds": self.seconds,
            "curl": self.curl,
            "process": self.process,
            "turn": self.turn,
            "decisive": self.decisive,
            "path": self.path,
            "wanted": self.wanted,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CheckOutcome:
        """The outcome that `to_json` wrote. Raises ValueError, naming the field, when it didn't."""
        try:
            return cls(
                nodeid=str(data["nodeid"]),
                requirements=_strings(data, "requirements"),
                verdict=str(data["verdict"]),
                expected=data.get("expected"),
                actual=data.get("actual"),
                reason=data.get("reason"),
                exchanges=_strings(data, "exchanges"),
                seconds=float(data.get("seconds", 0.0)),
                reading=data.get("reading"),
                curl=data.get("curl"),
                title=str(data.get("title", "")),
                observations=_strings(data, "observations"),
                process=str(data.get("process", "main")),
                turn=int(data.get("turn", 0)),
                decisive=data.get("decisive"),
                path=data.get("path"),
                wanted=data.get("wanted"),
            )
        except KeyError as missing:
            raise ValueError(f"a check's outcome lacks the field {missing}") from None
        except TypeError as wrong:
            raise ValueError(f"a check's outcome can't be read: {wrong}") from None


def _strings(data: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = data.get(field, ())
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"the field {field!r} of a check's outcome must be a list of strings")
    return tuple(value)
