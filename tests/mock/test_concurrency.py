"""Many clients at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.mock import MockInstance

from .client import Client

CLIENTS = 8
UPLOADS = 48


def each_its_own(mock: MockInstance) -> Client:
    return Client(mock, mock.token, mock.workspace_id)


def test_uploads_of_one_name_at_once_are_versions_of_one_model(mock: MockInstance, client: Client) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = list(pool.map(lambda n: each_its_own(mock).upload("fraud", f"file {n}".encode()), range(UPLOADS)))

    versions = client.versions(model_id="fraud")
    assert len(client.models()) == 1
    assert {version["id"] for version in versions} == set(ids)
    assert len(set(ids)) == len({version["sha"] for version in versions}) == UPLOADS
    assert len({version["model_version"] for version in versions}) == UPLOADS
    assert len({client.version(version_id)["config"]["id"] for version_id in ids}) == UPLOADS


def test_every_answered_upload_is_visible_at_once(mock: MockInstance) -> None:
    def upload_and_look(number: int) -> bool:
        own = each_its_own(mock)
        version_id = own.upload(f"model-{number}")
        (version,) = own.versions(model_id=f"model-{number}")
        listed = {model["id"] for model in own.models()}
        return bool(version["id"] == version_id and version["models_pk_id"] in listed)

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert all(pool.map(upload_and_look, range(UPLOADS)))


def test_workspaces_of_one_name_at_once_are_one(mock: MockInstance) -> None:
    def create(_: int) -> int:
        return each_its_own(mock).call("workspaces/create", {"workspace_name": "race"}).status_code

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(create, range(UPLOADS)))
    assert sorted(set(statuses)) == [200, 400]
    assert statuses.count(200) == 1
