"""The manifest: an in-toto Statement that others read too, in a published form, held against the run's statement."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from jsonschema import Draft202012Validator

from conformance.bundle import manifest
from conformance.bundle.digests import FileDigest
from conformance.errors import ConformanceError


@pytest.fixture
def statement(made) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((made.folder / "statement.json").read_bytes())
    return loaded


def test_the_frameworks_own_bindings_read_it(made):
    message = json_format.ParseDict(made.read(), statement_pb2.Statement())
    Statement.copy_from_pb(message).validate()
    assert message.predicate_type == manifest.PREDICATE_TYPE
    assert {one.name for one in message.subject} >= {"statement.json", "exchanges.ndjson"}


def test_its_predicate_is_the_frameworks_test_result_with_our_fields_under_one_key(made):
    predicate = made.read()["predicate"]
    assert set(predicate) - {manifest.OWN} <= {
        field.json_name for field in test_result_pb2.TestResult.DESCRIPTOR.fields
    }
    message = json_format.ParseDict(predicate, test_result_pb2.TestResult(), ignore_unknown_fields=True)
    assert message.result == "PASSED"
    assert len(message.passed_tests) > 100
    assert [one.digest["sha256"] for one in message.configuration] == [
        predicate[manifest.OWN]["source_sha256"],
        predicate[manifest.OWN]["contract_sha256"],
    ]


def test_every_file_but_itself_is_a_subject_with_digest_and_size(made):
    content = made.read()
    sizes = content["predicate"][manifest.OWN]["sizes"]
    found = {one["name"]: FileDigest(one["digest"]["sha256"], sizes[one["name"]]) for one in content["subject"]}
    assert found == {p.name: FileDigest.of_file(p) for p in made.folder.iterdir() if p.name != manifest.FILE}


def test_two_manifests_of_one_run_differ_by_a_nonce_of_256_bits(made):
    nonce = made.read()["predicate"][manifest.OWN]["nonce"]
    assert len(bytes.fromhex(nonce)) == 32
    assert nonce != "0" * 64


def _places(schema: Any, where: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, inner in schema.get("properties", {}).items():
        found += [(f"{where}.{name}", inner), *_places(inner, f"{where}.{name}")]
    for inner in (schema.get("items"), *schema.get("anyOf", ())):
        if isinstance(inner, dict):
            found += _places(inner, where)
    return found


def test_the_schema_is_one_and_describes_every_field():
    Draft202012Validator.check_schema(manifest.schema())
    places = _places(manifest.schema())
    assert len(places) > 50
    assert [where for where, inner in places if not inner.get("description")] == []


def test_what_breaks_the_schema_is_never_written(made):
    content = made.read()
    content["predicate"]["result"] = "SPLENDID"
    with pytest.raises(ConformanceError, match=r"breaks manifest\.schema\.json at \$\.predicate\.result"):
        manifest.render(content)


@pytest.mark.parametrize("name", ["../statement.json", "a/b", "", ".hidden", "a\\b", "a\x00", "x" * 101])
def test_a_subject_is_a_plain_file_name(made, name):
    content = made.read()
    content["subject"][0]["name"] = name
    assert manifest.problem_of(content) is not None


def fail(statement: dict[str, Any], level: str, verdict: str = "failed") -> str:
    one = next(r for r in statement["requirements"] if r["level"] == level and r["verdict"] == "passed")
    one["verdict"] = verdict
    return str(one["id"])


def test_a_failed_must_is_failed(statement):
    name = fail(statement, "MUST")
    statement["verdict"], statement["exit_code"] = "not-conformant", 1
    found = manifest.outcome(statement)
    assert (found["result"], found["failedTests"]) == ("FAILED", [name])


@pytest.mark.parametrize("strict", [False, True])
def test_a_failed_should_is_a_warning_unless_strict(statement, strict):
    name = fail(statement, "SHOULD")
    statement["strict"] = strict
    if strict:
        statement["verdict"], statement["exit_code"] = "not-conformant", 1
    found = manifest.outcome(statement)
    assert found["result"] == ("FAILED" if strict else "WARNED")
    assert found["failedTests" if strict else "warnedTests"] == [name]


@pytest.mark.parametrize("code", [0, 1])
def test_what_is_waived_is_never_simply_passed(statement, code):
    name = fail(statement, "MUST", "waived")
    statement["verdict"], statement["exit_code"] = "conformant-with-waivers", code
    found = manifest.outcome(statement)
    assert (found["result"], found["warnedTests"], found["failedTests"]) == ("WARNED", [name], [])


@pytest.mark.parametrize("verdict", ["not-testable", "suite-error"])
def test_what_couldnt_be_judged_is_failed(statement, verdict):
    fail(statement, "MUST", "not-testable")
    statement["verdict"], statement["exit_code"] = verdict, 3
    assert manifest.outcome(statement)["result"] == "FAILED"


def test_what_isnt_scored_or_doesnt_apply_is_on_no_list(statement):
    statement["requirements"][0]["scored"] = False
    aside = {r["id"] for r in statement["requirements"] if not r["scored"] or r["verdict"] == "not-applicable"}
    assert len(aside) > 1
    found = manifest.outcome(statement)
    assert aside.isdisjoint(found["passedTests"] + found["warnedTests"] + found["failedTests"])
