"""What changes from one release to another, as someone who upgrades needs to know."""

from __future__ import annotations

import itertools

import pytest

from conformance.contract import load_release, release_ids
from conformance.contract.changes import changes

PAIRS = list(itertools.permutations(release_ids(), 2))


def between(old: str, new: str):
    return changes(load_release(old), load_release(new))


def endpoints(old: str, new: str) -> dict[str, str]:
    found = between(old, new)
    return {found.endpoint(one.path): "+" if one.added else "-" for one in found.interface if one.kind == "endpoint"}


def test_the_endpoints_that_each_release_adds() -> None:
    assert endpoints("2023.4", "2024.1") == {"get_version_by_id": "+", "get_model_version_by_id": "+"}
    assert set(endpoints("2024.1", "2024.4")) == {"list_versions_for_model", "delete_model", "delete_model_versions"}
    assert endpoints("2024.4", "2025.2") == {"get_upload_logs": "+"}
    assert endpoints("2025.2", "2026.1") == {}


def test_the_list_that_became_nested() -> None:
    found = between("2023.4", "2024.1")
    listed = {one.pointer: one for one in found.interface if found.endpoint(one.path) == "list"}
    assert listed["models[].id"].gone
    assert listed["models[].model"].added
    assert ("list.id", "place", "list models[].id", "list models[].model.id") in [
        (one.id, one.what, one.before, one.after) for one in found.changed
    ]


def test_what_is_dropped_has_its_reason_also_over_several_releases() -> None:
    for newer in ("2024.1", "2025.2"):
        reason = between("2023.4", newer).gone["list.workspace-id-required"]
        assert "list.workspace-optional takes its place" in reason


def test_enumerations_grow_and_shrink_by_their_names_and_not_field_by_field() -> None:
    found = between("2024.1", "2025.2")
    assert found.enumerations == {
        "Framework": ((), ("vllm",)),
        "Runtime": (("python",), ()),
        "Architecture": ((), ("power10",)),
    }
    assert between("2025.2", "2026.1").interface == ()


def test_levels_that_fell_are_told() -> None:
    found = {(one.id, one.what): (one.before, one.after) for one in between("2024.4", "2025.2").changed}
    assert found["get.id", "level"] == ("MUST", "SHOULD")
    assert found["get-version-by-id.takes-version-id", "level"] == ("SHOULD", "MUST")


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=lambda name: name)
def test_what_came_one_way_goes_the_other_way(old: str, new: str) -> None:
    there, back = between(old, new), between(new, old)
    assert {promise.id for promise in there.added} == set(back.gone)
    assert {(one.kind, one.path, one.pointer) for one in there.interface} == {
        (one.kind, one.path, one.pointer) for one in back.interface
    }
    assert there.interface or there.enumerations


def test_a_release_beside_itself_changes_nothing() -> None:
    found = between("2024.4", "2024.4")
    assert (found.interface, found.enumerations, found.added, found.gone, found.changed) == ((), {}, (), {}, ())
