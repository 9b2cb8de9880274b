"""The GraphQL service that the vendor's SDKs ask: a real schema, over the caller's own models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from graphql import build_client_schema, get_introspection_query, parse, validate

from conformance.contract import release_ids
from conformance.mock import MockInstance
from conformance.mock.graphql import nodes

from .client import Client, assert_refused, uploaded_id
from .speaker import ONNX, SCHEMAS, Speaker

VERSION = """
query ModelById($id: bigint!) { model_by_pk(id: $id) {
  id created_on_version model_id model_version models_pk_id sha status error_summary file_name image_path updated_at
  visibility model_tags { tag { id tag } } arch: conversion(path: "arch") accel: conversion(path: "accel")
  model { workspace { id name } } } }
"""
CONFIG = """
query ModelConfigById($id: bigint!) { model_config_by_pk(id: $id) {
  id filter_threshold model { id } runtime tensor_fields dynamic_batching_config continuous_batching_config openai
  input_schema output_schema } }
"""
WORKSPACE = """
query WorkspaceById($id: bigint!) { workspace_by_pk(id: $id) {
  archived created_at created_by id name users { user_id user_type }
  models(order_by: {updated_at: desc}) { id models { id } } pipelines { id } } }
"""
DEFAULT = """
query UserDefaultWorkspace($user_id: String = "") { user_default_workspace(where: {user_id: {_eq: $user_id}}) {
  workspace { archived created_at created_by name id users { user_id } pipelines { id } models { models { id } } } } }
"""
MODEL = "query ($id: bigint!) { models_by_pk(id: $id) { id name owner_id workspace { id } models { id file_size } } }"
SEARCH = """
query GetModels($search_term: String!, $user_id: String!, $workspace_id: bigint!) {
  search_models(args: {search: $search_term}, where: {_and: [
    {owner_id: {_eq: $user_id}}, {model: {workspace: {_and: [{id: {_eq: $workspace_id}}]}}}
  ]}, order_by: {created_at: desc}) { id } }
"""
QUERIES = {
    "search": SEARCH,
    "version": VERSION,
    "config": CONFIG,
    "workspace": WORKSPACE,
    "default": DEFAULT,
    "model": MODEL,
}


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    with MockInstance(step_delay=0, release=release_ids()[-1]) as mock:
        yield Speaker(mock)


@pytest.fixture
def other(speaker: Speaker) -> Speaker:
    """The second user of the same instance."""
    return Speaker(speaker.mock, Client(speaker.mock, speaker.mock.other_token, speaker.mock.other_workspace_id))


def post(speaker: Speaker, query: Any, **more: Any) -> requests.Response:
    body = {"query": query, **more}
    return requests.post(f"{speaker.mock.url}/v1/graphql", json=body, headers=speaker.client.headers(), timeout=60)


def ask(speaker: Speaker, query: str, **variables: Any) -> Any:
    """The one field that a query asks for, without an error."""
    answer = post(speaker, query, variables=variables).json()
    assert list(answer) == ["data"], answer
    (value,) = answer["data"].values()
    return value


def errors(speaker: Speaker, query: Any, **more: Any) -> str:
    """The messages of a query that is answered with errors."""
    response = post(speaker, query, **more)
    assert response.status_code == 200
    messages = [error["message"] for error in response.json()["errors"]]
    assert messages
    return "\n".join(messages)


@pytest.mark.parametrize("release", release_ids())
def test_a_client_can_learn_the_schema_and_check_its_queries_by_it(release: str) -> None:
    with MockInstance(release=release) as mock:
        answer = ask(Speaker(mock), get_introspection_query(descriptions=True))

    schema = build_client_schema({"__schema": answer})
    for query in QUERIES.values():
        assert validate(schema, parse(query)) == []


def test_a_version_reads_as_the_api_shows_it(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud", conversion={"arch": "arm", "accel": "cuda"})
    shown = speaker.version(version_id)["model_version"]
    (row,) = speaker.client.versions(model_id="fraud")

    version = ask(speaker, VERSION, id=version_id)

    assert version.pop("updated_at") == shown["created_at"]
    assert version.pop("model") == {"workspace": {"id": shown["workspace_id"], "name": workspace_name(speaker)}}
    assert version == {
        **{key: row[key] for key in row if key != "owner_id"},
        **{key: shown[key] for key in ("created_on_version", "error_summary", "visibility")},
        "model_tags": [],
        "arch": "arm",
        "accel": "cuda",
    }


def workspace_name(speaker: Speaker) -> str:
    (workspace,) = speaker.client.reply("workspaces/list", {})["workspaces"]
    return str(workspace["name"])


def test_the_status_is_the_one_of_the_moment_and_the_error_its_own(speaker: Speaker) -> None:
    broken = ask(speaker, VERSION, id=speaker.upload("fraud", content=b"no model"))
    sound = ask(speaker, VERSION, id=speaker.upload("churn"))

    assert [broken["status"], sound["status"]] == ["error", "ready"]
    assert "ONNX" in broken["error_summary"]
    assert [sound["error_summary"], sound["arch"], sound["accel"]] == [None, None, None]


def test_a_config_reads_as_the_api_shows_it_an_older_one_too(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud", "pytorch", file_name="model.pt")
    older = speaker.version(version_id)["config"]
    newer = speaker.client.reply(
        "insert_model_config", {"model_version_id": version_id, "tensor_fields": ["a"], "filter_threshold": 0.5}
    )["model_config"]

    for config in (older, newer):
        told = ask(speaker, CONFIG, id=config["id"])
        assert told.pop("model") == {"id": version_id}
        assert told == {key: config[key] for key in told}
        assert {side: told[side] for side in SCHEMAS} == SCHEMAS
    assert older["id"] != newer["id"]


def test_a_workspace_has_its_users_and_its_models_in_the_order_asked_for(speaker: Speaker) -> None:
    first, second, again = speaker.upload("fraud"), speaker.upload("churn"), speaker.upload("fraud")
    fraud, churn = (speaker.row(name)["model"]["id"] for name in ("fraud", "churn"))

    workspace = ask(speaker, WORKSPACE, id=speaker.client.workspace_id)

    (listed,) = speaker.client.reply("workspaces/list", {})["workspaces"]
    assert {key: workspace[key] for key in ("id", "name", "created_at", "created_by", "archived")} == {
        key: listed[key] for key in ("id", "name", "created_at", "created_by", "archived")
    }
    assert workspace["users"] == [{"user_id": speaker.mock.user.id, "user_type": "OWNER"}]
    assert workspace["pipelines"] == []
    assert workspace["models"] == [
        {"id": fraud, "models": [{"id": again}, {"id": first}]},
        {"id": churn, "models": [{"id": second}]},
    ]
    by_name = "query ($id: bigint!) { workspace_by_pk(id: $id) { models(order_by: {name: asc}) { name } } }"
    rising = ask(speaker, by_name, id=speaker.client.workspace_id)
    assert [model["name"] for model in rising["models"]] == ["churn", "fraud"]


def test_the_default_workspace_is_the_callers_own(speaker: Speaker) -> None:
    speaker.client.reply("workspaces/create", {"workspace_name": "elsewhere"})

    (own,) = ask(speaker, DEFAULT, user_id=speaker.mock.user.id)

    assert own["workspace"]["id"] == speaker.mock.workspace_id
    assert ask(speaker, DEFAULT, user_id=speaker.mock.other_user.id) == []
    assert ask(speaker, DEFAULT) == []
    assert len(ask(speaker, "{ workspace { id } }")) == 2
    assert [found["user_id"] for found in ask(speaker, "{ user_default_workspace { user_id } }")] == [
        speaker.mock.user.id
    ]


def test_a_model_has_its_versions(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    model_id = speaker.row("fraud")["model"]["id"]

    assert ask(speaker, MODEL, id=model_id) == {
        "id": model_id, "name": "fraud", "owner_id": '""', "workspace": {"id": speaker.client.workspace_id},
        "models": [{"id": version_id, "file_size": len(ONNX)}],
    }  # fmt: skip


def found(speaker: Speaker, where: Any, *order_by: dict[str, str]) -> list[int]:
    """The ids of the versions that a condition lets through, lowest first where no order is asked for."""
    query = (
        "query ($where: model_bool_exp, $order: [model_order_by!]) { model(where: $where, order_by: $order) { id } }"
    )
    return [version["id"] for version in ask(speaker, query, where=where, order=order_by or {"id": "asc"})]


def test_versions_are_found_by_conditions(speaker: Speaker, other: Speaker) -> None:
    fraud, churn, again = speaker.upload("fraud"), speaker.upload("churn"), speaker.upload("fraud")
    public = other.upload("fraud", visibility="public")
    hidden = other.upload("fraud", visibility="private")
    made = {number: speaker.version(number)["model_version"]["created_at"] for number in (fraud, churn, again, public)}
    named = {"model_id": {"_eq": "fraud"}}
    own = {"model": {"workspace": {"id": {"_eq": speaker.client.workspace_id}}}}

    assert found(speaker, None) == found(speaker, {}) == [fraud, churn, again, public]
    assert found(speaker, named, {"id": "desc"}) == [public, again, fraud]
    assert found(speaker, {"model_version": {"_eq": speaker.uuid(churn)}}) == [churn]
    assert found(speaker, {"_and": [named, own]}) == [fraud, again]
    assert found(speaker, {"_and": {**named, "id": {"_eq": str(fraud)}}}) == [fraud]
    by_name = {"model": {"workspace": {"name": {"_eq": workspace_name(speaker)}}}}
    assert found(speaker, by_name) == [fraud, churn, again]
    assert found(speaker, {"owner_id": {"_eq": other.mock.other_user.id}}) == [public]
    assert found(speaker, {"created_at": {"_gte": made[again]}}) == [again, public]
    assert found(speaker, {"created_at": {"_gte": made[churn], "_lte": made[again]}}) == [churn, again]
    order: list[dict[str, str]] = [{"model_id": "asc"}, {"created_at": "desc"}]
    assert found(speaker, None, *order) == [churn, public, again, fraud]
    assert hidden in found(other, None)


def test_a_moment_that_is_none_is_an_error(speaker: Speaker) -> None:
    speaker.upload("fraud")

    assert errors(speaker, '{ model(where: {created_at: {_gte: "yesterday"}}) { id } }')


@pytest.mark.parametrize("text", ["FRAUD", "model.on", "", "{uuid}", "{sha}"])
def test_a_text_is_searched_for_in_names_uuids_digests_and_file_names(speaker: Speaker, text: str) -> None:
    version_id = speaker.upload("fraud")
    info = speaker.version(version_id)["model_version"]["file_info"]
    text = text.format(uuid=info["version"][3:], sha=info["sha"][:9])
    search = "query ($text: String!) { search_models(args: {search: $text}, order_by: {created_at: desc}) { id } }"

    assert ask(speaker, search, text=text) == [{"id": version_id}]
    assert ask(speaker, search, text=f"{text} and more") == []


def test_only_what_the_caller_may_see_is_there(speaker: Speaker, other: Speaker) -> None:
    private, public = speaker.upload("secret"), speaker.upload("known", visibility="public")
    configs = [speaker.version(version_id)["config"]["id"] for version_id in (private, public)]
    models = [speaker.row(name)["model"]["id"] for name in ("secret", "known")]

    def seen(query: str, ids: list[int]) -> list[bool]:
        return [ask(other, query, id=number) is not None for number in ids]

    assert seen("query ($id: bigint!) { model_by_pk(id: $id) { id } }", [private, public]) == [False, True]
    assert seen("query ($id: bigint!) { model_config_by_pk(id: $id) { id } }", configs) == [False, True]
    assert seen(MODEL, models) == [False, True]
    assert ask(other, MODEL, id=models[1])["workspace"] is None
    assert ask(other, WORKSPACE, id=speaker.client.workspace_id) is None


@pytest.mark.parametrize("unknown", [0, -1, 987_654_321, 10**30, "no number", "", True], ids=str)
@pytest.mark.parametrize("query", [VERSION, CONFIG, WORKSPACE, MODEL], ids=["version", "config", "workspace", "model"])
def test_an_unknown_id_is_null(speaker: Speaker, query: str, unknown: Any) -> None:
    speaker.upload("fraud")

    assert ask(speaker, query, id=unknown) is None


def test_an_id_may_be_written_in_the_query_or_as_digits(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")

    assert ask(speaker, f"{{ model_by_pk(id: {version_id}) {{ id }} }}") == {"id": version_id}
    assert ask(speaker, "query ($id: bigint!) { model_by_pk(id: $id) { id } }", id=str(version_id)) == {
        "id": version_id
    }


@pytest.mark.parametrize("token", ["", "not-a-token", "expired"])
def test_no_query_without_a_good_token(speaker: Speaker, token: str) -> None:
    speaker.client.token = speaker.mock.expired_token if token == "expired" else token

    for query in (DEFAULT, get_introspection_query()):
        assert_refused(post(speaker, query), 401)


@pytest.mark.parametrize("body", [{}, {"query": None}, {"query": 7}, {"query": ""}, {"query": "{a}", "variables": []}])
def test_a_body_that_holds_no_query_is_refused(speaker: Speaker, body: dict[str, Any]) -> None:
    response = requests.post(f"{speaker.mock.url}/v1/graphql", json=body, headers=speaker.client.headers(), timeout=30)

    assert_refused(response, 400)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{", "Syntax Error"),
        ("{ no_such_field }", "no_such_field"),
        ("mutation { insert_workspace_one { id } }", "mutation"),
        ("query A { workspace { id } } query B { workspace { id } }", "operation"),
        ("{ workspace" * 4000, "nested too deeply"),
        ("query { workspace_by_pk(id: " + "[" * 4000, "nested too deeply"),
        ("{ " + "workspace { id } " * 4000 + "}", "tokens"),
        (VERSION, "$id"),
    ],
    ids=["cut", "field", "mutation", "two", "deep", "deep value", "long", "variable"],
)
def test_a_query_that_cant_be_run_is_an_error_and_no_more(speaker: Speaker, query: str, says: str) -> None:
    assert says in errors(speaker, query)
    assert ask(speaker, "{ workspace { id } }") == [{"id": speaker.client.workspace_id}]


def test_a_query_that_reaches_everything_many_times_over_is_broken_off(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "LARGEST_ANSWER", 20)
    for number in range(4):
        uploaded_id(speaker.send(f"model-{number}"))

    deep = "{ workspace { models { models { model { models { model { workspace { models { id } } } } } } } } }"

    assert "too many" in errors(speaker, deep)
    assert len(ask(speaker, "{ workspace { models { id } } }")[0]["models"]) == 4
