"""What is promised: a release's requirements, schemas and examples."""

from conformance.contract.release import (
    AUTO,
    DEFAULT_RELEASE,
    Release,
    contract_for,
    is_known_anywhere,
    load_release,
    release_ids,
)
from conformance.contract.requirement import (
    BASES,
    ENDPOINTS,
    LEVELS,
    PROFILES,
    Reading,
    Requirement,
)

__all__ = [
    "AUTO",
    "BASES",
    "DEFAULT_RELEASE",
    "ENDPOINTS",
    "LEVELS",
    "PROFILES",
    "Reading",
    "Release",
    "Requirement",
    "contract_for",
    "is_known_anywhere",
    "load_release",
    "release_ids",
]
