"""Requests that nobody wrote down: schemathesis makes them of the contract, the same in each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.suite.arrow_corpus import load_corpus
from conformance.suite.context import SuiteContext
from conformance.suite.fuzzed_requests import Known
from conformance.suite.probes import UPLOAD
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded

if TYPE_CHECKING:
    from conformance.suite.fuzzing import Fuzzer

DOCUMENTED = 12
"""Documented requests to a reading endpoint. Ours."""

UPLOADS = 5
"""Documented uploads. Ours: each starts a conversion."""

ARBITRARY = 24
"""Requests to an endpoint that break the contract or name nothing. Ours."""

WALKS = 10
"""Walks along the contract's links. Ours."""


@pytest.fixture(scope="module")
def fuzzer(context: SuiteContext, onnx_upload: Uploaded, pytorch_upload: Uploaded) -> Fuzzer:
    """schemathesis, bound to this run; what it asks for exists, which these uploads have proven."""
    from conformance.suite.fuzzing import Fuzzer

    schemas = [entry.encoded for entry in load_corpus()]
    known = Known.of([onnx_upload, pytorch_upload], context.name("fuzzing", "fuzz"), context.onnx_model, schemas)
    return Fuzzer(context.session, context.release, known)


@requirement("fuzzing.replies-conform")
@pytest.mark.each_endpoint("probed")
def test_documented_requests_are_answered_as_documented(fuzzer: Fuzzer, endpoint: str) -> None:
    """Whatever documented request is sent, a success has the documented shape.

    Send generated requests that keep to the contract and name uploaded models, with any unknown keys beside.
    Expect some to be served, and each success to hold the fields that MUST be there.
    """
    fuzzer.documented(endpoint, examples=UPLOADS if endpoint == UPLOAD else DOCUMENTED)


@requirement("fuzzing.negative-data-refused-cleanly")
@pytest.mark.each_endpoint("probed")
def test_undocumented_requests_are_answered_cleanly(fuzzer: Fuzzer, endpoint: str) -> None:
    """Whatever request is sent, the reply is complete: a refusal with the envelope, or a success as documented.

    Send generated requests with missing and mistyped parameters, bytes that aren't JSON, and ids that nothing has.
    Expect the envelope in each refusal, and the documented shape in each success.
    """
    fuzzer.arbitrary(endpoint, examples=ARBITRARY)


@requirement("fuzzing.stateful-links")
def test_links_lead_to_the_same_model(fuzzer: Fuzzer) -> None:
    """What a reply names is found by the other endpoints, and is the same there.

    Walk along the contract's links: upload, list and read, each with the ids and names of an earlier reply.
    Expect each reading to be served, and to be about the model that was asked for.
    """
    fuzzer.linked(walks=WALKS)
