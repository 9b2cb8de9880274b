"""What the vendor's SDK is made to do, by the interpreter that has it: prints one JSON object. Not a test module.

REST only: `status()` and the like ask a GraphQL service that the contract doesn't have.
"""

import json
import os
import sys

import pyarrow
import wallaroo
from wallaroo.framework import Framework
from wallaroo.workspace import Workspace

url, workspace_id, onnx, pytorch = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.environ["WALLAROO_URL"] = url
client = wallaroo.Client(api_endpoint=url, auth_endpoint=url, auth_type="user_password", interactive=False)
client.set_current_workspace(Workspace(client, {"id": workspace_id}))


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
        convert_wait=False,
    ),
]
models = {model.name(): model for model in client.list_models()}
print(
    json.dumps(
        {
            "uploaded": [version.id() for version in uploaded],
            "runtimes": [version.config().runtime() for version in uploaded],
            "listed": sorted(models),
            "digests": {name: [version.sha() for version in model.versions()] for name, model in models.items()},
        }
    )
)
