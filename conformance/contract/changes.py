"""What changes from one release's contract to another's, for someone who upgrades an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.openapi_diff import Difference, differences
from conformance.contract.release import Release, read_yaml
from conformance.contract.requirement import Requirement


@dataclass(frozen=True)
class Changed:
    """One thing that a requirement says otherwise: its level, its text, or its place (endpoint and field)."""

    id: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """All that changes. `enumerations` maps a named enumeration to the values that went and those that came.

    `gone` maps requirements that the new release doesn't have to the reason, None where its contract gives none.
    """

    old: Release
    new: Release
    interface: tuple[Difference, ...]
    enumerations: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    added: tuple[Requirement, ...]
    gone: Mapping[str, str | None]
    changed: tuple[Changed, ...]

    def endpoint(self, path: str) -> str:
        """The name of the endpoint at a path, in either release."""
        named = {path: name for release in (self.old, self.new) for name, path in release.endpoints.items()}
        return named.get(path, path)


def changes(old: Release, new: Release) -> Changes:
    """Compare two releases, in either direction.

    Values that a named enumeration gains or loses are told by its name alone, not for each field that has them.
    """
    enumerations = dict(_enumerations(old, new))
    told = set(enumerations.values())
    reasons = {**_dropped(new), **_dropped(old)}
    return Changes(
        old=old,
        new=new,
        interface=tuple(
            one
            for one in differences(old.openapi, new.openapi)
            if one.kind != "values" or (one.old, one.new) not in told
        ),
        enumerations=enumerations,
        added=tuple(promise for name, promise in new.requirements.items() if name not in old.requirements),
        gone={name: reasons.get(name) for name in old.requirements if name not in new.requirements},
        changed=tuple(
            change
            for name, before in old.requirements.items()
            if name in new.requirements
            for change in _changed(before, new.requirements[name])
        ),
    )


def _changed(before: Requirement, after: Requirement) -> Iterator[Changed]:
    said = (
        ("level", before.level, after.level),
        ("text", before.text, after.text),
        ("place", _place(before), _place(after)),
    )
    for what, was, is_now in said:
        if was != is_now:
            yield Changed(before.id, what, was, is_now)


def _place(requirement: Requirement) -> str:
    return f"{requirement.endpoint or 'the API'} {requirement.field or ''}".strip()


def _enumerations(old: Release, new: Release) -> Iterator[tuple[str, tuple[tuple[str, ...], tuple[str, ...]]]]:
    for name, schema in new.component_schemas.items():
        before, after = _values(old.component_schemas.get(name)), _values(schema)
        if before is not None and after is not None and before != after:
            yield name, (tuple(sorted(before - after)), tuple(sorted(after - before)))


def _values(schema: Any) -> set[str] | None:
    listed = schema.get("enum") if isinstance(schema, Mapping) else None
    return None if listed is None else {value for value in listed if isinstance(value, str)}


def _dropped(release: Release) -> dict[str, str]:
    """The reasons for which a release, or one that it extends, dropped requirements."""
    found: dict[str, str] = _dropped(release.extends) if release.extends else {}
    own = read_yaml(release.folder / "requirements.yaml")
    return {**found, **own.get("dropped", {})}
