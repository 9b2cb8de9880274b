"""Which release a reply is of: what it has that a release's contract doesn't describe, and what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.contract.release import Release, load_release, release_ids
from conformance.contract.schemas import FIRST_ERROR_STATUS
from conformance.contract.violations import to_path

_INDEX = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True)
class Fit:
    """How a reply fits a release. `lacks` are its violations of the release's schema, `beyond` its fields that only
    other releases describe; both as lines that name the place.
    """

    release: str
    lacks: tuple[str, ...]
    beyond: tuple[str, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """All that makes the reply not of this release; none where it fits."""
        return self.lacks + self.beyond

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against the release."""
        return not self.differences


def fit(release: Release, endpoint: str, body: Any, status: int = 200) -> Fit:
    """How a reply's parsed body fits a release. An endpoint that the release doesn't have is its one difference."""
    if endpoint not in release.endpoints:
        return Fit(release.id, (), (f"the release has no endpoint {endpoint}",))
    violations = release.schemas.violations(endpoint, body, status)
    lacks = tuple(f"{violation.path or 'the reply'}: {violation.message}" for violation in violations)
    if status >= FIRST_ERROR_STATUS:
        return Fit(release.id, lacks, ())
    described = _described(release.id, endpoint)
    beyond = {
        pointer: f"{path}: only {listed(having)} describe{'s' * (len(having) == 1)} it"
        for path, pointer in _fields(body)
        if pointer not in described and (having := _describing(endpoint, pointer))
    }
    return Fit(release.id, lacks, tuple(beyond.values()))


def fits(endpoint: str, body: Any, status: int = 200) -> tuple[Fit, ...]:
    """How the body fits each release, oldest first."""
    return tuple(fit(load_release(name), endpoint, body, status) for name in release_ids())


def combined(found: Iterable[Fit]) -> Fit:
    """How several replies together fit one release."""
    all_of = tuple(found)
    return Fit(
        all_of[0].release,
        tuple(line for one in all_of for line in one.lacks),
        tuple(line for one in all_of for line in one.beyond),
    )


def distinct(lines: Iterable[str]) -> list[str]:
    """The first of all lines that name the same place but for the rows that it is in."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(_INDEX.sub("[]", line), line)
    return list(found.values())


def listed(names: Sequence[str]) -> str:
    """Names as a text lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _describing(endpoint: str, pointer: str) -> list[str]:
    return [name for name in release_ids() if pointer in _described(name, endpoint)]


@lru_cache
def _described(release_id: str, endpoint: str) -> frozenset[str]:
    release = load_release(release_id)
    if endpoint not in release.endpoints:
        return frozenset()
    return frozenset(spec.pointer for spec in release.schemas.field_pointers(endpoint))


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    """The path and the pointer of every field in a JSON value."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while pending:
        segments, found = pending.pop()
        children = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
        for key, child in children:
            inside = (*segments, key)
            if isinstance(key, str):
                yield to_path(inside), to_path(inside, indices=False)
            pending.append((inside, child))
