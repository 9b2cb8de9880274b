"""After a run: its own models are deleted where that can be, no others ever, and what is left is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.instance.models import Models
from conformance.mock import MockInstance
from conformance.report.findings import Cleaning
from conformance.running.assembly import Assembly
from conformance.running.cleaning import MAX_REFUSED
from conformance.settings import resolve
from tests.servers import Answer, serving

DELETE = load_release("2024.4").endpoints["delete_model"]
LIST = load_release("2024.4").endpoints["list"]
TOKEN = "a-token-that-nobody-may-see"
OTHERS = "somebody-elses-model"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockInstance]:
    with MockInstance(release="2024.4") as instance:
        yield instance


@contextmanager
def run_on(mock: MockInstance, **flags: Any) -> Iterator[Assembly]:
    """A run of the release that the instance is of, in the workspace of its user, before its end."""
    given = {"target": mock.url, "release": mock.release, "workspace_id": str(mock.workspace_id), **flags}
    settings = resolve(given, {})
    assembly = Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": mock.token})
    try:
        yield assembly
    finally:
        assembly.close()


def upload(assembly: Assembly, *names: str, workspace_id: int | None = None) -> None:
    for name in names:
        models = Models(assembly.context.session, workspace_id or assembly.context.workspace_id())
        assert models.upload(assembly.context.onnx_model, name=name).is_success


def own(assembly: Assembly, number: int) -> list[str]:
    return [assembly.context.name("a check", f"m{n}") for n in range(number)]


def names_in(assembly: Assembly, workspace_id: int) -> set[str]:
    reply = assembly.context.models(workspace_id=workspace_id).list(workspace_id)
    return {row["model"]["name"] for row in reply.json()["models"]}


def test_the_runs_models_go_and_all_others_stay(mock: MockInstance) -> None:
    with run_on(mock) as assembly:
        alike = f"conf-{assembly.run_id}x-near"
        spaced = f"  conf-{assembly.run_id}-spaced "
        upload(assembly, OTHERS, alike, spaced, *own(assembly, 3))
        before = names_in(assembly, mock.workspace_id)
        assert assembly.clean_up() == Cleaning(4)
        assert names_in(assembly, mock.workspace_id) == before - {spaced, *own(assembly, 3)}
        assert {OTHERS, alike} <= names_in(assembly, mock.workspace_id)


def test_other_workspaces_that_the_run_made_are_cleaned_too(mock: MockInstance) -> None:
    with run_on(mock, workspace_id=None) as assembly:
        upload(assembly, *own(assembly, 1))
        second = assembly.context.second_workspace_id()
        upload(assembly, *own(assembly, 2), workspace_id=second)
        assert assembly.clean_up() == Cleaning(3)
        assert names_in(assembly, second) == set()


def test_the_exchanges_are_recorded_apart_from_every_check(mock: MockInstance) -> None:
    with run_on(mock) as assembly:
        upload(assembly, *own(assembly, 1))
        before = len(assembly.recorder.exchanges)
        assembly.clean_up()
        after = assembly.recorder.exchanges[before:]
        assert {exchange.check for exchange in after} == {"cleaning"}
        assert len([x for x in after if x.request.path == DELETE]) == 1
        assert assembly.recorder.current_check is None


def test_asked_to_keep_them_it_only_counts_them(mock: MockInstance) -> None:
    with run_on(mock, keep_models=True) as assembly:
        upload(assembly, *own(assembly, 2))
        cleaning = assembly.clean_up()
        assert cleaning is not None
        assert {model.name for model in cleaning.left_behind} == set(own(assembly, 2))
        assert (cleaning.deleted, cleaning.reason) == (0, "kept as asked")
        assert not [x for x in assembly.recorder.exchanges if x.request.path == DELETE]


def test_a_release_that_cant_delete_says_so() -> None:
    with MockInstance() as older, run_on(older) as assembly:
        upload(assembly, *own(assembly, 2))
        cleaning = assembly.clean_up()
    assert cleaning is not None
    assert len(cleaning.left_behind) == 2
    assert cleaning.lines("0badcafe") == [
        "Left behind: 2 models, named conf-0badcafe-…; release 2023.4 has no call that deletes a model"
    ]


class Scripted:
    """A small instance that only lists and deletes, in the way that a test wants."""

    def __init__(self, by: str, *names: str) -> None:
        self.by = by
        self.models = dict(enumerate(names, 15))
        self.asked: list[str] = []
        """What it was asked to delete."""
        self.listed: Answer | None = None
        """What it answers to list in place of its models."""

    def __call__(self, path: str, body: bytes) -> Answer:
        if path == DELETE:
            named = json.loads(body)["model_id"]
            self.asked.append(named)
            gone = [n for n, name in self.models.items() if named == {"name": name, "id": str(n)}.get(self.by)]
            for number in gone:
                del self.models[number]
            status, reply = (200, {"bytes": 1}) if gone else (400, {"msg": "no", "code": 400})
            return status, "application/json", json.dumps(reply).encode()
        if path == LIST:
            rows = [{"model": {"id": number, "name": name}} for number, name in self.models.items()]
            return self.listed or (200, "application/json", json.dumps({"models": rows}).encode())
        return 404, "application/json", b'{"msg": "not found", "code": 404}'


def cleaned(instance: Scripted) -> Cleaning:
    """What becomes of its models; in their names, RUN stands for the run's id."""
    with serving(instance) as url:
        settings = resolve({"target": url, "release": "2024.4", "workspace_id": "1"}, {})
        assembly = Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": TOKEN})
        instance.models = {n: name.replace("RUN", assembly.run_id) for n, name in instance.models.items()}
        try:
            cleaning = assembly.clean_up()
        finally:
            assembly.close()
    assert cleaning is not None
    return cleaning


OWN = tuple(f"conf-RUN-m{n}" for n in range(5))


def test_where_a_name_is_refused_the_model_is_named_by_its_id() -> None:
    instance = Scripted("id", OTHERS, *OWN)
    assert cleaned(instance) == Cleaning(5)
    assert list(instance.models.values()) == [OTHERS]
    assert instance.asked[MAX_REFUSED:] == ["16", "17", "18", "19", "20"]


def test_where_both_are_refused_what_is_left_is_told_after_a_few_tries() -> None:
    instance = Scripted("neither", *OWN)
    cleaning = cleaned(instance)
    assert (cleaning.deleted, len(cleaning.left_behind), cleaning.reason) == (0, 5, "delete_model answered 400")
    assert len(instance.asked) == 2 * MAX_REFUSED


def test_a_success_that_deletes_nothing_is_seen_by_the_list() -> None:
    class Lying(Scripted):
        def __call__(self, path: str, body: bytes) -> Answer:
            return (200, "application/json", b'{"bytes": 9}') if path == DELETE else super().__call__(path, body)

    cleaning = cleaned(Lying("name", *OWN))
    assert (cleaning.deleted, len(cleaning.left_behind)) == (0, 5)


def test_what_is_left_is_named_without_secrets() -> None:
    instance = Scripted("neither", f"conf-RUN-{TOKEN}")
    (model,) = cleaned(instance).left_behind
    assert TOKEN not in model.name
    assert model.name.endswith("-[redacted]")


def test_an_id_that_is_another_models_name_is_never_sent() -> None:
    """Named by its id, the run's model would take somebody else's of that name along."""
    instance = Scripted("neither", "conf-RUN-m", "15")
    cleaning = cleaned(instance)
    assert [model.id for model in cleaning.left_behind] == [15]
    assert "15" not in instance.asked
    assert len(instance.asked) == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((500, "application/json", b'{"msg": "no", "code": 500}'), "list answered 500"),
        ((200, "text/html", b"<h1>Sign in</h1>"), "with no JSON"),
    ],
)
def test_an_instance_that_can_no_longer_be_looked_at_is_no_error(reply: Answer, reason: str) -> None:
    instance = Scripted("name", *OWN)
    instance.listed = reply
    (line,) = cleaned(instance).lines("0badcafe")
    assert instance.asked == []
    assert line.startswith("Left behind: perhaps models named conf-0badcafe-…; the instance can't be asked: ")
    assert reason in line


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b'{"models": 7}', b'{"models": [null, 3, {"model": null}, {"model": {"name": 3}}]}']
)
def test_a_list_of_no_shape_leaves_nothing_to_delete(body: bytes) -> None:
    instance = Scripted("name", *OWN)
    instance.listed = (200, "application/json", body)
    cleaning = cleaned(instance)
    assert (cleaning, instance.asked) == (Cleaning(0), [])
    assert cleaning.lines("0badcafe") == []


def test_the_embedded_instance_goes_with_its_models() -> None:
    assembly = Assembly.make(resolve({"release": "2024.4"}, {}), {})
    try:
        assembly.context.workspace_id()
        assert assembly.clean_up() is None
    finally:
        assembly.close()


def test_nothing_is_sent_where_no_workspace_was_had(mock: MockInstance) -> None:
    with run_on(mock, workspace_id=None) as assembly:
        assert assembly.clean_up() is None
        assert assembly.recorder.exchanges == []
