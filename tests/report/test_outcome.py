"""A check's outcome survives its way through JSON, and refuses what isn't one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.outcome import CHECK_VERDICTS, CheckOutcome

text = st.text(max_size=30)
optional = st.none() | text
texts = st.lists(text, max_size=3).map(tuple)
outcomes = st.builds(
    CheckOutcome,
    nodeid=text,
    requirements=texts,
    verdict=st.sampled_from(CHECK_VERDICTS),
    expected=optional,
    actual=optional,
    reason=optional,
    exchanges=texts,
    seconds=st.floats(0, 1e6),
    reading=optional,
    curl=optional,
    title=text,
    observations=texts,
    process=text,
    turn=st.integers(0, 9),
    decisive=optional,
    path=optional,
    wanted=optional,
)
FULL = CheckOutcome(
    "t.py::t",
    ("a.b",),
    "failed",
    "E",
    "A",
    "R",
    ("x1",),
    1.5,
    "one",
    "curl S",
    "T",
    ("reading: two", "seen S"),
)


@given(outcomes)
def test_json_keeps_every_field(outcome: CheckOutcome) -> None:
    assert CheckOutcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        pytest.param({"verdict": "waived"}, "waived", id="verdict-of-a-requirement"),
        pytest.param({"requirements": "upload.id"}, "requirements", id="a-string-for-a-list"),
        pytest.param({"exchanges": [1]}, "exchanges", id="a-number-in-a-list"),
        pytest.param({"seconds": None}, "can't be read", id="null-seconds"),
    ],
)
def test_damaged_json_is_refused_by_name(damage: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        CheckOutcome.from_json({**FULL.to_json(), **damage})


@pytest.mark.parametrize("field", ["nodeid", "verdict"])
def test_a_missing_field_is_named(field: str) -> None:
    data = FULL.to_json()
    del data[field]
    with pytest.raises(ValueError, match=field):
        CheckOutcome.from_json(data)


def test_readings_come_from_the_field_and_the_observations() -> None:
    assert FULL.readings == ("one", "two")
    assert replace(FULL, observations=("reading: one",)).readings == ("one",)


def test_redaction_reaches_every_text_that_may_quote_the_instance() -> None:
    secret = "s3cr3t"
    told = replace(
        FULL,
        expected=secret,
        actual=secret,
        reason=secret,
        reading=secret,
        curl=secret,
        observations=(secret,),
        path=secret,
        wanted=secret,
    )
    assert secret not in json.dumps(told.redacted(lambda said: said.replace(secret, "[redacted]")).to_json())
    assert replace(FULL, reason=None).redacted(str.upper).reason is None
