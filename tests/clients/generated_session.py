"""What a vendor's generated client is made to do, its wheel on the path: prints one JSON object. Not a test module.

Arguments: the instance's URL, the folder of the unpacked wheel, a workspace's id, an ONNX file, a PyTorch file with its
two schemas' files. The token comes from the environment. Each reply is parsed by the client's own classes.
"""

import importlib
import inspect
import io
import json
import os
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

ROOT = "wallaroo.wallaroo_ml_ops_api_client"
URL, WHEEL, WORKSPACE, ONNX, PYTORCH, INPUTS, OUTPUTS = sys.argv[1:]

# The generated package alone: the SDK's own `__init__` needs pandas and more.
_parent = types.ModuleType("wallaroo")
_parent.__path__ = [str(Path(WHEEL) / "wallaroo")]
sys.modules["wallaroo"] = _parent


def module(name):
    return importlib.import_module(f"{ROOT}.{name}")


def has(function):
    return find_spec(f"{ROOT}.api.model.{function}") is not None


def model_type(file, name):
    return getattr(module(f"models.{file}"), name)


client = module("client").AuthenticatedClient(base_url=URL, token=os.environ["WALLAROO_TOKEN"])


def sent(function, **fields):
    """The response of a generated function, its request object made of `fields`."""
    call = module(f"api.{function}").sync_detailed
    bodies = [p for p in inspect.signature(call).parameters.values() if p.name not in ("client",)]
    (body,) = bodies
    request = fields["whole"] if "whole" in fields else body.annotation(**fields)
    return call(client=client, **{body.name: request})


def parsed(function, **fields):
    response = sent(function, **fields)
    if response.parsed is None:
        sys.exit(
            f"{function} answered {response.status_code}, which the client can't parse: {response.content[:300]!r}"
        )
    return response.parsed


def upload(function, name, path, framework, inputs=None, outputs=None):
    conversion = model_type("conversion", "Conversion")(
        framework=model_type("framework", "Framework")(framework), requirements=[]
    )
    metadata = model_type("upload_request", "UploadRequest")(
        name=name,
        visibility="private",
        workspace_id=int(WORKSPACE),
        conversion=conversion,
        input_schema=inputs,
        output_schema=outputs,
    )
    file = module("types").File(
        payload=io.BytesIO(Path(path).read_bytes()), file_name=Path(path).name, mime_type="application/octet-stream"
    )
    payload = model_type("upload_payload_doc", "UploadPayloadDoc")(file=file, metadata=metadata)
    return parsed(function, whole=payload).insert_models.returning[0].models[0].id


def listed(name):
    function = "model.list_models" if has("list_models") else "model.models_list"
    rows = parsed(function, workspace_id=int(WORKSPACE)).models
    found = [getattr(row, "model", row) for row in rows]
    return next((row for row in found if row.name == name), None)


def read(name, version_id):
    """The uploaded version by every call that reads."""
    model = listed(name)
    details = parsed("model.v1_model_get_model_by_id", id=model.id)
    versions = parsed("model.models_list_versions", model_id=name, models_pk_id=model.id)
    config = parsed("model.v1_model_get_config", model_id=version_id).model_config
    whole = parsed("model.models_get", id=model.id)
    version = parsed("model.get_model_version_by_id", model_version_id=version_id).model_version
    said = {
        "same_model": details.id == model.id == whole.id and details.name == name,
        "versions": [[row.id, row.sha, row.file_name] for row in versions],
        "of_get": [row.id for row in whole.models],
        "configs": len({config.id, details.model_config.id, version.config.id}),
        "sha": version.model_version.file_info.sha,
        "schemas": [version.config.input_schema, version.config.output_schema],
    }
    if has("list_versions_for_model"):
        answer = parsed("model.list_versions_for_model", model_id=name, workspace_id=int(WORKSPACE))
        said["for_model"] = [v.model_version.id for row in answer.models for v in row.model_versions]
        said["workspace"] = whole.workspace.id
    if has("get_upload_logs"):
        said["logs"] = all(
            isinstance(line, str) for line in parsed("model.get_upload_logs", model_version_id=version_id).logs
        )
    made = parsed("model.insert_model_config", model_version_id=version_id, tensor_fields=["tensor"]).model_config
    said["new_config"] = [made.id != config.id, made.model_version_id == version_id, made.tensor_fields]
    return said


def deleted(names):
    """Delete one model by its only version, the others by name; the models that are left."""
    first, *others = names
    uuid = parsed("model.models_list_versions", model_id=first, models_pk_id=listed(first).id)[0].model_version
    wanted = model_type("delete_model_versions_body", "DeleteModelVersionsBody")
    annotation = str(inspect.signature(wanted).parameters["model_versions"].annotation)
    uuids = [UUID(uuid) if "UUID" in annotation else uuid]
    counts = [parsed("model.delete_model_versions", model_versions=uuids, confirm_delete=True).bytes_]
    for name in others:
        counts.append(
            parsed("model.delete_model", model_id=name, workspace_id=int(WORKSPACE), confirm_delete=True).bytes_
        )
    return {"counted": counts, "left": [name for name in names if listed(name) is not None]}


schemas = [Path(path).read_text(encoding="ascii").strip() for path in (INPUTS, OUTPUTS)]
result = {}
for function in ("models_upload_and_convert", "models_upload"):
    for kind, path, framework, sides in (("onnx", ONNX, "onnx", []), ("pytorch", PYTORCH, "pytorch", schemas)):
        name = f"vendor-{kind}-{function.replace('_', '-')}"
        version_id = upload(f"model.{function}", name, path, framework, *sides)
        result[name] = {"id": version_id, "kind": kind, **read(name, version_id)}
if has("delete_model"):
    result["deleted"] = deleted(list(result))
refusal = sent("model.models_get", id=2_000_000_000)
result["refusal"] = [int(refusal.status_code), refusal.parsed.code, refusal.parsed.msg]
made = parsed("workspace.workspaces_create", workspace_name="vendor")
workspaces = parsed("workspace.workspaces_list").workspaces
result["workspace_listed"] = made.workspace_id in [workspace.id for workspace in workspaces]
print(json.dumps(result))
