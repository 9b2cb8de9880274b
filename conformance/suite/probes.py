"""One valid request an endpoint, about one uploaded model, sent with whatever credentials a check wants."""

from __future__ import annotations

from typing import Any

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.credentials import Secret
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import upload_parts
from conformance.instance.multipart import FormPart, MultipartBody
from conformance.instance.reply import Reply
from conformance.instance.session import SESSION_TOKEN, Session, Unset
from conformance.suite.assertions import describe
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import metadata_for
from conformance.suite.tokens import Forgery
from conformance.suite.uploads import Uploaded, unique_file

UPLOAD = "upload_and_convert"
SHOWS_VERSION = ("get_version_by_id", "get_model_version_by_id")
BY_VERSION = (*SHOWS_VERSION, "get_upload_logs")
"""The endpoints that take a version's id as `model_version_id`. Source: clients 2024.4.4 and 2025.2.5."""


def is_documented(release: Release, endpoint: str) -> bool:
    """Whether the release's documentation shows a call of the endpoint."""
    return any(example.endpoint == endpoint for example in release.examples)


class Probes:
    """Requests that differ in nothing but their token. What one check has asked, the next needn't ask anew."""

    def __init__(self, context: SuiteContext, uploaded: Uploaded) -> None:
        self.refused_file: ModelFile = unique_file(context.onnx_model, "refused")
        self.endpoints = context.release.probed
        """What can be asked, in the contract's order."""
        self._context = context
        self._paths = context.release.endpoints
        self._uploaded = uploaded
        self._answered: dict[str, tuple[dict[str, Any], Reply]] = {}
        self._anonymous: dict[str, Reply] = {}

    def answered(self, endpoint: str) -> Reply:
        """The reply with the run's token, a success where the instance knows any documented body."""
        reply = self._uploaded.reply if endpoint == UPLOAD else self._answer(endpoint)[1]
        return _used(reply)

    def accepted(self, endpoint: str) -> Reply:
        """The successful reply with the run's token. Raises NotTestable where there is none to compare with."""
        reply = self.answered(endpoint)
        if not reply.is_success:
            raise NotTestable(f"needs {endpoint} to work with the run's token, but it answered {describe(reply)}")
        return reply

    def body(self, endpoint: str) -> dict[str, Any]:
        """The JSON of the request that `answered` is the reply to."""
        return self._answer(endpoint)[0]

    def anonymous(self, endpoint: str) -> Reply:
        """The reply to the same request without a token. Raises NotTestable as `accepted` does."""
        self.accepted(endpoint)
        if endpoint not in self._anonymous:
            self._anonymous[endpoint] = self.send(endpoint, token=None)
        return _used(self._anonymous[endpoint])

    def send(
        self,
        endpoint: str,
        *,
        token: Forgery | str | Unset | None = SESSION_TOKEN,
        session: Session | None = None,
    ) -> Reply:
        """Send the request anew; what is uploaded is `refused_file` under a name of its own.

        `token` is the session's, none, a literal one or a forged one.
        """
        session = session or self._context.session
        path, headers = self._paths[endpoint], None
        if isinstance(token, Forgery):
            # As a header: the redactor knows a forged token by its parts, and learning it whole takes long.
            headers, token = {"Authorization": Secret(f"Bearer {token.token}")}, None
        if endpoint == UPLOAD:
            data = MultipartBody(self._form())
            return session.request("POST", path, endpoint=endpoint, data=data, headers=headers, token=token)
        body = self.body(endpoint)
        return session.request("POST", path, endpoint=endpoint, json=body, headers=headers, token=token)

    def _form(self) -> list[FormPart]:
        name = self._context.name("probes", "refused")
        return upload_parts(self.refused_file, metadata_for(self.refused_file, name, self._uploaded.workspace_id))

    def _answer(self, endpoint: str) -> tuple[dict[str, Any], Reply]:
        if endpoint not in self._answered:
            for body in self._candidates(endpoint):
                reply = self._context.session.request("POST", self._paths[endpoint], endpoint=endpoint, json=body)
                self._answered[endpoint] = body, reply
                if reply.is_success:
                    break
        return self._answered[endpoint]

    def _candidates(self, endpoint: str) -> list[dict[str, Any]]:
        """The bodies by which an instance may know the model, the likeliest first.

        Source: documentation, each endpoint's example; for the second ones the parameter tables of get_config_by_id
        and get; for what isn't documented the clients of the release.
        """
        model = self._uploaded
        if endpoint in BY_VERSION:
            return [{"model_version_id": model.version_id}]
        if endpoint == "list_versions_for_model":
            return [{"model_id": model.name, "workspace_id": model.workspace_id}]
        if endpoint == "list":
            return [{"workspace_id": model.workspace_id}]
        if endpoint == "get_by_id":
            return [{"id": model.model_id}]
        if endpoint == "list_versions":
            return [{"model_id": model.name, "models_pk_id": model.model_id}]
        if endpoint == "get_config_by_id":
            return [{"model_id": model.version_id}, {"model_id": model.model_id}]
        return [{"id": model.model_id}, {"model_id": model.model_id}]


def _used(reply: Reply) -> Reply:
    """Say that the running check uses a reply that another one may have fetched."""
    _ = reply.status
    return reply
