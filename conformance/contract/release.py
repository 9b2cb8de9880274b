"""A release's contract: a folder of data, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from conformance.contract.requirement import Requirement, parse_requirement
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.examples import Example
    from conformance.contract.schemas import Schemas

_RELEASES = Path(__file__).parent / "releases"
DEFAULT_RELEASE = "2023.4"


@dataclass(frozen=True)
class Release:
    """What one release promises: its requirements by id, its OpenAPI document and its recorded examples."""

    id: str
    folder: Path
    requirements: dict[str, Requirement]

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The release's OpenAPI 3.1 document."""
        document: dict[str, Any] = _read_yaml(self.folder / "openapi.yaml")
        return document

    @cached_property
    def schemas(self) -> Schemas:
        """The JSON Schemas of requests and replies."""
        from conformance.contract.schemas import Schemas

        return Schemas(self.openapi)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The documented request and response pairs."""
        from conformance.contract.examples import load_examples

        return tuple(load_examples(self.folder / "examples"))

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
    return tuple(sorted(folder.name for folder in _RELEASES.iterdir() if (folder / "requirements.yaml").is_file()))


@lru_cache
def load_release(release_id: str = DEFAULT_RELEASE) -> Release:
    """Read the contract of one release.

    Raises UsageError for a release without a contract, and for data that breaks the contract's own rules.
    """
    folder = _RELEASES / release_id
    if release_id not in release_ids():
        raise UsageError(f"no contract for release {release_id!r}; known: {', '.join(release_ids())}")
    document = _read_yaml(folder / "requirements.yaml")
    requirements: dict[str, Requirement] = {}
    for entry in document["requirements"]:
        requirement = parse_requirement(entry)
        if requirement.id in requirements:
            raise UsageError(f"requirement {requirement.id} stands twice in the contract of {release_id}")
        requirements[requirement.id] = requirement
    return Release(id=release_id, folder=folder, requirements=requirements)


def _read_yaml(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    # The C reader is several times faster, and not built everywhere.
    return yaml.load(text, Loader=yaml.CSafeLoader) if hasattr(yaml, "CSafeLoader") else yaml.safe_load(text)
