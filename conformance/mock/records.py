"""What the instance remembers: users, workspaces, models, model versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can sign in; `created_at` in milliseconds since the epoch. No repr shows the password."""

    id: str
    username: str
    password: str = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class User:
    """The caller of one request, with the workspaces they are a member of."""

    id: str
    username: str
    workspaces: frozenset[int]


@dataclass(slots=True)
class Workspace:
    """A workspace; `created_at` in microseconds since the epoch."""

    id: int
    name: str
    created_at: int
    created_by: str
    archived: bool


@dataclass(slots=True)
class Model:
    """A named model of one workspace; times in microseconds since the epoch."""

    id: int
    name: str
    workspace_id: int
    created_at: int
    updated_at: int


@dataclass(slots=True)
class Version:
    """A model version with what it takes from its model and its newest config.

    `sha` is the digest that clients are told, `content` the one its file is kept under, `size` in bytes,
    `converts` whether it came by the endpoint that converts, `created_by` the uploader's user id,
    `created_on_version` the full version of the instance that took it, `settings` the config's fields as JSON.
    """

    id: int
    model_id: int
    uuid: str
    sha: str
    content: str
    size: int
    file_name: str
    visibility: str
    framework: str
    conversion: str
    input_schema: str | None
    output_schema: str | None
    converts: bool
    image_path: str | None
    status: str
    task_id: str
    created_at: int
    created_by: str
    created_on_version: str
    error_summary: str | None
    model_name: str
    workspace_id: int
    config_id: int
    runtime: str
    settings: str


@dataclass(slots=True)
class Metadata:
    """The `metadata` part of an upload, after every check."""

    name: str
    visibility: str
    workspace_id: int
    framework: str
    conversion: dict[str, Any]
    input_schema: str | None
    output_schema: str | None


@dataclass(slots=True)
class Upload:
    """One upload request: the two parts as they arrived. Without a file part, `path` is None.

    `sha256` is the digest of the received bytes, `size` their number, `file_name` the multipart filename;
    `parts` names the two in the order of their arrival.
    """

    endpoint: str
    parts: list[str] = field(default_factory=list)
    metadata_file_name: str | None = None
    metadata_type: str | None = None
    metadata_bytes: bytes | None = None
    metadata: Metadata | None = None
    path: Path | None = None
    file_name: str = ""
    size: int = 0
    sha256: str = ""
