"""Versions with their configurations, as the nested list and get_version_by_id show them.

Source: the list's example of 2024.1; recorded replies of get_version_by_id (2025.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.errors import NotTestable
from conformance.instance.reply import Reply
from conformance.suite.assertions import describe, show
from conformance.suite.listed import Row, row_of
from conformance.suite.probes import Probes
from conformance.suite.rows import ANY_KEY, objects, relied_on, version_row
from conformance.suite.uploads import Uploaded

GET = "get_version_by_id"

MOVING = frozenset({"status", "image_path", "task_id", "error_summary", "runtime"})
"""What the end of a conversion may change. Recorded: 2023.4 to 2025.2.1."""


@dataclass(frozen=True)
class Configured:
    """A version and how it runs. Either is empty where the reply holds another shape than an object."""

    version: Row
    config: Row

    @classmethod
    def of(cls, entry: Any) -> Configured:
        """An entry of `model_versions`, or what get_version_by_id shows."""
        return cls(_object(entry, "model_version"), _object(entry, "config"))

    def at(self, path: str) -> Any:
        """What stands at a path such as `config.id` or `version.file_info.sha`. Raises NotTestable where it breaks."""
        place, *steps = path.split(".")
        found: Any = self.config if place == "config" else self.version
        for step in steps:
            if not isinstance(found, dict) or step not in found:
                raise NotTestable(f"needs {path} of the version, but {show(found)} holds no {step}")
            found = found[step]
        return found


def model_entry(body: Any, uploaded: Uploaded) -> Row:
    """The upload's whole row in a list's reply, by its model's id or name.

    Raises NotTestable where the list has no row or more than one of it: other checks say so.
    """
    found = row_of(
        uploaded.models.release,
        body,
        lambda model: model.get("id") == uploaded.model_id or model.get("name") == uploaded.name,
    )
    if len(found) != 1:
        raise NotTestable(f"needs {uploaded.name!r} once in the list, but it has {len(found)} rows of it")
    return found[0]


def versions_in(row: Row) -> list[Configured]:
    """The versions in a row of the list. Raises NotTestable where the row has no list of them."""
    if not isinstance(row.get("model_versions"), list):
        raise NotTestable(f"needs the list model_versions in the row, but it is {show(row.get('model_versions'))}")
    return [Configured.of(entry) for entry in objects(row["model_versions"])]


def matching(entries: Iterable[Configured], uploaded: Uploaded, *, by: Iterable[str] = ANY_KEY) -> Configured:
    """The one of the versions that the upload made, by the first of the keys that tells it from all others.

    Raises NotTestable where there is none or more than one.
    """
    found: Configured = version_row([_flat(entry) for entry in entries], uploaded, by=by)["entry"]
    return found


def is_among(entries: Iterable[Configured], uploaded: Uploaded) -> bool:
    """Whether any of the versions has the upload's id, digest or file name."""
    try:
        matching(entries, uploaded)
    except NotTestable:
        return False
    return True


def in_list(body: Any, uploaded: Uploaded, *, by: Iterable[str] = ANY_KEY) -> Configured:
    """The upload's version in a list's reply. Raises NotTestable as `model_entry` and `matching` do."""
    return matching(versions_in(model_entry(body, uploaded)), uploaded, by=by)


def rows_of_versions(body: Any) -> list[Row]:
    """All versions in a list's reply, as rows of list_versions have them. Raises NotTestable where there is no list."""
    if not isinstance(body, dict) or not isinstance(body.get("models"), list):
        raise NotTestable("needs the list `models` to see which versions are there")
    entries = [entry for row in objects(body["models"]) for entry in objects(row.get("model_versions"))]
    return [_flat(Configured.of(entry)) for entry in entries]


def shown_version(reply: Reply) -> Configured:
    """What a reply of get_version_by_id shows. Raises NotTestable where it isn't a success with a version."""
    body = relied_on(reply, what=f"a reply of {GET}")
    shown = body.get("model_version") if isinstance(body, dict) else None
    if not isinstance(shown, dict):
        raise NotTestable(f"needs a version in the reply of {GET}, but it was {describe(reply)}")
    return Configured.of(shown)


def differences(one: Configured, other: Configured, *, but: frozenset[str] = MOVING) -> list[str]:
    """What both tell and don't tell alike, as lines that name the place; fields of the names `but` aside.

    A field that either lacks, or has as another type (null aside), is that field's own failure.
    """
    found = []
    for place in ("version", "config"):
        left, right = (dict(_leaves(getattr(shown, place), place)) for shown in (one, other))
        for path in left.keys() & right.keys():
            values = left[path], right[path]
            alike = None in values or type(values[0]) is type(values[1])
            if path.rpartition(".")[2] not in but and alike and values[0] != values[1]:
                found.append(f"{path} is {show(values[0])} and {show(values[1])}")
    return sorted(found)


class VersionReplies:
    """get_version_by_id for the run's uploads. What one check has asked, the next needn't ask anew."""

    def __init__(self, probes: Probes, probed: Uploaded) -> None:
        self._probes = probes
        self._probed = probed
        self._asked: dict[int, Reply] = {}

    def of(self, uploaded: Uploaded) -> Reply:
        """The reply about the upload's version, by the id that the upload was answered with."""
        number = uploaded.version_id
        if uploaded is self._probed:
            return self._probes.answered(GET)
        if number not in self._asked:
            self._asked[number] = uploaded.models.get_version_by_id(number)
        reply = self._asked[number]
        _ = reply.status  # says that the running check uses what another one may have asked
        return reply


def _flat(entry: Configured) -> Row:
    """A version as a row of list_versions has it, as far as they share keys."""
    file = _object(entry.version, "file_info")
    shared = {"sha": file.get("sha"), "file_name": file.get("file_name"), "model_version": file.get("version")}
    return {**shared, "id": entry.version.get("id"), "entry": entry}


def _object(value: Any, key: str) -> Row:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}")
    else:
        yield path, value
