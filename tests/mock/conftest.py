"""An embedded instance, and a client for each of its two users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.contract import release_ids
from conformance.mock import MockInstance

from .client import Client


@pytest.fixture
def mock() -> Iterator[MockInstance]:
    """A fresh instance that keeps nothing and converts without delay."""
    with MockInstance(step_delay=0) as instance:
        yield instance


@pytest.fixture(params=release_ids())
def spoken(request: pytest.FixtureRequest) -> Iterator[MockInstance]:
    """A fresh instance of each release."""
    with MockInstance(step_delay=0, release=request.param) as instance:
        yield instance


@pytest.fixture
def newest() -> Iterator[MockInstance]:
    """A fresh instance of the newest release, which has every endpoint."""
    with MockInstance(step_delay=0, release=release_ids()[-1]) as instance:
        yield instance


@pytest.fixture
def client(mock: MockInstance) -> Client:
    """The first user, in their own workspace."""
    return Client(mock, mock.token, mock.workspace_id)


@pytest.fixture
def other(mock: MockInstance) -> Client:
    """The second user, in their own workspace."""
    return Client(mock, mock.other_token, mock.other_workspace_id)


@pytest.fixture
def mock_accounts(mock: MockInstance) -> tuple[str, str, str, str]:
    """Id and username of the first user, then of the second."""
    return mock.user.id, mock.user.username, mock.other_user.id, mock.other_user.username
