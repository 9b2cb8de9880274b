"""The tables of the state."""

from __future__ import annotations

FORMAT = 2
"""The layout of the tables; a data directory of another layout is refused, never guessed at."""

FIRST_IDS = {"workspaces": 5, "models": 11, "versions": 14, "configs": 25}
"""Apart from the start: a client that mixes up two kinds of id must not get away with it by accident."""

TABLES = """
CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0);
CREATE TABLE members (
    user_id TEXT NOT NULL, workspace_id INTEGER NOT NULL REFERENCES workspaces,
    PRIMARY KEY (user_id, workspace_id)) WITHOUT ROWID;
CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    workspace_id INTEGER NOT NULL REFERENCES workspaces,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE INDEX models_by_workspace ON models (workspace_id, name);
CREATE INDEX models_by_name ON models (name);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model_id INTEGER NOT NULL REFERENCES models, uuid TEXT NOT NULL,
    sha TEXT NOT NULL, content TEXT NOT NULL, size INTEGER NOT NULL, file_name TEXT NOT NULL,
    visibility TEXT NOT NULL, framework TEXT NOT NULL, conversion TEXT NOT NULL,
    input_schema TEXT, output_schema TEXT, converts INTEGER NOT NULL, image_path TEXT,
    status TEXT NOT NULL, task_id TEXT NOT NULL, created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, created_on_version TEXT NOT NULL, error_summary TEXT);
CREATE INDEX versions_by_model ON versions (model_id);
CREATE INDEX versions_by_content ON versions (content);
CREATE INDEX versions_by_uuid ON versions (lower(uuid));
CREATE TABLE configs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    runtime TEXT NOT NULL, settings TEXT NOT NULL);
CREATE INDEX configs_by_version ON configs (version_id);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY, version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, line TEXT NOT NULL);
CREATE INDEX logs_by_version ON logs (version_id);
"""
