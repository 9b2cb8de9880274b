"""The names of our environment variables, which all begin alike."""

from __future__ import annotations

ENVIRONMENT_PREFIX = "WALLAROO_CONFORMANCE_"


def variable(name: str) -> str:
    """The whole name of a variable, such as `WALLAROO_CONFORMANCE_TOKEN` of `TOKEN`."""
    return ENVIRONMENT_PREFIX + name
