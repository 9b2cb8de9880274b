"""The contract of each release: complete in itself, and saying nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.contract import Release, contract_for, load_release, release_ids
from conformance.contract import release as releases
from conformance.contract.layers import merged
from conformance.contract.release import KINDS
from conformance.errors import UsageError

LATER = [name for name in release_ids() if load_release(name).extends]
each_release = pytest.mark.parametrize("release", [*map(load_release, release_ids())], ids=lambda release: release.id)
each_later = pytest.mark.parametrize("release", [*map(load_release, LATER)], ids=lambda release: release.id)


def _data(release: Release, name: str) -> dict[str, Any]:
    return yaml.safe_load((release.folder / name).read_text(encoding="utf-8")) or {}


def test_the_releases_that_people_run_have_contracts() -> None:
    assert release_ids() == ("2023.4", "2024.1", "2024.4", "2025.2", "2026.1")
    assert [release.extends.id for release in map(load_release, LATER)] == list(release_ids()[:-1])


@each_release
def test_the_document_is_valid_openapi(release: Release) -> None:
    OpenAPIV31SpecValidator(release.openapi).validate()


@each_release
def test_the_document_describes_the_releases_endpoints(release: Release) -> None:
    described = {path: operations["post"]["operationId"] for path, operations in release.openapi["paths"].items()}
    assert described == {path: name for name, path in release.endpoints.items()}
    assert release.openapi["info"]["version"] == release.id
    assert set(release.kinds.values()) <= set(KINDS)
    assert release.version.startswith(release.id)


@each_release
def test_each_field_of_each_reply_has_exactly_one_requirement(release: Release) -> None:
    for endpoint in release.endpoints:
        described = [spec.pointer for spec in release.schemas.field_pointers(endpoint)]
        named = sorted(pointer for pointer in described if pointer and not pointer.endswith("[]"))
        assert sorted(r.field for r in release.fields(endpoint) if r.field) == named, endpoint


@each_release
def test_the_examples_conform_and_their_requests_too(release: Release) -> None:
    for example in release.examples:
        assert release.schemas.violations(example.endpoint, example.body) == [], example.name
        assert release.schemas.request_violations(example.endpoint, example.request_json) == [], example.name


@each_release
def test_links_fill_properties_that_their_targets_know(release: Release) -> None:
    links = [
        link
        for operations in release.openapi["paths"].values()
        for response in operations["post"]["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    for link in links:
        sent = link["requestBody"]
        known = release.schemas.request_schema(link["operationId"])["properties"]
        assert set(sent.get("metadata", sent)) <= set(known), link


@each_release
def test_a_links_expressions_find_a_value_in_the_releases_example(release: Release) -> None:
    shown = {example.endpoint: example.body for example in release.examples}
    for path in release.openapi["paths"].values():
        operation = path["post"]
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                if operation["operationId"] in shown:
                    _assert_found(link["requestBody"], shown[operation["operationId"]])


def _assert_found(sent: Any, body: Any) -> None:
    for value in sent.values():
        if isinstance(value, dict):
            _assert_found(value, body)
        elif value.startswith("$response.body#/"):
            node = body
            for key in value.partition("#/")[2].split("/"):
                node = node[int(key)] if isinstance(node, list) else node[key]
            assert node is not None


@each_release
def test_the_models_own_fields_in_a_list_are_where_the_example_has_them(release: Release) -> None:
    listed = next(example.body for example in release.examples if example.endpoint == "list")
    for row in listed["models"]:
        for key in release.model_in_list:
            row = row[key]
        assert {"id", "name", "owner_id", "created_at", "updated_at"} <= set(row)


@each_later
def test_an_overlay_repeats_nothing(release: Release) -> None:
    own, older = _data(release, "requirements.yaml"), release.extends.requirements
    for entry in own.get("changed", ()):
        inherited = load_release(release.extends.id)
        for key in set(entry) - {"id", "interpretation"}:
            assert entry[key] != getattr(inherited.requirements[entry["id"]], key), (entry["id"], key)
    assert not {entry["id"] for entry in own.get("requirements", ())} & set(older)
    assert all(len(reason.split()) > 4 for reason in own.get("dropped", {}).values())


@each_later
def test_each_part_of_a_merge_patch_changes_something(release: Release) -> None:
    patch = _data(release, "openapi.yaml")
    for path in _leaves(patch):
        assert merged(release.extends.openapi, _without(patch, path)) != release.openapi, "/".join(path)


def _leaves(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(node, dict) or not node:
        return [path]
    return [leaf for key, value in node.items() for leaf in _leaves(value, (*path, key))]


def _without(node: Any, path: tuple[str, ...]) -> Any:
    key, *rest = path
    kept = dict(node)
    if rest:
        kept[key] = _without(node[key], tuple(rest))
    else:
        del kept[key]
    return kept


@each_later
def test_an_enumeration_only_grows_but_for_the_runtime_that_went(release: Release) -> None:
    for name in ("Framework", "PythonVersion", "Runtime"):
        gone = set(release.extends.enumeration(name)) - set(release.enumeration(name))
        assert gone <= ({"python"} if name == "Runtime" else set())


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2022.3", None),
        ("2022.4", "2023.4"),
        ("2023.4.2", "2023.4"),
        ("2024.1.0", "2024.1"),
        ("2024.3.1", "2024.1"),
        ("2024.4.4", "2024.4"),
        ("2025.1.2", "2024.4"),
        ("2025.2.5", "2025.2"),
        ("2026.1", "2026.1"),
        ("2031.10.1", "2026.1"),
        ("", None),
        ("latest", None),
        ("2024", None),
    ],
)
def test_a_version_leads_to_the_contract_that_describes_it(version: str, expected: str | None) -> None:
    assert contract_for(version) == expected


def test_a_requirement_of_an_endpoint_that_the_release_lacks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "2099.1"
    folder.mkdir()
    (folder / "release.yaml").write_text(
        'title: t\ndocumentation: d\nversion: "2099.1.0"\nendpoints:\n  list: {kind: read, path: /v1/api/models/list}\n'
    )
    (folder / "requirements.yaml").write_text(
        "requirements:\n- {id: get.id, level: MUST, basis: documented, text: t, source: s, endpoint: get,"
        " profile: core}\n"
    )
    monkeypatch.setattr(releases, "_RELEASES", tmp_path)
    with pytest.raises(UsageError, match=r"requirement get\.id: release 2099\.1 has no 'get'"):
        load_release("2099.1")
