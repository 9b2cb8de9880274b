"""What the vendor's SDK is made to do, by the interpreter that has it: prints one JSON object. Not a test module.

Arguments: the instance's URL, an ONNX file, a PyTorch file, and whether to use the calls that ask GraphQL. User name
and password come from the environment, as the SDK reads them.
"""

import inspect
import json
import os
import sys

import pyarrow
import wallaroo
from wallaroo.framework import Framework

url, onnx, pytorch, graphql = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "graphql"
os.environ["WALLAROO_URL"] = url
options = {"api_endpoint": url, "auth_type": "user_password", "interactive": False}
if "auth_endpoint" in inspect.signature(wallaroo.Client.__init__).parameters:
    options["auth_endpoint"] = url
client = wallaroo.Client(**options)
workspace = client.create_workspace("sdk-workspace")
client.set_current_workspace(workspace)


def floats(**sizes):
    return pyarrow.schema([(name, pyarrow.list_(pyarrow.float32(), size)) for name, size in sizes.items()])


uploaded = [
    client.upload_model("sdk-onnx", onnx, framework=Framework.ONNX),
    client.upload_model(
        "sdk-pytorch",
        pytorch,
        framework=Framework.PYTORCH,
        input_schema=floats(input_1=10, input_2=5),
        output_schema=floats(output_1=3, output_2=2),
        convert_wait=graphql,
    ),
]
models = {model.name(): model for model in client.list_models()}
said = {
    "workspaces": [workspace.id() for workspace in client.list_workspaces()],
    "workspace": workspace.id(),
    "uploaded": [version.id() for version in uploaded],
    "runtimes": [version.config().runtime() for version in uploaded],
    "listed": sorted(models),
    "digests": {name: [version.sha() for version in model.versions()] for name, model in models.items()},
}
if graphql:
    said["names"] = [version.name() for version in uploaded]
    said["statuses"] = [str(getattr(version.status(), "value", version.status())) for version in uploaded]
    said["current"] = client.get_current_workspace().id()
    said["shown"] = [bool(repr(version)) for version in uploaded]
    said["found"] = workspace.name()
print(json.dumps(said))
