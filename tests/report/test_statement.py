"""`statement.json` matches its published schema, whatever the run, and says what was judged."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.errors import ConformanceError
from conformance.report import ExchangesFile, statement

FILE = ExchangesFile("exchanges.ndjson", "a" * 64, 2)
REQUIRED = [pytest.param((), key, id=key) for key in statement.schema()["required"]] + [
    pytest.param((name,), key, id=f"{name}.{key}")
    for name in ("suite", "run", "counts")
    for key in statement.schema()["properties"][name]["required"]
]


@pytest.fixture
def run(sample: Any) -> Any:
    ambiguous = sample.requirement("list.id", interpretation=(sample.reading("model id", "the table"),))
    checks = [
        sample.check("failed", "upload.id", name="test_b", expected="a number", actual='"15"', exchanges=("x1",)),
        sample.check("passed", "list.id", name="test_a", observations=("reading: model id",), seconds=0.12345),
    ]
    requirements = [sample.requirement("upload.id"), ambiguous, sample.requirement("get.id", profile="full")]
    return sample.run(requirements, checks, workspace_id=12, exchanges=[sample.exchange("x1")])


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(statement.schema())


def test_a_statement_says_what_was_judged(run: Any) -> None:
    said = json.loads(statement.render(run, FILE))
    assert list(said) == list(statement.schema()["properties"])
    assert (said["verdict"], said["exit_code"]) == ("not-conformant", 1)
    assert (said["release"], said["profile"], said["workspace_id"]) == ("2023.4", "core", 12)
    assert said["requirements"][0] == {
        "id": "upload.id",
        "level": "MUST",
        "basis": "documented",
        "verdict": "failed",
        "scored": True,
        "reason": 'expected a number, got "15"',
        "checks": ["test_upload.py::test_b"],
    }
    assert said["requirements"][2]["verdict"] == "not-applicable"
    assert said["readings"] == [{"requirement": "list.id", "reading": "model id", "says": "the table"}]
    assert said["exchanges"] == {"file": "exchanges.ndjson", "sha256": "a" * 64, "count": 2}
    assert said["counts"]["MUST"] == {
        "passed": 1,
        "failed": 1,
        "waived": 0,
        "not-testable": 0,
        "inconclusive": 0,
        "not-applicable": 1,
    }


def test_what_a_run_found_out_beside_its_checks_is_said(sample: Any) -> None:
    requirements = [sample.requirement("upload.id"), sample.requirement("z.later", scored=False)]
    said = json.loads(statement.render(sample.run(requirements, [], **sample.found())))
    assert said["format"] == 3
    assert said["identification"] == {
        "how": "found",
        "reasons": ["list is nested", "created_on_version is 2025.2.1"],
        "differences": {"2024.4": ["list is nested"]},
    }
    assert said["openapi"]["sha256"] == "d" * 64
    assert said["openapi"]["differences"][2] == {
        "kind": "type",
        "path": "/v1/api/models/list",
        "place": "response",
        "field": "models[].list is nested",
        "contract": ["string"],
        "document": ["string", "null"],
    }
    assert said["cleaning"] == {
        "deleted": 61,
        "left_behind": [{"id": 15, "name": "list is nested", "workspace_id": 7}],
        "reason": "list is nested answered 500",
    }
    assert [requirement["scored"] for requirement in said["requirements"]] == [True, False]


def test_what_a_run_had_no_reason_to_find_out_is_null(run: Any) -> None:
    said = json.loads(statement.render(run))
    assert [said[name] for name in ("identification", "openapi", "cleaning")] == [None, None, None]


def test_the_same_run_reads_the_same_in_any_order_of_checks(sample: Any) -> None:
    requirements = [sample.requirement("upload.id")]
    checks = [sample.check("passed", "upload.id", name=name) for name in ("test_a", "test_b", "test_c")]
    assert statement.render(sample.run(requirements, checks)) == statement.render(
        sample.run(requirements, checks[::-1])
    )


@pytest.mark.parametrize("found", ["passed", "failed", "not-testable", "error", "not-applicable"])
def test_every_kind_of_run_matches_the_schema(sample: Any, found: str) -> None:
    run = sample.run([sample.requirement("upload.id")], [sample.check(found, "upload.id")])
    statement.validate(json.loads(statement.render(run)))


def test_hostile_text_stays_text(sample: Any) -> None:
    said = json.loads(statement.render(sample.hostile_run()))
    failed = next(check for check in said["checks"] if check["verdict"] == "failed")
    assert failed["actual"] == sample.hostile


@pytest.mark.parametrize(("path", "key"), REQUIRED)
def test_the_schema_misses_each_required_field(run: Any, path: tuple[str, ...], key: str) -> None:
    damaged = deepcopy(statement.build(run, FILE))
    place = damaged
    for step in path:
        place = place[step]
    del place[key]
    with pytest.raises(ConformanceError, match=key):
        statement.validate(damaged)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"exit_code": 0}, r"\$", id="exit-code-against-the-verdict"),
        pytest.param({"verdict": "fine"}, r"\$\.verdict", id="unknown-verdict"),
        pytest.param({"workspace_id": "12"}, r"\$\.workspace_id", id="workspace-as-text"),
        pytest.param({"extra": 1}, r"\$", id="unknown-field"),
        pytest.param({"exchanges": {"file": "x", "sha256": "A" * 64, "count": 1}}, r"exchanges", id="digest"),
    ],
)
def test_the_schema_refuses_what_is_wrong(run: Any, change: dict[str, Any], where: str) -> None:
    with pytest.raises(ConformanceError, match=where):
        statement.validate({**statement.build(run, FILE), **change})


def test_a_statement_that_breaks_the_schema_is_not_written(sample: Any) -> None:
    run = sample.run([sample.requirement("upload.id", level="OUGHT")], [])
    with pytest.raises(ConformanceError, match=r"requirements\[0\]\.level"):
        statement.render(run)
