"""What the command prints for someone who upgrades."""

from __future__ import annotations

import json

import pytest

from conformance.contract import load_release, release_ids
from conformance.upgrading import render_changes, render_releases


def printed(old: str, new: str, style: str = "table") -> str:
    return render_changes(load_release(old), load_release(new), style)


def test_the_releases_are_listed_with_what_they_extend_and_promise():
    listed = json.loads(render_releases("json"))["releases"]
    assert [row["release"] for row in listed] == list(release_ids())
    assert [row["extends"] for row in listed] == [None, *release_ids()[:-1]]
    for row in listed:
        requirements = load_release(row["release"]).requirements.values()
        assert row["MUST"] == sum(requirement.level == "MUST" for requirement in requirements)
        assert row["endpoints"] == len(load_release(row["release"]).endpoints)


@pytest.mark.parametrize("style", ["table", "markdown"])
def test_the_readable_lists_have_a_line_a_release(style):
    lines = render_releases(style).splitlines()
    assert [line.lstrip("| ").split(" ")[0] for line in lines if "20" in line] == list(release_ids())


def test_what_changes_stands_under_headings_in_reading_order():
    text = printed("2023.4", "2024.1")
    heads = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert heads == [
        "From release 2023.4 to release 2024.1",
        "Endpoints",
        "Fields of upload_and_convert",
        "Fields of list",
        "New requirements",
        "Requirements that are gone",
        "Requirements that changed",
    ]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "+ get_version_by_id /v1/api/models/get_version_by_id" in lines
    assert "- reply models[].id integer" in lines
    assert "+ reply models[].model object" in lines
    assert "~ request workspace_id integer → integer or null" in lines
    assert any(line.startswith("- list.workspace-id-required The client of 2024.4.4") for line in lines)
    assert "~ list.id place: list models[].id → list models[].model.id" in lines


def test_values_and_statuses_are_told():
    lines = [" ".join(line.split()) for line in printed("2024.4", "2025.2").splitlines()]
    assert "+ Framework vllm" in lines
    assert "+ status 507" in lines
    lines = [" ".join(line.split()) for line in printed("2025.2", "2024.1").splitlines()]
    assert "- Framework vllm" in lines
    assert "- status 507" in lines
    assert "- get_upload_logs /v1/api/models/get_upload_logs" in lines


def test_a_release_beside_itself_changes_nothing():
    assert printed("2024.4", "2024.4") == "From release 2024.4 to release 2024.4: nothing changes"


def test_the_markdown_has_tables_and_no_broken_cells():
    for line in printed("2023.4", "2026.1", "markdown").splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 3


def test_the_json_says_the_same():
    said = json.loads(printed("2024.1", "2024.4", "json"))
    assert {one["endpoint"] for one in said["interface"] if one["kind"] == "endpoint"} == {
        "list_versions_for_model",
        "delete_model",
        "delete_model_versions",
    }
    assert said["enumerations"]["Runtime"] == {"gone": ["python"], "added": []}
    assert "get.workspace" in {promise["id"] for promise in said["requirements"]["added"]}
    assert ("get-config-by-id.runtime-enum", "text") in {
        (one["id"], one["what"]) for one in said["requirements"]["changed"]
    }
