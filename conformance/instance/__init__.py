"""Talking to an instance: the session, credentials, the endpoints, streaming uploads, the Arrow schema codec."""

from conformance.instance.arrow import decode_schema, encode_schema
from conformance.instance.credentials import EnvironmentToken, FileToken, TokenSource, token_source
from conformance.instance.errors import InstanceFailure, NotJSON, SchemaDecodeError, TargetUnreachable
from conformance.instance.ledger import Ledger
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models, uploaded_version_id
from conformance.instance.multipart import FormPart, MultipartBody
from conformance.instance.reply import Reply
from conformance.instance.session import SESSION_TOKEN, UNSET, Session, Unset
from conformance.instance.target import Target
from conformance.instance.workspaces import Workspaces, workspace_id

__all__ = [
    "SESSION_TOKEN",
    "UNSET",
    "EnvironmentToken",
    "FileToken",
    "FormPart",
    "InstanceFailure",
    "Ledger",
    "ModelFile",
    "Models",
    "MultipartBody",
    "NotJSON",
    "Reply",
    "SchemaDecodeError",
    "Session",
    "Target",
    "TargetUnreachable",
    "TokenSource",
    "Unset",
    "Workspaces",
    "decode_schema",
    "encode_schema",
    "token_source",
    "uploaded_version_id",
    "workspace_id",
]
