"""Which release an instance's own OpenAPI document names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.contract.fitting import listed
from conformance.contract.release import contract_for, load_release, release_ids

VERSION = re.compile(r"[0-9]{4}\.[0-9]{1,4}(?:\.[0-9]{1,6})?")
"""A version as an instance calls itself, within bounds: `2025.2.1`."""


def release_named_by(document: Mapping[str, Any]) -> tuple[str | None, str]:
    """The release that a parsed document names, and a clause on what in it does; None and nothing where none is.

    By the versions that it knows, else the oldest release that has the model endpoints and the frameworks that it
    names. Source of the names of its schemas: the OpenAPI document of an instance of 2025.2.0.
    """
    schemas = _at(_at(document, "components"), "schemas")
    versions = [value for value in _enumeration(schemas, "AppVersion") if VERSION.fullmatch(value)]
    if versions:
        newest = max(versions, key=order)
        return contract_for(newest), f"knows versions up to {newest}"
    releases = [load_release(name) for name in release_ids()]
    known = {name: path for release in releases for name, path in release.endpoints.items()}
    paths = _at(document, "paths")
    named = {name for name, path in known.items() if isinstance(paths, Mapping) and path in paths}
    frameworks = set(_enumeration(schemas, "Framework"))
    frameworks &= {value for release in releases for value in release.enumeration("Framework")}
    before: set[str] = set()
    for release in releases:
        having = {*release.endpoints, *release.enumeration("Framework")}
        if named and named | frameworks <= having:
            new = sorted((named | frameworks) - before) if before else []
            return release.id, f"names {listed(new)}" if new else "names nothing that came later"
        before = having
    return None, ""


def order(version: str) -> tuple[int, ...]:
    """What sorts versions that are as `VERSION` says."""
    return tuple(int(number) for number in version.split(".") if number)


def _enumeration(schemas: Any, name: str) -> list[str]:
    values = _at(_at(schemas, name), "enum")
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _at(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Mapping) else None
