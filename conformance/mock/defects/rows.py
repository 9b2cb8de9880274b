"""The rows of list_versions: lost ones, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.observations import field_shape
from conformance.mock.defects.versions import Asked, Select, selected
from conformance.mock.records import Model, User, Version

Amend = Callable[[Version, list[Version]], Version]
"""What a version looks like, given all versions of its model, newest first."""


def _amended(amend: Amend) -> type[Behaviour]:
    """Versions that read otherwise, in list_versions and in get."""

    class Amended(Behaviour):
        def _amend(self, version: Version) -> Version:
            return amend(version, self.store.versions_of(version.model_id))

        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            return [self._amend(version) for version in super().select_versions(user, name, model_id)]

        def select_model(self, user: User, model_id: int) -> tuple[Model, list[Version]]:
            model, versions = super().select_model(user, model_id)
            return model, [self._amend(version) for version in versions]

    return Amended


def _newest_of_each(asked: Asked, found: list[Version]) -> list[Version]:
    newest: dict[int, Version] = {}
    for version in found:
        newest.setdefault(version.model_id, version)
    return list(newest.values())


def _oldest_of_each(asked: Asked, found: list[Version]) -> list[Version]:
    return list({version.model_id: version for version in found}.values())


def _as_newest(**fields: Callable[[Version, Version], Any]) -> Amend:
    """Older versions take these fields after the newest."""

    def amend(version: Version, versions: list[Version]) -> Version:
        newest = versions[0]
        if newest.id == version.id:
            return version
        return replace(version, **{name: value(version, newest) for name, value in fields.items()})

    return amend


class _QuotesForOwner(Behaviour):
    """Tells nobody who owns a version."""

    def version_owner_id(self, version: Version) -> str:
        return self.owner_id(version.model_id)


def _two_uploads(client: Client) -> str:
    older, newer = client.twice()
    rows = client.versions(newer)
    held = [
        word for word, sent in (("older", older), ("newer", newer)) if any(r.get("sha") == sent.sha256 for r in rows)
    ]
    return f"list_versions of two uploads: {' and '.join(held) or 'none'} of {len(rows)} rows"


def _row_says(what: str, name: str, expected: Callable[[Client, Any], Any]) -> Probe:
    def look(client: Client) -> str:
        client.twice()
        sent = client.upload()
        right = client.version(sent).get(name) == expected(client, sent)
        return f"{name} of a version is {what}: {'yes' if right else 'no'}"

    return look


def _older_kept(client: Client) -> str:
    older = client.upload()
    before = client.version(older)
    client.upload(older.name)
    rows = client.versions(older)
    kept = [
        name for name in ("sha", "file_name", "model_version") if any(r.get(name) == before.get(name) for r in rows)
    ]
    return f"an older version keeps its {', '.join(kept) or 'nothing'}"


def row_defects() -> Iterator[Defect]:
    """All of them."""
    rows: tuple[tuple[str, str, Select], ...] = (
        ("newest-only", "Only the newest version of a model is shown.", _newest_of_each),
        ("oldest-only", "Only the oldest version of a model is shown.", _oldest_of_each),
        ("twice", "Each version is shown twice.", lambda _, found: found * 2),
    )
    for word, says, select in rows:
        yield Defect(
            f"list-versions.rows.{word}", says, ("list-versions.row-per-upload",), selected(select), _two_uploads
        )
    names: tuple[tuple[str, str, Amend], ...] = (
        ("number", "the model's id as text", lambda version, _: replace(version, model_name=str(version.model_id))),
        ("file-name", "the file's name", lambda version, _: replace(version, model_name=version.file_name)),
        ("versioned", "the name with the version's id",
         lambda version, _: replace(version, model_name=f"{version.model_name}:{version.id}")),
    )  # fmt: skip
    is_name = _row_says("the model's name", "model_id", lambda _, sent: sent.name)
    for word, says, amend in names:
        yield Defect(
            f"list-versions.model-id.{word}",
            f"The `model_id` of a version is {says}.",
            ("list-versions.model-id-is-name",),
            _amended(amend),
            is_name,
        )
    ids: tuple[tuple[str, str, Amend], ...] = (
        ("versions", "the version's id", lambda version, _: replace(version, model_id=version.id)),
        ("configs", "the configuration's id", lambda version, _: replace(version, model_id=version.config_id)),
        ("workspaces", "the workspace's id", lambda version, _: replace(version, model_id=version.workspace_id)),
    )
    is_id = _row_says("the model's id", "models_pk_id", lambda client, sent: client.model_id(sent))
    for word, says, amend in ids:
        yield Defect(
            f"list-versions.models-pk-id.{word}",
            f"The `models_pk_id` of a version is {says}.",
            ("list-versions.models-pk-id-is-models",),
            _amended(amend),
            is_id,
        )
    yield Defect(
        "list-versions.owner-id.quotes",
        "The owner of a version is two quotation marks, as it was before this release.",
        ("list-versions.owner-id",),
        _QuotesForOwner,
        field_shape("list_versions", "[].owner_id"),
        since="2025.2",
    )
    older: tuple[tuple[str, str, tuple[str, ...], Amend], ...] = (
        ("sha", "digest", ("list-versions.sha-is-sha256",), _as_newest(sha=lambda _, newest: newest.sha)),
        ("file-name", "file name", ("list-versions.file-name-verbatim",),
         _as_newest(file_name=lambda _, newest: newest.file_name)),
        ("uuid", "UUID", (), _as_newest(uuid=lambda version, newest: version.uuid[:-12] + newest.uuid[-12:])),
    )  # fmt: skip
    for word, says, also, amend in older:
        yield Defect(
            f"list-versions.older-version.{word}-changes",
            f"A new version changes the {says} of older ones.",
            ("list-versions.older-version-unchanged", *also),
            _amended(amend),
            _older_kept,
        )
