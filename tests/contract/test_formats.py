"""Digests, UUIDs, timestamps, ids and statuses are judged by their form."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.schemas import Violation

from .samples import (
    BAD_SHAS,
    BAD_TIMESTAMPS,
    BAD_UUIDS,
    GOOD_TIMESTAMPS,
    NO_SUCH_DAY,
    REPLIES,
    SCHEMAS,
    UUID,
    one,
)


@pytest.mark.parametrize("value", GOOD_TIMESTAMPS)
def test_rfc_3339_with_up_to_six_fraction_digits_is_a_timestamp(value: str) -> None:
    assert one("list", ("models", 0, "created_at"), value) == []


@pytest.mark.parametrize("value", BAD_TIMESTAMPS, ids=repr)
def test_anything_else_is_no_timestamp(value: str) -> None:
    (violation,) = one("list", ("models", 0, "created_at"), value)
    assert violation.path == "models[0].created_at"
    assert violation.message.endswith("doesn't match an RFC 3339 timestamp with at most 6 fraction digits")


def test_the_date_time_format_is_really_checked() -> None:
    """The pattern admits the 30th of February: only a format check that is switched on refuses it."""
    (violation,) = one("get", ("created_at",), NO_SUCH_DAY)
    assert violation.keyword == "format"
    assert not SCHEMAS.is_valid("get", REPLIES["get"] | {"created_at": NO_SUCH_DAY})


@pytest.mark.parametrize("value", ['""', UUID, UUID.upper()])
def test_an_owner_is_two_quotation_marks_or_a_uuid(value: str) -> None:
    assert one("list_versions", (0, "owner_id"), value) == []


@pytest.mark.parametrize("value", [*BAD_UUIDS, "''", "user@example.com"], ids=repr)
def test_no_other_string_is_an_owner(value: str) -> None:
    (violation,) = one("list_versions", (1, "owner_id"), value)
    assert violation.path == "[1].owner_id"
    assert violation.message == f'is {value!r}, but should be the two characters "" or a UUID'


@pytest.mark.parametrize("value", BAD_UUIDS, ids=repr)
def test_a_version_is_named_by_a_uuid(value: str) -> None:
    (violation,) = one("get", ("models", 0, "model_version"), value)
    assert violation == Violation(
        "models[0].model_version", "models[].model_version", f"{value!r} doesn't match a UUID", "pattern"
    )


@pytest.mark.parametrize("value", BAD_SHAS, ids=repr)
def test_a_sha_is_64_lower_case_hexadecimal_digits(value: str) -> None:
    (violation,) = one("list_versions", (0, "sha"), value)
    assert violation.pointer == "[].sha"
    assert violation.message.endswith("doesn't match 64 lower-case hexadecimal digits")


@pytest.mark.parametrize("value", [0, -1, True, False, 1.5, "15", None, [15]], ids=repr)
def test_an_id_is_a_positive_integer(value: Any) -> None:
    (violation,) = one("get_by_id", ("id",), value)
    assert violation.path == "id"


@pytest.mark.parametrize("value", [1, 2**31, 2**63, 2**64, 10**30], ids=str)
def test_an_id_has_no_upper_bound(value: int) -> None:
    assert one("get_by_id", ("id",), value) == []


@pytest.mark.parametrize("value", [None, [], ["dense_1", "x"], {}, {"a": 1}], ids=repr)
@pytest.mark.parametrize("endpoint", ["get_by_id", "get_config_by_id"])
def test_tensor_fields_are_null_names_or_an_object(endpoint: str, value: Any) -> None:
    assert one(endpoint, ("model_config", "tensor_fields"), value) == []


@pytest.mark.parametrize("status", ["ready", "error", "uploading", "pending_load_native", None])
def test_a_listed_version_may_have_a_status(status: str | None) -> None:
    assert one("list_versions", (0, "status"), status) == []


def test_a_status_is_one_of_the_clients() -> None:
    (violation,) = one("list_versions", (0, "status"), "READY")
    assert violation.message == (
        "is 'READY', but should be one of 'uploading', 'pending_load_native', 'attempting_load_native', "
        "'pending_load_container', 'attempting_load_container', 'ready', 'error' or null"
    )
