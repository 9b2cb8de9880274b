"""Two instances for the tests that execute what we deploy: one that keeps its promises, one that doesn't."""

from __future__ import annotations

import pytest

from conformance.mock import MockInstance
from conformance.mock.defects import behaviour_for


@pytest.fixture(scope="module")
def instance():
    with MockInstance() as mock:
        yield mock


@pytest.fixture(scope="module")
def wrong_instance():
    with MockInstance(behaviour=behaviour_for(["upload.file-name.shortened"])) as mock:
        yield mock
