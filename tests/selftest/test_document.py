"""`kill-matrix.json`: in its published format, with the score and what keeps the gate shut."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from conformance.errors import ConformanceError
from conformance.selftest.document import build, render, schema, validate


def test_the_schema_is_one():
    Draft202012Validator.check_schema(schema())


def test_the_document_keeps_its_schema_and_says_what_was_found(made):
    document = json.loads(render(made()))
    validate(document)
    assert document["passed"] is True
    assert document["lines"] == [
        "kill score 1/1 (100 %), each for its own reason; 0 survivors",
        "0 false alarms over 1 healthy variant",
        "1 null target, 1 run: 1 ended as they must",
    ]
    (defect,) = document["defects"]
    assert defect["killed_by"] == {"list.requires-token": "expected a refusal, got 200"}
    assert defect["evidence"] == "200 (rightly: 401)"
    rows = {row["id"]: row for row in document["requirements"]}
    assert rows["list.requires-token"]["alone_catches"] == ["list.open"]


def test_a_survivor_a_false_alarm_and_a_bad_end_each_shut_the_gate(made):
    assert made().problems == ()
    assert made(failed={}).problems == ("defect list.open: survived: list.requires-token was not run",)
    (alarm,) = made(alarms={"list.models": "gone"}).problems
    assert alarm == "variant owner.uuid: list.models failed: gone"
    (null,) = made().null_targets
    (bad_end,) = made(null_targets=(replace(null, problems=("the MUST list.models passed",)),)).problems
    assert bad_end == "null target silent, workspace given, release 2023.4: the MUST list.models passed"


def test_what_no_defect_exercises_shuts_the_gate(made):
    found = made()
    missing = replace(found, score=replace(found.score, unexercised=("list.models",)))
    assert missing.problems == ("requirement list.models: no defect exercises it",)
    assert build(missing)["passed"] is False


def test_a_part_that_was_not_run_is_null(made):
    document = json.loads(render(made(defects=None, variants=None, null_targets=None, requirements=())))
    assert document["defects"] is document["variants"] is document["null_targets"] is None
    assert document["lines"] == []


def test_a_document_that_breaks_the_format_is_refused(made):
    document = build(made())
    document["defects"][0]["verdict"] = "maybe"
    with pytest.raises(ConformanceError, match=r"kill-matrix.schema.json at \$.defects\[0\].verdict"):
        validate(document)
