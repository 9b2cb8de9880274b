"""What holds of the API as a whole: its own documentation page, and how replies are labelled."""

from __future__ import annotations

import pytest

from conformance.suite.assertions import assert_success, describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.probes import Probes
from conformance.suite.requirement import requirement

DOCS_PATH = "/v1/api/docs"
"""Source: documentation, References."""


@requirement("api.docs-page")
def test_documentation_page_is_served(context: SuiteContext) -> None:
    """The instance serves a Swagger UI page.

    Get `/v1/api/docs`.
    Expect an HTML page that loads Swagger UI.
    """
    reply = context.session.request("GET", DOCS_PATH)
    assert_success(reply, what=DOCS_PATH)
    expect(
        _media_type(reply.headers.get("Content-Type")) == "text/html" and "swagger" in reply.text.lower(),
        expected=f"{DOCS_PATH} is an HTML page with Swagger UI",
        actual=f"Content-Type {reply.headers.get('Content-Type')!r}, {describe(reply)}",
        replies=[reply],
    )


@requirement("api.json-content-type")
@pytest.mark.each_endpoint("probed")
def test_successful_reply_is_labelled_json(endpoint: str, probes: Probes) -> None:
    """A successful reply is labelled `application/json`.

    Send a request that succeeds.
    Expect the media type of its Content-Type.
    """
    reply = probes.accepted(endpoint)
    label = reply.headers.get("Content-Type")
    expect(
        _media_type(label) == "application/json",
        expected=f"{endpoint} labels its reply application/json",
        actual=f"Content-Type is {label!r}" if label else "it has no Content-Type",
        replies=[reply],
    )


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
