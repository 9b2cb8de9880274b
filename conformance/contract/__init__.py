"""What is promised: a release's requirements, schemas and examples."""

from conformance.contract.release import DEFAULT_RELEASE, Release, load_release, release_ids
from conformance.contract.requirement import (
    BASES,
    ENDPOINTS,
    LEVELS,
    PROFILES,
    Reading,
    Requirement,
)

__all__ = [
    "BASES",
    "DEFAULT_RELEASE",
    "ENDPOINTS",
    "LEVELS",
    "PROFILES",
    "Reading",
    "Release",
    "Requirement",
    "load_release",
    "release_ids",
]
