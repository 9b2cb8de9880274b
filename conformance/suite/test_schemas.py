"""The Arrow schemas of an upload, where the instance shows them again."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.arrow import decode_schema
from conformance.instance.errors import NotJSON, SchemaDecodeError
from conformance.instance.reply import Reply
from conformance.suite.assertions import describe, expect, show
from conformance.suite.configured import VersionReplies
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded

VERSION_PATHS = ("/v1/api/models/get_version_by_id", "/v1/api/models/get_model_version_by_id")
"""Where a release has no such endpoint. Source: client 2023.4.0 (its own calls, its generated part)."""


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("input_schema", marks=requirement("schemas.input-echoed"), id="input_schema"),
        pytest.param("output_schema", marks=requirement("schemas.output-echoed"), id="output_schema"),
    ],
)
def test_uploaded_schema_is_shown_again(
    release: Release, field: str, pytorch_upload: Uploaded, version_replies: VersionReplies
) -> None:
    """The version's schema is the one that was uploaded.

    Upload a PyTorch model with schemas and ask get_version_by_id for its version.
    Expect the same Arrow schema, where the reply has one.
    """
    sent = getattr(pytorch_upload.file, field)
    known = "get_version_by_id" in release.endpoints
    reply = version_replies.of(pytorch_upload) if known else _undocumented_reply(pytorch_upload)
    if not reply.is_success:
        raise NotTestable(f"needs get_version_by_id, but it answered {describe(reply)}")
    shown = _configuration(reply, pytorch_upload.version_id).get(field)
    if shown is None:
        raise NotTestable(f"get_version_by_id shows no {field}, so there is nothing to compare")
    expect(
        _same_schema(shown, sent),
        expected=f"get_version_by_id shows the uploaded {field}, {show(sent)}",
        actual=f"it shows {show(shown)}",
        replies=[reply],
    )


def _undocumented_reply(uploaded: Uploaded) -> Reply:
    """The version by its id, as the clients ask for it. Raises NotTestable where no endpoint shows it."""
    body = {"model_version_id": uploaded.version_id}
    for path in VERSION_PATHS:
        reply = uploaded.models.session.request("POST", path, json=body, idempotent=True)
        if reply.is_success:
            return reply
        if reply.status not in (404, 405):
            break
    raise NotTestable(f"needs get_version_by_id, which this release needn't have; it answered {describe(reply)}")


def _configuration(reply: Reply, version_id: int) -> dict[str, Any]:
    """The version's configuration. Raises NotTestable where the reply holds none of this version."""
    try:
        body = reply.json()
    except NotJSON as error:
        raise NotTestable(f"needs get_version_by_id: {error}") from None
    outer = body.get("model_version") if isinstance(body, dict) else None
    config = outer.get("config") if isinstance(outer, dict) else None
    if not isinstance(config, dict):
        raise NotTestable("get_version_by_id shows no configuration, so there is nothing to compare")
    if config.get("model_version_id", version_id) != version_id:
        raise NotTestable(f"get_version_by_id shows the configuration of another version than {version_id}")
    return config


def _same_schema(shown: Any, sent: str) -> bool:
    """Equal as text, or as Arrow schemas with their metadata: another encoding of one schema is as good."""
    if shown == sent:
        return True
    try:
        return bool(decode_schema(shown).equals(decode_schema(sent), check_metadata=True))
    except SchemaDecodeError:
        return False
