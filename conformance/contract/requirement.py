"""One promise of a release, and the rules that its entry in `requirements.yaml` keeps."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError

LEVELS = ("MUST", "SHOULD", "MAY")
BASES = ("documented", "example", "observed", "client", "standard", "inferred")
PROFILES = ("core", "full")
NEEDS = ("curl", "expired-token", "other-token", "second-workspace")

ENDPOINTS = {
    "upload_and_convert": "/v1/api/models/upload_and_convert",
    "list": "/v1/api/models/list",
    "get_by_id": "/v1/api/models/get_by_id",
    "list_versions": "/v1/api/models/list_versions",
    "get_config_by_id": "/v1/api/models/get_config_by_id",
    "get": "/v1/api/models/get",
}
"""The six endpoints that every release has, by name, each a POST. Source: documentation, the section of each."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+")
_KEYS = {
    "id",
    "level",
    "basis",
    "text",
    "source",
    "endpoint",
    "profile",
    "field",
    "needs",
    "interpretation",
    "excluded",
}


@dataclass(frozen=True)
class Reading:
    """One way to read a promise that the sources disagree on."""

    reading: str
    says: str


@dataclass(frozen=True)
class Requirement:
    """One promise.

    `level` is MUST, SHOULD or MAY; `basis` says why we believe it; `profile` is the smallest profile that tests it;
    `field` points into the successful reply (`models[].id`, the empty string for the reply itself);
    `needs` names what beyond the run's token its check needs; `excluded` says why nothing tests it. One that isn't
    `scored` came after the release's set was published: it is reported and decides nothing.
    """

    id: str
    level: str
    basis: str
    text: str
    source: str
    endpoint: str | None
    profile: str
    field: str | None = None
    needs: tuple[str, ...] = ()
    interpretation: tuple[Reading, ...] = ()
    excluded: str | None = None
    scored: bool = True

    def in_profile(self, profile: str) -> bool:
        """Whether a run of `profile` tests this promise; `full` includes `core`."""
        return PROFILES.index(self.profile) <= PROFILES.index(profile)

    @property
    def fatal(self) -> bool:
        """Whether a failure makes the instance not conformant."""
        return self.level == "MUST" and self.basis != "inferred" and self.scored

    @property
    def meaning(self) -> str:
        """A digest of what the promise says: equal for two that mean the same, whatever their sources."""
        said = [
            *(self.level, self.text, self.endpoint, self.profile, self.field, bool(self.excluded)),
            sorted(reading.reading for reading in self.interpretation),
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def accepts(self, reading: str) -> bool:
        """Whether `reading` is one that the contract lists for this promise."""
        return any(reading == accepted.reading for accepted in self.interpretation)


def parse_requirement(entry: Mapping[str, Any], *, scored: bool = True) -> Requirement:
    """Read one entry of `requirements.yaml`; `scored` says whether the release's published set has it.

    Raises UsageError with the entry's id where it breaks a rule of the contract's data.
    """
    name = entry.get("id", "(no id)")
    unknown = set(entry) - _KEYS
    if unknown:
        raise UsageError(f"requirement {name}: unknown keys {', '.join(sorted(unknown))}")
    missing = {"id", "level", "basis", "text", "source", "endpoint", "profile"} - set(entry)
    if missing:
        raise UsageError(f"requirement {name}: lacks {', '.join(sorted(missing))}")
    requirement = Requirement(
        id=entry["id"],
        level=entry["level"],
        basis=entry["basis"],
        text=entry["text"],
        source=entry["source"],
        endpoint=entry["endpoint"],
        profile=entry["profile"],
        field=entry.get("field"),
        needs=tuple(entry.get("needs", ())),
        interpretation=tuple(Reading(r["reading"], r["says"]) for r in entry.get("interpretation", ())),
        excluded=entry.get("excluded"),
        scored=scored,
    )
    problem = _problem(requirement)
    if problem:
        raise UsageError(f"requirement {name}: {problem}")
    return requirement


def _problem(requirement: Requirement) -> str | None:
    if not _ID.fullmatch(requirement.id):
        return "the id isn't dotted lower-case words"
    if requirement.level not in LEVELS:
        return f"level {requirement.level!r} isn't one of {', '.join(LEVELS)}"
    if requirement.basis not in BASES:
        return f"basis {requirement.basis!r} isn't one of {', '.join(BASES)}"
    if requirement.profile not in PROFILES:
        return f"profile {requirement.profile!r} isn't one of {', '.join(PROFILES)}"
    if requirement.level == "MUST" and requirement.basis not in ("documented", "example"):
        return f"basis {requirement.basis} carries at most SHOULD"
    if set(requirement.needs) - set(NEEDS):
        return f"needs {', '.join(set(requirement.needs) - set(NEEDS))} isn't known"
    return None
