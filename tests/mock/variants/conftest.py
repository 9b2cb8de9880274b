"""The usual instances that variants differ from, one a release."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.mock.defects.probe import Prover


@pytest.fixture(scope="module")
def prover(request: pytest.FixtureRequest) -> Iterator[Prover]:
    with Prover(getattr(request, "param", "2023.4")) as started:
        yield started
