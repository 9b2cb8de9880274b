"""Timestamps as instants, and the instance's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from conformance.errors import NotTestable
from conformance.evidence.exchange import Exchange, Request, Response
from conformance.evidence.recorder import Recorder
from conformance.instance.reply import Reply
from conformance.suite.times import clock_of, instant

DOCUMENTED = "2023-11-29T18:20:39.610964+00:00"


def answered(headers: dict[str, str]) -> Reply:
    pairs = list(headers.items())
    response = Response.of(200, "OK", pairs, b"{}")
    exchange = Exchange("main-00001", None, None, "", 0.0, Request("POST", "/", []), response, None)
    return Reply(exchange, b"{}", CaseInsensitiveDict(headers), Recorder())


@pytest.mark.parametrize(
    "same",
    [
        "2023-11-29T18:20:39.610964Z",
        "2023-11-29T23:50:39.610964+05:30",
        "2023-11-29T10:20:39.610964-08:00",
        "2023-11-30T00:20:39.610964+06:00",
    ],
)
def test_offsets_name_the_same_instant(same):
    assert instant(same, what="it") == instant(DOCUMENTED, what="it")


@pytest.mark.parametrize("fraction", ["", ".6", ".61", ".610964", ".610964001"])
def test_any_number_of_fraction_digits_is_read(fraction):
    read = instant(f"2023-11-29T18:20:39{fraction}Z", what="it")
    assert read == datetime(2023, 11, 29, 18, 20, 39, int(fraction[1:7].ljust(6, "0")), UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1701282039,
        "",
        "2023-11-29",
        "2023-11-29 18:20:39+00:00",
        "2023-11-29T18:20:39",
        "20231129T182039Z",
        "2023-13-29T18:20:39Z",
        "2023-11-29T25:20:39Z",
        "2023-11-29T18:20:39+25:00",
        "2023-11-29T18:20:39Z\n",
        "\uff12023-11-29T18:20:39Z",
    ],
)
def test_what_is_no_rfc_3339_time_is_not_testable(value):
    with pytest.raises(NotTestable, match="needs updated_at as"):
        instant(value, what="updated_at")


def test_times_at_the_ends_of_the_calendar_compare():
    assert instant("0001-01-01T00:00:00+14:00", what="it") < instant("9999-12-31T23:59:59-12:00", what="it")


def test_the_clock_is_the_replys_date():
    assert clock_of(answered({"date": "Wed, 29 Nov 2023 18:20:39 GMT"})) == datetime(
        2023, 11, 29, 18, 20, 39, tzinfo=UTC
    )


@pytest.mark.parametrize("headers", [{}, {"Date": "now"}, {"Date": ""}], ids=["absent", "no date", "empty"])
def test_a_reply_without_a_date_has_no_clock(headers):
    with pytest.raises(NotTestable, match="the instance's own clock"):
        clock_of(answered(headers))
