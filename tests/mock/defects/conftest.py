"""The right instance that proofs compare with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.mock.defects.probe import Prover


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    with Prover() as started:
        yield started
