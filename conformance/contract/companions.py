"""The calls beside the model endpoints, alike in all releases: workspaces, users, the older uploads, the token."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.contract.release import read_yaml
from conformance.contract.schemas import Schemas

_FILE = Path(__file__).parent / "companions.yaml"


@lru_cache(maxsize=1)
def companion_document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of these calls."""
    document: dict[str, Any] = read_yaml(_FILE)
    return document


@lru_cache(maxsize=1)
def companions() -> dict[str, str]:
    """The paths of these calls by name, `workspaces/list` and so on, each a POST."""
    paths = companion_document()["paths"]
    return {operations["post"]["operationId"]: path for path, operations in paths.items()}


@lru_cache(maxsize=1)
def companion_schemas() -> Schemas:
    """The schemas of their replies, by name."""
    return Schemas(companion_document())
