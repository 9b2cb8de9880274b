"""A release's model endpoints, called as the documented clients call them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from conformance.contract import Release, load_release
from conformance.errors import UsageError
from conformance.instance.errors import NotJSON
from conformance.instance.ledger import Ledger
from conformance.instance.modelfile import ModelFile
from conformance.instance.multipart import FormPart, MultipartBody
from conformance.instance.progress import upload_progress
from conformance.instance.reply import Reply
from conformance.instance.session import SESSION_TOKEN, UNSET, Session, Unset

Client = Literal["requests", "curl"]
CURL_METADATA_FILENAME = "metadata.json"
PYTHON_VERSION = "3.8"  #: what every documented upload sends


class Models:
    """The model endpoints of one session, by default in one workspace. All methods raise as `Session.request` does,
    and UsageError for an endpoint that the release doesn't have.

    A 2xx answer to an upload goes into the `ledger`, also where it should have been a refusal.
    """

    def __init__(
        self,
        session: Session,
        workspace_id: int,
        ledger: Ledger | None = None,
        release: Release | None = None,
    ) -> None:
        self.session = session
        self.workspace_id = workspace_id
        self.ledger = ledger
        self.release = release or load_release()

    def upload(
        self,
        file: ModelFile,
        *,
        name: str,
        workspace_id: int | None = None,
        visibility: str = "private",
        client: Client = "requests",
        filename: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        framework: str | None = None,
        input_schema: str | Unset | None = UNSET,
        output_schema: str | Unset | None = UNSET,
        extra: Mapping[str, Any] | None = None,
        token: str | Unset | None = SESSION_TOKEN,
    ) -> Reply:
        """Upload `file` as the model `name`.

        `client` chooses whose multipart form is sent: requests (the metadata part has no file name) or curl (both
        have one). `filename` names the file part, by default `file.file_name`. The schemas are the file's own unless
        given; None leaves them out. `extra` adds top-level metadata, `metadata` replaces all of it.

        Source: documentation, Upload Model to Workspace Examples.
        """
        if metadata is None:
            metadata = upload_metadata(
                name=name,
                workspace_id=self.workspace_id if workspace_id is None else workspace_id,
                visibility=visibility,
                framework=file.framework if framework is None else framework,
                input_schema=file.input_schema if isinstance(input_schema, Unset) else input_schema,
                output_schema=file.output_schema if isinstance(output_schema, Unset) else output_schema,
            )
        parts = upload_parts(file, {**metadata, **(extra or {})}, client=client, filename=filename)
        return self.upload_parts(parts, token=token)

    def upload_parts(self, parts: Sequence[FormPart], *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """Send any multipart form to the upload endpoint."""
        size = sum(part.size for part in parts if not isinstance(part.content, bytes))
        with upload_progress("uploading", size) as progress:
            reply = self.session.request(
                "POST",
                self.release.endpoints["upload_and_convert"],
                endpoint="upload_and_convert",
                data=MultipartBody(parts, progress=progress),
                token=token,
            )
        self._note(reply, parts)
        return reply

    def call(self, endpoint: str, body: object, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """POST `body` as JSON to one of the release's endpoints, by its name there. UNSET sends no body."""
        endpoints = self.release.endpoints
        if endpoint not in endpoints:
            raise UsageError(f"there is no endpoint {endpoint!r}; choose one of {', '.join(endpoints)}")
        return self.session.request("POST", endpoints[endpoint], endpoint=endpoint, json=body, token=token)

    def list(self, workspace_id: int | None = None, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """The models of a workspace. Source: documentation, List Models in Workspace Parameters."""
        wanted = self.workspace_id if workspace_id is None else workspace_id
        return self.call("list", {"workspace_id": wanted}, token=token)

    def get_by_id(self, id: int, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """One model by its model id. Source: documentation, Get Model Details By ID Examples."""
        return self.call("get_by_id", {"id": id}, token=token)

    def list_versions(
        self,
        model_id: str | Unset | None = UNSET,
        models_pk_id: int | Unset | None = UNSET,
        *,
        token: str | Unset | None = SESSION_TOKEN,
    ) -> Reply:
        """The versions of a model by its name (`model_id`), its id (`models_pk_id`) or both; UNSET isn't sent.

        Source: documentation, List Model Versions Parameters.
        """
        keys = {"model_id": model_id, "models_pk_id": models_pk_id}
        return self.call("list_versions", {k: v for k, v in keys.items() if v is not UNSET}, token=token)

    def get_config_by_id(self, model_id: int, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """A configuration. Documented as by model id; recorded (2023.4 to 2025.2.1): by the version's id."""
        return self.call("get_config_by_id", {"model_id": model_id}, token=token)

    def get(self, id: int, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """One model with its versions, by its model id. Source: documentation, Get Model Examples."""
        return self.call("get", {"id": id}, token=token)

    def get_version_by_id(self, version_id: int, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """One version with its configuration, by the version's id. Source: documentation 2025.2, Get Model Version."""
        return self.call("get_version_by_id", {"model_version_id": version_id}, token=token)

    def list_versions_for_model(
        self, name: str, workspace_id: int | None = None, *, token: str | Unset | None = SESSION_TOKEN
    ) -> Reply:
        """The versions of the model of one name in one workspace. Source: client 2024.4.4, ListModelVersionsRequest."""
        wanted = self.workspace_id if workspace_id is None else workspace_id
        return self.call("list_versions_for_model", {"model_id": name, "workspace_id": wanted}, token=token)

    def delete_model(
        self,
        model_id: str,
        workspace_id: int | None = None,
        confirm: bool = True,
        *,
        token: str | Unset | None = SESSION_TOKEN,
    ) -> Reply:
        """Delete a model with all its versions, by a text that names it; without `confirm` only ask what would go.

        Source: client 2024.4.4, DeleteModelRequest.
        """
        wanted = self.workspace_id if workspace_id is None else workspace_id
        body = {"model_id": model_id, "workspace_id": wanted, "confirm_delete": confirm}
        return self.call("delete_model", body, token=token)

    def delete_model_versions(
        self, versions: Sequence[str], confirm: bool = True, *, token: str | Unset | None = SESSION_TOKEN
    ) -> Reply:
        """Delete versions by their UUIDs; without `confirm` only ask what would go.

        Source: client 2024.4.4, DeleteModelVersionsRequest.
        """
        body = {"model_versions": [*versions], "confirm_delete": confirm}
        return self.call("delete_model_versions", body, token=token)

    def get_upload_logs(
        self, version_id: int, lines: int | None = None, *, token: str | Unset | None = SESSION_TOKEN
    ) -> Reply:
        """What the conversion of a version wrote, at most `lines` lines where given.

        Source: recorded, 2025.2.0; client 2025.2.5, UploadLogsRequest.
        """
        limit = {} if lines is None else {"lines": lines}
        return self.call("get_upload_logs", {"model_version_id": version_id, **limit}, token=token)

    def _note(self, reply: Reply, parts: Sequence[FormPart]) -> None:
        created = uploaded_version_id(reply)
        if self.ledger is None or created is None:
            return
        name, workspace_id = _sent_name(parts)
        self.ledger.add("version", created, name=name, workspace_id=workspace_id, exchange=reply.exchange.id)


def upload_metadata(
    *,
    name: str,
    workspace_id: int,
    visibility: str,
    framework: str,
    input_schema: str | None = None,
    output_schema: str | None = None,
) -> dict[str, Any]:
    """The metadata of an upload as every documented example builds it; schemas that are None are left out."""
    metadata: dict[str, Any] = {
        "name": name,
        "visibility": visibility,
        "workspace_id": workspace_id,
        "conversion": {"framework": framework, "python_version": PYTHON_VERSION, "requirements": []},
    }
    schemas = {"input_schema": input_schema, "output_schema": output_schema}
    return metadata | {key: value for key, value in schemas.items() if value is not None}


def upload_parts(
    file: ModelFile, metadata: Mapping[str, Any], *, client: Client = "requests", filename: str | None = None
) -> list[FormPart]:
    """The two parts of a documented upload: `metadata` as JSON, then `file` as bytes."""
    if client not in ("requests", "curl"):
        raise UsageError(f"there is no upload client {client!r}; choose requests or curl")
    content = file.source if isinstance(file.source, bytes) else file
    return [
        FormPart(
            "metadata",
            json.dumps(metadata).encode("utf-8"),
            filename=CURL_METADATA_FILENAME if client == "curl" else None,
            content_type="application/json",
        ),
        FormPart(
            "file",
            content,
            filename=file.file_name if filename is None else filename,
            content_type="application/octet-stream",
        ),
    ]


def uploaded_version_id(reply: Reply) -> int | None:
    """The id in a 2xx answer to an upload, None when there is none.

    It is the version's id, not the model's. Source: documentation, Upload Returns; recorded: 2023.3 to 2025.2.1.
    """
    if reply.is_success:
        with suppress(NotJSON, KeyError, IndexError, TypeError):
            found = reply.json()["insert_models"]["returning"][0]["models"][0]["id"]
            if isinstance(found, int) and not isinstance(found, bool):
                return found
    return None


def _sent_name(parts: Sequence[FormPart]) -> tuple[str | None, int | None]:
    for part in parts:
        if part.name == "metadata" and isinstance(part.content, bytes):
            with suppress(ValueError, AttributeError, RecursionError):
                sent = json.loads(part.content)
                name, workspace = sent.get("name"), sent.get("workspace_id")
                return name if isinstance(name, str) else None, workspace if isinstance(workspace, int) else None
    return None, None
