"""Changed metadata differ in one place, and the documented ones stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.instance.modelfile import ModelFile
from conformance.suite.metadata import (
    ABSENT,
    as_client,
    changed,
    client_keys,
    documented_file_name,
    metadata_for,
    unusual,
)

PLAIN = ModelFile.from_bytes(b"onnx", "onnx", "plain.onnx")
WITH_SCHEMAS = ModelFile.from_bytes(b"pt", "pytorch", "io.pt", input_schema="aW4=", output_schema="b3V0")


def test_documented_metadata() -> None:
    assert metadata_for(PLAIN, "fraud", 10, visibility="public") == {
        "name": "fraud",
        "visibility": "public",
        "workspace_id": 10,
        "conversion": {"framework": "onnx", "python_version": "3.8", "requirements": []},
    }


def test_schemas_stand_beside_conversion_unless_left_out() -> None:
    assert metadata_for(WITH_SCHEMAS, "io", 10)["input_schema"] == "aW4="
    assert "input_schema" not in metadata_for(WITH_SCHEMAS, "io", 10, schemas=False)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("name", None, {"name": None, "conversion": {"framework": "onnx"}}),
        ("name", ABSENT, {"conversion": {"framework": "onnx"}}),
        ("conversion.framework", ABSENT, {"name": "fraud", "conversion": {}}),
        ("conversion.more", [1], {"name": "fraud", "conversion": {"framework": "onnx", "more": [1]}}),
        ("missing", ABSENT, {"name": "fraud", "conversion": {"framework": "onnx"}}),
    ],
)
def test_one_place_changes(path: str, value: Any, found: dict[str, Any]) -> None:
    metadata = {"name": "fraud", "conversion": {"framework": "onnx"}}
    assert changed(metadata, path, value) == found
    assert metadata == {"name": "fraud", "conversion": {"framework": "onnx"}}


@pytest.mark.parametrize("release_id", release_ids())
def test_a_documented_file_name_is_one_that_the_release_takes(release_id: str) -> None:
    release = load_release(release_id)
    for file in (PLAIN, WITH_SCHEMAS):
        name = documented_file_name(release, file, "fraud")
        assert name == (file.file_name if release.file_name_endings else "fraud")


@pytest.mark.parametrize(
    ("release_id", "keys"),
    [
        ("2023.4", set()),
        ("2024.1", {"arch"}),
        ("2024.4", {"arch", "accel"}),
        ("2025.2", {"arch", "accel", "framework_config"}),
        ("2026.1", {"arch", "accel", "framework_config"}),
    ],
)
def test_the_client_sends_what_its_release_knows(release_id: str, keys: set[str]) -> None:
    release = load_release(release_id)
    metadata = metadata_for(PLAIN, "fraud", 10)
    assert set(client_keys(release)) == keys
    sent = as_client(release, metadata)
    assert sent["conversion"].keys() - metadata["conversion"].keys() == keys
    assert release.schemas.request_violations("upload_and_convert", sent) == []


def test_unusual_metadata_is_documented_too_but_in_no_example() -> None:
    release = load_release()
    metadata = metadata_for(PLAIN, "fraud", 10)
    conversion = unusual(release, metadata)["conversion"]
    assert release.schemas.request_violations("upload_and_convert", unusual(release, metadata)) == []
    assert all(conversion[key] != metadata["conversion"][key] for key in ("python_version", "requirements"))
    assert metadata == metadata_for(PLAIN, "fraud", 10)
