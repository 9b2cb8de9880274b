"""The state in SQLite (WAL): queries. One connection, used by one thread at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.mock.records import Metadata, Model, Upload, Version, Workspace
from conformance.mock.tables import FIRST_IDS, FORMAT, TABLES

_CONFIGURED = """
SELECT v.id, v.model_id, v.uuid, v.sha, v.content, v.size, v.file_name, v.visibility, v.framework,
       v.conversion, v.input_schema, v.output_schema, v.converts, v.image_path,
       v.status, v.task_id, v.created_at, v.created_by, v.created_on_version, v.error_summary,
       m.name, m.workspace_id, c.id, c.runtime, c.settings
FROM versions v JOIN models m ON m.id = v.model_id
     JOIN configs c ON """
_NEWEST = "c.id = (SELECT max(id) FROM configs WHERE version_id = v.id)"
_VERSIONS = f"{_CONFIGURED} {_NEWEST} "
_OF_MODELS = "WHERE v.model_id IN (SELECT value FROM json_each(?)) ORDER BY v.id DESC"
_WITH_UUIDS = "WHERE lower(v.uuid) IN (SELECT lower(value) FROM json_each(?)) ORDER BY v.id DESC"
_MODELS = "SELECT id, name, workspace_id, created_at, updated_at FROM models"
_WORKSPACES = "SELECT id, name, created_at, created_by, archived FROM workspaces"


class Store:
    """The workspaces, models, versions and configs of one instance."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        """Open the database at `path`, or make it; `durable` when it is to outlive this process.

        Raises UsageError when it isn't one of ours."""
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._prepare(durable)
        except sqlite3.Error as error:
            raise UsageError(f"{path} can't be used as the state of an instance: {error}.") from None

    def _prepare(self, durable: bool) -> None:
        # NORMAL syncs at checkpoints only: a killed process loses nothing, and files are synced before rows.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
        self._db.execute("PRAGMA foreign_keys = ON")
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found == FORMAT:
            return
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if found or tables:
            raise sqlite3.DatabaseError("another program or another release wrote it")
        # A process that ends before the last line leaves an empty file, which the next one starts with.
        self._db.executescript(f"BEGIN; {TABLES}")
        before = [(table, first - 1) for table, first in FIRST_IDS.items()]
        self._db.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", before)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the database; everything committed stays."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for the statements within."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # workspaces

    def add_workspace(self, name: str, user_id: str, created_at: int) -> int | None:
        """A new workspace with its first member; None when the name is taken."""
        try:
            with self.transaction():
                cursor = self._db.execute(
                    "INSERT INTO workspaces (name, created_at, created_by) VALUES (?, ?, ?)",
                    (name, created_at, user_id),
                )
                self._db.execute("INSERT INTO members VALUES (?, ?)", (user_id, cursor.lastrowid))
        except sqlite3.IntegrityError:
            return None
        return cursor.lastrowid

    def workspaces_of(self, user_id: str) -> frozenset[int]:
        """The ids of the workspaces that the user is a member of."""
        rows = self._db.execute("SELECT workspace_id FROM members WHERE user_id = ?", (user_id,))
        return frozenset(row[0] for row in rows)

    def members(self, workspace_id: int) -> list[str]:
        """The ids of the workspace's users."""
        rows = self._db.execute("SELECT user_id FROM members WHERE workspace_id = ?", (workspace_id,))
        return [row[0] for row in rows]

    def workspace(self, workspace_id: int) -> Workspace | None:
        """The workspace with this id."""
        row = self._db.execute(f"{_WORKSPACES} WHERE id = ?", (workspace_id,)).fetchone()
        return Workspace(*row) if row else None

    def workspaces(self) -> list[Workspace]:
        """Every workspace, lowest id first."""
        return [Workspace(*row) for row in self._db.execute(f"{_WORKSPACES} ORDER BY id")]

    # models

    def model(self, model_id: int) -> Model | None:
        """The model with this id."""
        row = self._db.execute(f"{_MODELS} WHERE id = ?", (model_id,)).fetchone()
        return Model(*row) if row else None

    def model_named(self, name: str, workspace_id: int) -> Model | None:
        """The model of this name in this workspace."""
        query = f"{_MODELS} WHERE workspace_id = ? AND name = ? ORDER BY id LIMIT 1"
        row = self._db.execute(query, (workspace_id, name)).fetchone()
        return Model(*row) if row else None

    def models(self, workspace_id: int | None = None) -> list[Model]:
        """The models of one workspace, or of all; newest first."""
        if workspace_id is None:
            rows = self._db.execute(f"{_MODELS} ORDER BY id DESC")
        else:
            rows = self._db.execute(f"{_MODELS} WHERE workspace_id = ? ORDER BY id DESC", (workspace_id,))
        return [Model(*row) for row in rows]

    def add_model(self, name: str, workspace_id: int, created_at: int) -> int:
        """A new model without versions; its id."""
        return self._insert(
            "INSERT INTO models (name, workspace_id, created_at, updated_at) VALUES (?, ?, ?, ?)",
            (name, workspace_id, created_at, created_at),
        )

    def set_updated(self, model_id: int, updated_at: int) -> None:
        """Note when the model last changed."""
        self._db.execute("UPDATE models SET updated_at = ? WHERE id = ?", (updated_at, model_id))

    # versions

    def version(self, version_id: int) -> Version | None:
        """The version with this id."""
        row = self._db.execute(f"{_VERSIONS} WHERE v.id = ?", (version_id,)).fetchone()
        return Version(*row) if row else None

    def version_with_config(self, config_id: int) -> Version | None:
        """The version that the config of this id is, or was, for; with that config."""
        row = self._db.execute(f"{_CONFIGURED} c.version_id = v.id WHERE c.id = ?", (config_id,)).fetchone()
        return Version(*row) if row else None

    def versions_of(self, model_id: int) -> list[Version]:
        """The versions of a model, newest first."""
        rows = self._db.execute(f"{_VERSIONS} WHERE v.model_id = ? ORDER BY v.id DESC", (model_id,))
        return [Version(*row) for row in rows]

    def versions_of_all(self, model_ids: Iterable[int]) -> list[Version]:
        """The versions of several models, newest first."""
        rows = self._db.execute(_VERSIONS + _OF_MODELS, (json.dumps(list(model_ids)),))
        return [Version(*row) for row in rows]

    def versions_called(self, uuids: Iterable[str]) -> list[Version]:
        """The versions with these UUIDs, in any case of letters, newest first."""
        rows = self._db.execute(_VERSIONS + _WITH_UUIDS, (json.dumps(list(uuids)),))
        return [Version(*row) for row in rows]

    def versions_matching(self, name: str | None, model_id: int | None) -> list[Version]:
        """The versions of every model of this name and of the model of this id, newest first."""
        query = f"{_VERSIONS} WHERE m.name = ? OR m.id = ? ORDER BY v.id DESC"
        return [Version(*row) for row in self._db.execute(query, (name, model_id))]

    def versions_in(self, statuses: frozenset[str]) -> list[Version]:
        """The versions that have one of these statuses, oldest first."""
        marks = ", ".join("?" * len(statuses))
        query = f"{_VERSIONS} WHERE v.status IN ({marks}) ORDER BY v.id"
        return [Version(*row) for row in self._db.execute(query, tuple(statuses))]

    def digests(self) -> set[str]:
        """The digest of every file that some version names."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT content FROM versions")}

    def names_digest(self, digest: str) -> bool:
        """Whether some version names the file of this digest."""
        return self._db.execute("SELECT 1 FROM versions WHERE content = ? LIMIT 1", (digest,)).fetchone() is not None

    def add_version(
        self, model_id: int, upload: Upload, metadata: Metadata, *, uuid: str, sha: str, file_name: str,
        converts: bool, status: str, task_id: str, runtime: str, created_at: int, created_by: str,
        created_on_version: str,
    ) -> int:  # fmt: skip
        """A new version with its config; its id. Call it within a transaction."""
        version_id = self._insert(
            "INSERT INTO versions (model_id, uuid, sha, content, size, file_name, visibility, framework,"
            " conversion, input_schema, output_schema, converts, status, task_id, created_at, created_by,"
            " created_on_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (model_id, uuid, sha, upload.sha256, upload.size, file_name, metadata.visibility,
             metadata.framework, json.dumps(metadata.conversion), metadata.input_schema,
             metadata.output_schema, converts, status, task_id, created_at, created_by, created_on_version),
        )  # fmt: skip
        self.add_config(version_id, runtime, {})
        return version_id

    def add_config(self, version_id: int, runtime: str, settings: Mapping[str, Any]) -> int:
        """A new config, from now on the version's; its id."""
        return self._insert(
            "INSERT INTO configs (version_id, runtime, settings) VALUES (?, ?, ?)",
            (version_id, runtime, json.dumps(settings)),
        )

    def delete_versions(self, version_ids: Iterable[int]) -> None:
        """Take versions away, with their configs and logs, and the models that are left without any; all or none."""
        ids = json.dumps(list(version_ids))
        with self.transaction():
            models = self._db.execute(
                "SELECT DISTINCT model_id FROM versions WHERE id IN (SELECT value FROM json_each(?))", (ids,)
            ).fetchall()
            self._db.execute("DELETE FROM versions WHERE id IN (SELECT value FROM json_each(?))", (ids,))
            self._db.executemany(
                "DELETE FROM models WHERE id = ? AND NOT EXISTS (SELECT 1 FROM versions WHERE model_id = models.id)",
                models,
            )

    # conversions

    def set_progress(
        self,
        version_id: int,
        status: str,
        runtime: str | None = None,
        image_path: str | None = None,
        error_summary: str | None = None,
    ) -> bool:
        """Note how far a conversion has come; whether the version is still there. None leaves a value as it is."""
        with self.transaction():
            cursor = self._db.execute(
                "UPDATE versions SET status = ?, image_path = coalesce(?, image_path),"
                " error_summary = coalesce(?, error_summary) WHERE id = ?",
                (status, image_path, error_summary, version_id),
            )
            if runtime is not None:
                self._db.execute("UPDATE configs SET runtime = ? WHERE version_id = ?", (runtime, version_id))
        return cursor.rowcount > 0

    def add_log(self, version_id: int, line: str) -> None:
        """Note a line about a version; none about one that is no longer there."""
        self._db.execute(
            "INSERT INTO logs (version_id, line) SELECT id, ? FROM versions WHERE id = ?", (line, version_id)
        )

    def logs(self, version_id: int) -> list[str]:
        """The lines about a version, oldest first."""
        rows = self._db.execute("SELECT line FROM logs WHERE version_id = ? ORDER BY id", (version_id,))
        return [row[0] for row in rows]

    def _insert(self, statement: str, values: tuple[object, ...]) -> int:
        inserted = self._db.execute(statement, values).lastrowid
        if inserted is None:
            raise sqlite3.IntegrityError("nothing was inserted")
        return inserted
