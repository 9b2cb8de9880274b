"""An embedded instance, and a client for each of its two users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.mock import MockInstance

from .client import Client


@pytest.fixture
def mock() -> Iterator[MockInstance]:
    """A fresh instance that keeps nothing and converts without delay."""
    with MockInstance(step_delay=0) as instance:
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
