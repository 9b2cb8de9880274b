"""Which releases a defect or a variant fits."""

from __future__ import annotations

from conformance.contract import release_ids
from conformance.errors import UsageError


def fits(release_id: str, since: str, until: str | None) -> bool:
    """Whether a release is one of those from `since` to `until`, None for the newest.

    Raises UsageError for a release without a contract.
    """
    known = release_ids()
    for name in (release_id, since, *([until] if until else [])):
        if name not in known:
            raise UsageError(f"no contract for release {name!r}; known: {', '.join(known)}")
    return known.index(since) <= known.index(release_id) <= known.index(until or known[-1])
