"""How an instance of one release speaks: every difference between releases, read from the contract's data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from conformance.contract import DEFAULT_RELEASE

if TYPE_CHECKING:
    from conformance.contract import Release

_OF_EVERY_CLIENT: dict[str, frozenset[str]] = {
    "Conversion": frozenset({"arch"}),
    "VersionDetails": frozenset(
        {"name", "visibility", "workspace_id", "conversion", "id", "image_path", "status", "task_id", "file_info"}
    ),
    "FileInfo": frozenset({"version", "sha", "file_name"}),
    "VersionConfig": frozenset(
        {
            "id", "model_version_id", "runtime", "filter_threshold", "tensor_fields", "input_schema", "output_schema",
            "batch_config",
        }
    ),
}  # fmt: skip
"""What the vendor's clients rely on from 2023.4 on, though the first contract doesn't describe it.

Source: the vendor's generated client of 2023.4.0.
"""

_ARCHITECTURES = ("arm", "x86")
"""Where the contract names none. Source: the vendor's generated client of 2023.4.0."""


class Dialect:
    """What one release shows, takes and answers. Raises UsageError, when first asked, for one without a contract."""

    def __init__(self, release: str = DEFAULT_RELEASE) -> None:
        self.release = release
        self._shown: dict[str, frozenset[str]] = {}

    @cached_property
    def contract(self) -> Release:
        """The release's contract; read when first needed."""
        from conformance.contract import load_release

        return load_release(self.release)

    @property
    def version(self) -> str:
        """The full version that this instance calls itself."""
        return self.contract.version

    @property
    def endpoints(self) -> Mapping[str, str]:
        """The paths of the endpoints that the release has, by their names."""
        return self.contract.endpoints

    # what is shown

    def only(self, component: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Of an object, the fields that the release has in the named schema of its OpenAPI document."""
        shown = self._shown.get(component)
        if shown is None:
            shown = self._shown[component] = self._fields(component)
        return {name: value for name, value in fields.items() if name in shown}

    def has(self, component: str, field: str) -> bool:
        """Whether the release has this field in the named schema."""
        return bool(self.only(component, {field: None}))

    def _fields(self, component: str) -> frozenset[str]:
        described = self.contract.component_schemas.get(component, {}).get("properties", {})
        return _OF_EVERY_CLIENT.get(component, frozenset()).union(described)

    @cached_property
    def lists_nested(self) -> bool:
        """Whether a row of `list` holds the model with its versions and its workspace, or is the model itself."""
        return bool(self.contract.model_in_list)

    @cached_property
    def shows_owners(self) -> bool:
        """Whether list_versions tells each owner's id, or what stands for it elsewhere."""
        from jsonschema_rs import is_valid

        (owner,) = (f for f in self.contract.schemas.field_pointers("list_versions") if f.pointer == "[].owner_id")
        return not is_valid(dict(owner.schema), '""')

    # what is taken

    @cached_property
    def list_needs_workspace(self) -> bool:
        """Whether `list` is refused without a workspace's id."""
        return "workspace_id" in self.contract.component_schemas["ListRequest"].get("required", ())

    @cached_property
    def frameworks(self) -> frozenset[str]:
        """The frameworks that an upload may name."""
        return frozenset(self.contract.enumeration("Framework"))

    @cached_property
    def runtimes(self) -> frozenset[str]:
        """The engines that run models."""
        return frozenset(self.contract.enumeration("Runtime"))

    @cached_property
    def python_versions(self) -> frozenset[str]:
        """The Python versions that an upload may name."""
        return frozenset(self.contract.enumeration("PythonVersion"))

    @cached_property
    def architectures(self) -> frozenset[str]:
        """The processor architectures that an upload may name."""
        named = "Architecture" in self.contract.component_schemas
        return frozenset(self.contract.enumeration("Architecture") if named else _ARCHITECTURES)

    @cached_property
    def accelerations(self) -> frozenset[str]:
        """The accelerations that an upload may name by a text; none where it names none at all."""
        named = "Acceleration" in self.contract.component_schemas
        return frozenset(self.contract.enumeration("Acceleration") if named else ())

    def takes_acceleration(self, value: Any) -> bool:
        """Whether an upload may name this acceleration: a text, or an object where the release has such."""
        from jsonschema_rs import is_valid

        metadata = self.contract.schemas.request_schema("upload_and_convert")
        return bool(is_valid(metadata["properties"]["conversion"]["properties"]["accel"], value))

    @property
    def file_name_endings(self) -> tuple[str, ...]:
        """The endings of which an uploaded file's name needs one; none where any name is taken."""
        return self.contract.file_name_endings


@lru_cache
def dialect_of(release: str) -> Dialect:
    """The dialect of a release; one object for each."""
    return Dialect(release)


@lru_cache(maxsize=1)
def every_framework() -> frozenset[str]:
    """The frameworks that any release knows."""
    from conformance.contract import release_ids

    return frozenset(framework for name in release_ids() for framework in dialect_of(name).frameworks)
