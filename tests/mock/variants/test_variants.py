"""Each healthy variant starts, differs from the usual instance, and still says what the contract describes."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest

from conformance.contract import load_release, release_ids
from conformance.errors import UsageError
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.observations import documented
from conformance.mock.server import MockInstance
from conformance.mock.variants import behaviour_for, catalogue

OLDEST, NEWEST = release_ids()[0], release_ids()[-1]
ANSWERS_LATER = {"gateway.throttled"}
ASKS_OTHERWISE = {
    "get.by-model-id": {"get"},
    "config.by-model-id": {"get_config_by_id"},
    "deletion.by-number": {"delete_model"},
}


def variants(*releases: str, but: Collection[str] = ()) -> list:
    """The variants of these releases, some of them left out."""
    return [
        pytest.param(name, variant, id=f"{name}-{variant.id}")
        for name in releases
        for variant in catalogue(name).values()
        if variant.id not in but
    ]


@pytest.mark.parametrize(("prover", "variant"), variants(OLDEST, NEWEST), indirect=["prover"])
def test_a_variant_differs_from_the_usual_instance(prover, variant):
    assert re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", variant.id)
    assert re.fullmatch(r"\S.*\S\.", variant.says)
    assert set(variant.untestable) <= set(load_release(prover.release).requirements)
    assert prover.look(variant.behaviour(), variant.look) != prover.right(variant.look)


@pytest.mark.parametrize(("release", "variant"), variants(*release_ids(), but=ANSWERS_LATER))
def test_a_variants_replies_are_as_the_contract_describes_them(release, variant):
    schemas = load_release(release).schemas
    with MockInstance(behaviour=variant.behaviour(), release=release) as mock:
        client = Client(mock, "healthy")
        for endpoint in schemas.endpoints:
            if endpoint in ASKS_OTHERWISE.get(variant.id, ()):
                continue
            answer = documented(client, endpoint)
            assert answer.status in (200, 202)
            body = answer.body
            if answer.headers.get("content-encoding") is None:
                assert schemas.violations(endpoint, body, answer.status) == []
        client.close()


def test_every_variant_is_one_of_the_oldest_or_of_the_newest_release():
    ends = {*catalogue(OLDEST), *catalogue(NEWEST)}
    assert all(set(catalogue(name)) <= ends for name in release_ids())


def test_several_variants_at_once():
    behaviour = behaviour_for(["transport.chunked", "fields.more", "times.z"])
    with MockInstance(behaviour=behaviour) as mock:
        client = Client(mock, "several")
        sent = client.upload()
        row = client.list().at("models", 0)
        assert row["name"] == sent.name
        assert row["created_at"].endswith("Z")
        assert "arch" in row
        client.close()


def test_an_unknown_variant_is_refused_with_near_ones():
    with pytest.raises(UsageError, match=r"has no variant 'times\.y': did you mean times\.z"):
        behaviour_for(["times.y"])
    assert type(behaviour_for([])) is Behaviour


@pytest.mark.parametrize(
    "ids",
    [("neighbours.busy", "transport.upper-case-headers"), ("neighbours.alike", "gateway.401")],
    ids=lambda ids: ids[0],
)
def test_others_in_the_workspace_leave_ones_own_models_alone(ids):
    with MockInstance(behaviour=behaviour_for(ids)) as mock:
        client = Client(mock, "crowd")
        older, newer = client.twice()
        assert [row["sha"] for row in client.versions(older)] == [newer.sha256, older.sha256]
        client.close()
