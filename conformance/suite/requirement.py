"""The marker that ties a check to the promises that it tests."""

from __future__ import annotations

import pytest


def requirement(*ids: str) -> pytest.MarkDecorator:
    """Mark a check with the ids of the requirements that it tests, as they stand in `requirements.yaml`."""
    return pytest.mark.requirement(*ids)
