"""Which release a reply is of, and what makes it not another."""

from __future__ import annotations

import copy

import pytest

from conformance.contract import load_release, release_ids
from conformance.contract.fitting import Fit, combined, fit, fits


def _example(release: str, endpoint: str):
    return next(e.body for e in load_release(release).examples if e.endpoint == endpoint)


def _fitting(endpoint: str, body) -> list[str]:
    return [one.release for one in fits(endpoint, body) if one.fits]


def test_a_flat_list_is_of_2023_4_alone_and_the_fields_say_why() -> None:
    body = _example("2023.4", "list")
    assert _fitting("list", body) == ["2023.4"]
    nested = fit(load_release("2024.1"), "list", body)
    assert "models[0].model: missing" in nested.lacks
    assert any(line.startswith("models[0].id: only 2023.4") for line in nested.beyond) or any(
        line.startswith("models[1].id: only 2023.4") for line in nested.beyond
    )


def test_a_nested_list_of_2024_1_fits_what_adds_optional_fields_only() -> None:
    body = _example("2024.1", "list")
    assert _fitting("list", body) == ["2024.1", "2024.4"]
    later = fit(load_release("2025.2"), "list", body)
    assert "models[0].model_versions[0].model_version.error_summary: missing" in later.lacks
    older = fit(load_release("2023.4"), "list", body)
    assert {"models[0].id: missing", "models[0].owner_id: missing"} <= set(older.lacks)


def test_fields_that_came_later_speak_against_an_older_release() -> None:
    body = _example("2025.2", "list")
    assert _fitting("list", body) == ["2025.2", "2026.1"]
    older = fit(load_release("2024.4"), "list", body)
    assert older.lacks == ()
    told = " ".join(older.beyond)
    for field in ("error_summary", "queue_depth", "openai", "continuous_batching_config"):
        assert field in told


def test_a_field_that_no_release_describes_speaks_against_none() -> None:
    body = copy.deepcopy(_example("2023.4", "list"))
    body["models"][0]["colour"] = "red"
    body["next"] = None
    assert _fitting("list", body) == ["2023.4"]


def test_an_endpoint_that_a_release_lacks_is_its_difference() -> None:
    one = fit(load_release("2024.4"), "get_upload_logs", {"logs": []})
    assert one.differences == ("the release has no endpoint get_upload_logs",)
    assert _fitting("get_upload_logs", {"logs": []}) == ["2025.2", "2026.1"]


def test_a_refusal_fits_every_release_that_has_the_endpoint() -> None:
    refusal = {"msg": "The provided model id was not found.", "code": 400}
    assert [one.release for one in fits("get", refusal, 400) if one.fits] == list(release_ids())


@pytest.mark.parametrize("body", [None, [], "text", {"models": [[[]]]}, {"models": [{"model": 7}]}])
def test_bodies_of_no_shape_are_judged_without_an_exception(body: object) -> None:
    assert not any(one.fits for one in fits("list", body))


def test_a_deep_body_is_judged_without_an_exception() -> None:
    body: list = []
    for _ in range(2000):
        body = [body]
    assert not any(one.fits for one in fits("list", {"models": body}))


def test_several_replies_together_have_all_their_differences() -> None:
    both = combined([Fit("2023.4", ("a",), ()), Fit("2023.4", ("b",), ("c",))])
    assert both.differences == ("a", "b", "c")
    assert not both.fits
