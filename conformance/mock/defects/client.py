"""A plain HTTP client for probes: http.client and hand-made multipart, so that no other room's code is trusted."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.contract import load_release
from conformance.mock.defects import samples
from conformance.mock.defects.forms import BOUNDARY, file_part, metadata_part, set_at

if TYPE_CHECKING:
    from conformance.mock.server import MockInstance

TIMEOUT = 5.0
"""Seconds that an answer may take. Ours."""

SETTLE_SECONDS = 1.5
"""Seconds that a conversion gets to end; the instances of a probe take a few milliseconds. Ours."""

Rows = list[dict[str, Any]]

_OWN = "own"


@dataclass(frozen=True)
class Answer:
    """One answer; status 0 where none came, or not a whole one.

    Header names are in lower case in `headers`, and as they came in `header_names`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    header_names: tuple[str, ...] = ()

    @property
    def body(self) -> Any:
        """The JSON value, None where it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def at(self, *path: str | int) -> Any:
        """What stands at a path of keys and indices, None where nothing does."""
        value = self.body
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


@dataclass(frozen=True)
class Sent:
    """One upload: what was sent, and what was answered."""

    name: str
    file_name: str
    content: bytes
    answer: Answer

    @property
    def sha256(self) -> str:
        """Of the bytes sent, in lower-case hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def id(self) -> Any:
        """The id answered."""
        return self.answer.at("insert_models", "returning", 0, "models", 0, "id")


class Client:
    """A user of one instance, with a workspace of their own for one probe; `release` is the contract's."""

    def __init__(self, mock: MockInstance, scope: str) -> None:
        self.mock = mock
        self.release = load_release(mock.release)
        self._address = urlsplit(mock.url)
        self._scope = scope
        self._names = 0
        self._connection: http.client.HTTPConnection | None = None
        self.workspace_name = f"probe-{scope}"
        self.workspace = self.make_workspace(self.workspace_name)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def neighbour(self) -> Client:
        """The same user in a workspace that nothing has used before; to be closed like this one."""
        return Client(self.mock, self.name())

    def make_workspace(self, name: str) -> int:
        """The id of a new workspace."""
        created: int = self.post("/v1/api/workspaces/create", {"workspace_name": name}).at("workspace_id")
        return created

    # requests

    def send(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None, *,
        token: str | None = _OWN, timeout: float = TIMEOUT,
    ) -> Answer:  # fmt: skip
        """One request, with the user's token unless told otherwise."""
        wanted = {"User-Agent": "probe", **(headers or {})}
        if token is not None:
            wanted["Authorization"] = f"Bearer {self.mock.token if token == _OWN else token}"
        if self._connection is None:
            self._connection = http.client.HTTPConnection(str(self._address.hostname), self._address.port)
        self._connection.timeout = timeout
        try:
            self._connection.request(method, path, content, wanted)
            if self._connection.sock is not None:
                self._connection.sock.settimeout(timeout)
            reply = self._connection.getresponse()
            named = {key.lower(): value for key, value in reply.getheaders()}
            return Answer(reply.status, named, reply.read(), tuple(name for name, _ in reply.getheaders()))
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0)

    def post(self, path: str, payload: Any, headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """A JSON request."""
        named = {"Content-Type": "application/json", **(headers or {})}
        return self.send("POST", path, json.dumps(payload).encode(), named, **options)

    def call(self, endpoint: str, payload: Any, **options: Any) -> Answer:
        """A request to one of the models endpoints."""
        return self.post(f"/v1/api/models/{endpoint}", payload, **options)

    def question(self, endpoint: str, sent: Sent) -> dict[str, Any]:
        """A right request to an endpoint about an upload, as the documents or the release's client ask."""
        if endpoint in ("get_version_by_id", "get_model_version_by_id", "get_upload_logs"):
            return {"model_version_id": sent.id}
        if endpoint == "list":
            return {"workspace_id": self.workspace}
        if endpoint == "list_versions":
            return {"model_id": sent.name, "models_pk_id": self.model_id(sent)}
        if endpoint == "list_versions_for_model":
            return {"model_id": sent.name, "workspace_id": self.workspace}
        if endpoint == "get_config_by_id":
            return {"model_id": sent.id}
        if endpoint == "delete_model":
            return {"model_id": sent.name, "workspace_id": self.workspace, "confirm_delete": True}
        if endpoint == "delete_model_versions":
            return {"model_versions": [self.version(sent).get("model_version")], "confirm_delete": True}
        return {"id": self.model_id(sent)}

    def ask(self, endpoint: str, sent: Sent, **options: Any) -> Answer:
        """The answer to a right request about an upload; of the upload endpoint its own answer."""
        if endpoint == "upload_and_convert":
            return sent.answer
        return self.call(endpoint, self.question(endpoint, sent), **options)

    # uploads

    def name(self) -> str:
        """A model's name that nothing has used before; the same in the same place of any other run."""
        self._names += 1
        return f"probe-{self._scope}-{self._names}"

    def metadata(self, name: str, framework: str = "onnx", visibility: str = "private") -> dict[str, Any]:
        """The documented metadata. Source: documentation, Upload Model to Workspace examples."""
        conversion = {"framework": framework, "python_version": "3.8", "requirements": []}
        made: dict[str, Any] = {
            "name": name, "visibility": visibility, "workspace_id": self.workspace, "conversion": conversion,
        }  # fmt: skip
        if framework != "onnx":
            made |= {"input_schema": samples.schema("x", "also_x"), "output_schema": samples.schema("y")}
        return made

    def upload(
        self, name: str | None = None, *, framework: str = "onnx", changes: Mapping[str, Any] | None = None,
        content: bytes | None = None, file_name: str | None = None, **options: Any,
    ) -> Sent:  # fmt: skip
        """Upload a model. `changes` sets metadata by dotted path, `...` takes a field away."""
        name = self.name() if name is None else name
        metadata = self.metadata(name, framework)
        for path, value in (changes or {}).items():
            set_at(metadata, path.split("."), value)
        self._names += 1
        tag = f"{self._scope}-{self._names}"
        if content is None:
            content = samples.onnx_model(tag) if framework == "onnx" else samples.torchscript_model(tag)
        file_name = f"file-{self._names}.onnx" if file_name is None else file_name
        parts = [metadata_part(metadata), file_part(content, file_name)]
        return Sent(name, file_name, content, self.upload_parts(parts, **options))

    def upload_parts(self, parts: Sequence[bytes], headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """Send an upload of exactly these parts."""
        content = b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
        named = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
        return self.send("POST", "/v1/api/models/upload_and_convert", content, named, **options)

    def twice(self, name: str | None = None) -> tuple[Sent, Sent]:
        """Two versions of one model, the older first."""
        older = self.upload(name)
        return older, self.upload(older.name)

    # reading

    def list(self, workspace_id: int | None = None, **options: Any) -> Answer:
        """The models of this or another workspace."""
        return self.call("list", {"workspace_id": workspace_id or self.workspace}, **options)

    def listed_rows(self, workspace_id: int | None = None) -> Rows:
        """The rows of the list of this or another workspace."""
        return objects(self.list(workspace_id).at("models"))

    def listed_models(self, workspace_id: int | None = None) -> Rows:
        """The models' own fields in each row of the list."""
        return [self._model_of(row) for row in self.listed_rows(workspace_id)]

    def listed(self, name: str) -> dict[str, Any]:
        """A model's own fields in the list, empty where there is no such model."""
        return self._model_of(self.row(name))

    def row(self, name: str) -> dict[str, Any]:
        """A model's whole row in the list, empty where there is none."""
        return next((row for row in self.listed_rows() if self._model_of(row).get("name") == name), {})

    def _model_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Where a row holds the model's own fields: the release says. Empty where there is no such object."""
        found: Any = row
        for step in self.release.model_in_list:
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def model_id(self, sent: Sent) -> int:
        """A model's id as the list or list_versions shows it, else 0."""
        found = self.listed(sent.name).get("id")
        if not isinstance(found, int):
            named = objects(self.call("list_versions", {"model_id": sent.name, "models_pk_id": 0}).body)
            found = named[0].get("models_pk_id") if named else 0
        return found if isinstance(found, int) else 0

    def versions(self, sent: Sent) -> Rows:
        """The rows of list_versions, asked as the documented example asks."""
        answer = self.call("list_versions", {"model_id": sent.name, "models_pk_id": self.model_id(sent)})
        return objects(answer.body)

    def version(self, sent: Sent) -> dict[str, Any]:
        """The row of one upload, by its file name, else the id answered; empty where there is none."""
        rows = self.versions(sent)
        by_file = [row for row in rows if row.get("file_name") == sent.file_name]
        return next(iter(by_file or [row for row in rows if row.get("id") == sent.id]), {})

    def details(self, sent: Sent, endpoint: str = "get") -> Answer:
        """What get, or get_by_id, says of the model."""
        return self.call(endpoint, {"id": self.model_id(sent)})

    def config(self, sent: Sent) -> Answer:
        """What get_config_by_id says of the version."""
        return self.ask("get_config_by_id", sent)

    def settled(self, sent: Sent) -> str:
        """The status that the upload's conversion ends with; the last one seen where it doesn't end."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            status = str(self.version(sent).get("status"))
            if status in ("ready", "error") or time.monotonic() > end:
                return status
            time.sleep(0.005)


def objects(value: Any) -> Rows:
    """The objects in a list; none where it isn't one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
