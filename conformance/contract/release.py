"""A release's contract: a folder of data, laid over the release that it extends, read once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from conformance.contract.layers import laid_over, merged
from conformance.contract.requirement import Requirement, parse_requirement
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.examples import Example
    from conformance.contract.schemas import Schemas

_RELEASES = Path(__file__).parent / "releases"
DEFAULT_RELEASE = "2023.4"
AUTO = "auto"
"""In place of a release: find out which one the instance is of."""

KINDS = ("upload", "read", "delete")


@dataclass(frozen=True)
class Release:
    """What one release promises: its requirements by id, its OpenAPI document and its recorded examples.

    `version` is a full version of the release, `since` the oldest release known to answer as this contract says.
    `endpoints` maps names to paths, each a POST; `kinds` says what a call does: upload, read or delete.
    """

    id: str
    folder: Path
    requirements: dict[str, Requirement]
    title: str = ""
    documentation: str = ""
    version: str = ""
    since: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    extends: Release | None = None
    without_examples: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The endpoints that only read."""
        return tuple(name for name, kind in self.kinds.items() if kind == "read")

    @property
    def probed(self) -> tuple[str, ...]:
        """The endpoints that can be asked about a model without harm to it: the upload, then those that read."""
        return tuple(name for name, kind in self.kinds.items() if kind != "delete")

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The release's OpenAPI 3.1 document."""
        own = read_yaml(self.folder / "openapi.yaml")
        document: dict[str, Any] = merged(self.extends.openapi, own) if self.extends else own
        return document

    @cached_property
    def schemas(self) -> Schemas:
        """The JSON Schemas of requests and replies."""
        from conformance.contract.schemas import Schemas

        return Schemas(self.openapi)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The documented request and response pairs; one of the same name replaces the older release's."""
        from conformance.contract.examples import load_examples

        older = self.extends.examples if self.extends else ()
        found = {example.name: example for example in older if example.name not in self.without_examples}
        if (self.folder / "examples").is_dir():
            found |= {example.name: example for example in load_examples(self.folder / "examples")}
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def component_schemas(self) -> Mapping[str, Any]:
        """The OpenAPI document's named schemas."""
        schemas: Mapping[str, Any] = self.openapi["components"]["schemas"]
        return schemas

    def enumeration(self, name: str) -> tuple[str, ...]:
        """The values of a named schema that is an enumeration of texts, null left out."""
        return tuple(value for value in self.component_schemas[name]["enum"] if value is not None)

    @cached_property
    def file_name_endings(self) -> tuple[str, ...]:
        """The endings of which a file part's name must have one; none where any name is taken."""
        return tuple(self.component_schemas["UploadRequest"]["properties"]["file"].get("x-file-name-endings", ()))

    @cached_property
    def model_in_list(self) -> tuple[str, ...]:
        """Where a row of `list` holds the model's own fields: a path of keys, empty where the row itself does."""
        pointer = self.requirements["list.id"].field or ""
        return tuple(step for step in pointer.removeprefix("models[]").removesuffix("id").split(".") if step)

    def requirement(self, requirement_id: str) -> Requirement:
        """The requirement of that id; UsageError where the release has none."""
        try:
            return self.requirements[requirement_id]
        except KeyError:
            raise UsageError(f"release {self.id} has no requirement {requirement_id!r}") from None

    def fields(self, endpoint: str) -> tuple[Requirement, ...]:
        """The requirements that are about one field of the endpoint's reply, in the contract's order."""
        return tuple(
            requirement
            for requirement in self.requirements.values()
            if requirement.endpoint == endpoint and requirement.field is not None and requirement.excluded is None
        )


def release_ids() -> tuple[str, ...]:
    """The releases that have a contract, oldest first."""
    return tuple(sorted((f.name for f in _RELEASES.iterdir() if (f / "release.yaml").is_file()), key=_order))


def is_known_anywhere(requirement_id: str) -> bool:
    """Whether the contract of any release has this requirement."""
    return any(requirement_id in load_release(name).requirements for name in release_ids())


def contract_for(version: str) -> str | None:
    """The newest release with a contract that isn't newer than `version` (`2024.3`, `2025.2.1`).

    None where `version` is older than all that the contracts describe, or no version at all.
    """
    if not re.match(r"\d{4}\.\d", version):
        return None
    known = [name for name in release_ids() if _order(load_release(name).since) <= _order(version)]
    return known[-1] if known else None


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


@lru_cache
def load_release(release_id: str = DEFAULT_RELEASE) -> Release:
    """Read the contract of one release.

    Raises UsageError for a release without a contract, and for data that breaks the contract's own rules.
    """
    folder = _RELEASES / release_id
    if release_id not in release_ids():
        raise UsageError(f"no contract for release {release_id!r}; known: {', '.join(release_ids())}")
    said = read_yaml(folder / "release.yaml")
    extends = load_release(said["extends"]) if "extends" in said else None
    requirements = _requirements(release_id)
    named = said.get("endpoints", {})
    paths = {**(extends.endpoints if extends else {}), **{name: entry["path"] for name, entry in named.items()}}
    kinds = {**(extends.kinds if extends else {}), **{name: entry["kind"] for name, entry in named.items()}}
    for requirement in requirements.values():
        if requirement.endpoint is not None and requirement.endpoint not in paths:
            raise UsageError(f"requirement {requirement.id}: release {release_id} has no {requirement.endpoint!r}")
    return Release(
        id=release_id,
        folder=folder,
        requirements=requirements,
        title=said["title"],
        documentation=said["documentation"],
        version=said["version"],
        since=said.get("since", release_id),
        endpoints=paths,
        kinds=kinds,
        extends=extends,
        without_examples=tuple(said.get("without_examples", ())),
    )


def _requirements(release_id: str) -> dict[str, Requirement]:
    frozen = _frozen(release_id)
    requirements: dict[str, Requirement] = {}
    for entry in _entries(release_id):
        requirement = parse_requirement(entry, scored=frozen is None or entry.get("id") in frozen)
        if requirement.id in requirements:
            raise UsageError(f"requirement {requirement.id} stands twice in the contract of {release_id}")
        requirements[requirement.id] = requirement
    return requirements


@lru_cache
def _entries(release_id: str) -> tuple[dict[str, Any], ...]:
    """The release's requirements as data, those that it takes over included."""
    folder = _RELEASES / release_id
    said, own = read_yaml(folder / "release.yaml"), read_yaml(folder / "requirements.yaml") or {}
    if "extends" not in said:
        return tuple(own["requirements"])
    return tuple(laid_over(_entries(said["extends"]), own, release_id))


def _frozen(release_id: str) -> Mapping[str, str] | None:
    """The published set of a release, ids and digests; None where it isn't published yet."""
    path = _RELEASES / release_id / "published.json"
    if not path.is_file():
        return None
    published: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))["requirements"]
    return published


def read_yaml(path: Path) -> Any:
    """The content of a YAML file of ours."""
    text = path.read_text(encoding="utf-8")
    # The C reader is several times faster, and not built everywhere.
    return yaml.load(text, Loader=yaml.CSafeLoader) if hasattr(yaml, "CSafeLoader") else yaml.safe_load(text)
