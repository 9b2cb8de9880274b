"""Each release is spoken as its contract says, and where two releases differ, not as the other one says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.contract import load_release, release_ids
from conformance.contract.fitting import fit
from conformance.errors import UsageError
from conformance.mock import MockInstance
from conformance.mock.dialect import dialect_of

from .client import assert_refused
from .speaker import PYTORCH, Speaker

EVERY_PATH = {path for name in release_ids() for path in load_release(name).endpoints.values()}
BEFORE_THE_CONTRACT = {"get_version_by_id", "get_model_version_by_id"}
"""Asked by every client, those of 2023.4 too, whose contract doesn't have them."""


@pytest.fixture
def speaker(spoken: MockInstance) -> Speaker:
    return Speaker(spoken)


def calls_about(speaker: Speaker, name: str, version_id: int) -> dict[str, Any]:
    """A request for each endpoint but the upload, of any release, that changes nothing."""
    model_id = speaker.model_in(speaker.row(name))["id"]
    return {
        "list": {"workspace_id": speaker.client.workspace_id},
        "get_by_id": {"id": model_id},
        "list_versions": {"model_id": name, "models_pk_id": model_id},
        "get_config_by_id": {"model_id": version_id},
        "get": {"id": model_id},
        "get_version_by_id": {"model_version_id": version_id},
        "get_model_version_by_id": {"model_version_id": version_id},
        "list_versions_for_model": {"model_id": name, "workspace_id": speaker.client.workspace_id},
        "get_upload_logs": {"model_version_id": version_id, "lines": 2},
        "delete_model_versions": {"model_versions": [speaker.uuid(version_id)], "confirm_delete": False},
        "delete_model": {"model_id": name, "workspace_id": speaker.client.workspace_id, "confirm_delete": False},
    }


def differs(endpoint: str, own: str, other: str) -> bool:
    """Whether two contracts describe other fields for an endpoint's reply."""
    schemas = [load_release(name).schemas for name in (own, other)]
    if any(endpoint not in schema.endpoints for schema in schemas):
        return True
    mine, theirs = ({field.pointer for field in schema.field_pointers(endpoint)} for schema in schemas)
    return mine != theirs


@pytest.mark.parametrize(
    ("framework", "content", "file_name"),
    [("onnx", None, "model.onnx"), ("pytorch", PYTORCH, "model.pt"), ("custom", b"any", "model.zip")],
    ids=["onnx", "pytorch", "custom"],
)
def test_every_reply_is_of_its_own_release_and_of_no_other(
    speaker: Speaker, framework: str, content: bytes | None, file_name: str
) -> None:
    arguments = (framework, content, file_name) if content else (framework,)
    speaker.upload("fraud", *arguments)
    version_id = speaker.upload("fraud", *arguments)
    calls = calls_about(speaker, "fraud", version_id)
    own = speaker.release.id

    for endpoint in set(speaker.release.endpoints) - {"upload_and_convert"}:
        body = speaker.reply(endpoint, calls[endpoint])
        assert speaker.release.schemas.violations(endpoint, body) == [], endpoint
        assert fit(speaker.release, endpoint, body).fits, endpoint
        for other in release_ids()[: release_ids().index(own)]:
            if differs(endpoint, own, other):
                assert not fit(load_release(other), endpoint, body).fits, (endpoint, other)


def test_refusals_are_of_the_release_too(speaker: Speaker) -> None:
    for endpoint in set(speaker.release.endpoints) - {"upload_and_convert", "list"}:
        response = speaker.call(endpoint, {})
        assert_refused(response, 400)
        assert speaker.release.schemas.violations(endpoint, response.json(), 400) == []


@pytest.mark.parametrize("release", ["2024.1", "2025.2"])
def test_a_row_of_the_list_has_the_keys_of_the_recorded_one_and_no_more(release: str) -> None:
    (recorded,) = (e for e in load_release(release).examples if e.endpoint == "list" and e.name == "list-requests")
    with MockInstance(step_delay=0, release=release) as mock:
        speaker = Speaker(mock)
        speaker.upload("fraud")
        row = speaker.row("fraud")

    def shape(value: Any) -> Any:
        """The keys of objects within objects; of a list that of its first item."""
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items() if key != "conversion"}
        return [shape(item) for item in value[:1]] if isinstance(value, list) else None

    assert shape(row) == shape(recorded.body["models"][0])


def test_an_endpoint_that_a_release_lacks_is_no_path_of_it(speaker: Speaker) -> None:
    present = {speaker.release.endpoints[name] for name in speaker.release.endpoints}
    beside = {path for path in EVERY_PATH if path.rpartition("/")[2] in BEFORE_THE_CONTRACT}

    for path in sorted(EVERY_PATH):
        response = requests.post(speaker.mock.url + path, json={}, timeout=30)
        unknown = requests.post(speaker.mock.url + "/v1/api/models/no_such_call", json={}, timeout=30)
        if path in present | beside:
            assert_refused(response, 401)
        else:
            assert_refused(response, 404)
            assert response.content == unknown.content


def test_the_vendors_clients_find_both_names_of_a_version_in_every_release(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")

    replies = [speaker.client.reply(name, {"model_version_id": version_id}) for name in sorted(BEFORE_THE_CONTRACT)]

    assert replies[0] == replies[1]
    assert replies[0]["model_version"]["model_version"]["id"] == version_id


def test_the_full_version_stands_in_the_image_and_in_what_was_made_on_it(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    version = speaker.version(version_id)["model_version"]

    assert f":v{speaker.release.version}-" in version["image_path"]
    shown = "VersionDetails" in speaker.release.component_schemas
    assert version.get("created_on_version") == (speaker.release.version if shown else None)
    assert version.get("created_by") == (speaker.mock.user.username if shown else None)
    assert version.get("deployed") is (False if shown else None)


def test_a_version_keeps_the_release_that_it_was_made_on(tmp_path: Path) -> None:
    with MockInstance(tmp_path, step_delay=0, release="2024.1") as mock:
        old = Speaker(mock).upload("fraud")
    with MockInstance(tmp_path, step_delay=0, release="2026.1") as mock:
        speaker = Speaker(mock)
        new = speaker.upload("fraud")
        made_on = [version["model_version"]["created_on_version"] for version in speaker.row("fraud")["model_versions"]]
        assert speaker.version(old)["model_version"]["error_summary"] is None

    assert new > old
    assert made_on == [load_release("2026.1").version, load_release("2024.1").version]


def test_an_owner_is_told_where_the_contract_asks_for_a_users_id(speaker: Speaker) -> None:
    speaker.upload("fraud")

    (version,) = speaker.client.versions(model_id="fraud")

    tells = not speaker.release.schemas.is_valid("list_versions", [{**version, "owner_id": '""'}])
    assert version["owner_id"] == (speaker.mock.user.id if tells else '""')
    assert speaker.model_in(speaker.row("fraud"))["owner_id"] == '""'


def test_a_model_is_shown_with_its_workspace_where_the_release_does(speaker: Speaker) -> None:
    speaker.upload("fraud")
    (listed,) = speaker.client.reply("workspaces/list", {})["workspaces"]

    model = speaker.reply("get", {"id": speaker.model_in(speaker.row("fraud"))["id"]})

    shown = "workspace" in speaker.release.component_schemas["GetResponse"]["properties"]
    assert model.get("workspace") == ({"id": listed["id"], "name": listed["name"]} if shown else None)


@pytest.mark.parametrize("name", ["2022.1", "auto", "", "../2023.4"])
def test_a_release_without_a_contract_is_one_clear_line(name: str) -> None:
    with pytest.raises(UsageError, match="no contract for release") as refused:
        MockInstance(release=name).start()
    assert "\n" not in str(refused.value)


def test_a_dialect_shows_what_the_contract_describes_in_the_order_given() -> None:
    fields = dict.fromkeys(["openai", "unheard_of", "runtime", "id"])

    assert list(dialect_of("2024.4").only("VersionConfig", fields)) == ["runtime", "id"]
    assert list(dialect_of("2025.2").only("VersionConfig", fields)) == ["openai", "runtime", "id"]
    assert dialect_of("2025.2") is dialect_of("2025.2")
