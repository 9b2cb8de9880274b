"""How a release's folder is laid over the one that it extends, so that a promise of both is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.errors import UsageError

WHOLE = ("id", "level", "basis", "text", "source", "endpoint", "profile")
"""What an entry of its own has; an entry under `changed` has its id and whatever changes."""


def merged(base: Any, patch: Any) -> Any:
    """`base` under a JSON Merge Patch: objects are merged, null removes, all else replaces. Source: RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(base) if isinstance(base, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def laid_over(base: Sequence[Mapping[str, Any]], overlay: Mapping[str, Any], release: str) -> list[dict[str, Any]]:
    """The entries of a release's `requirements.yaml` over those that it extends, in the older one's order.

    `capped` lowers a whole endpoint, which no page documents any more, but for the ids `spared`; `changed` replaces an
    entry's keys, `dropped` maps ids to the reason, `requirements` adds entries; one with `after` stands behind that id.
    Raises UsageError for an id that isn't there, or already is.
    """
    dropped, changes = overlay.get("dropped", {}), {entry["id"]: entry for entry in overlay.get("changed", ())}
    known = {entry["id"] for entry in base}
    for name in (*dropped, *changes):
        if name not in known:
            raise UsageError(f"the contract of {release} changes {name}, which the release before doesn't have")
    kept = [_capped(entry, overlay.get("capped", ())) for entry in base if entry["id"] not in dropped]
    entries = [{**entry, **changes.get(entry["id"], {})} for entry in kept]
    for entry in overlay.get("requirements", ()):
        if any(entry["id"] == other["id"] for other in entries):
            raise UsageError(f"requirement {entry['id']} stands twice in the contract of {release}")
        _insert(entries, dict(entry), release)
    return entries


def _capped(entry: Mapping[str, Any], caps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    for cap in caps:
        applies = entry["endpoint"] in cap["endpoints"] and entry["id"] not in cap.get("spared", ())
        if applies and entry["level"] == "MUST":
            return {**entry, "level": "SHOULD", "basis": cap["basis"], "source": f"{cap['source']}; {entry['source']}"}
    return dict(entry)


def _insert(entries: list[dict[str, Any]], entry: dict[str, Any], release: str) -> None:
    after = entry.pop("after", None)
    places = [index for index, other in enumerate(entries) if other["id"] == after]
    if after is not None and not places:
        raise UsageError(f"requirement {entry['id']} of {release} stands after {after}, which isn't there")
    entries.insert(places[0] + 1 if places else len(entries), entry)
