"""Requests that can't be served, to an instance that has proven to serve those that can."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from conformance.errors import NotTestable
from conformance.instance.errors import InstanceFailure
from conformance.instance.models import upload_parts
from conformance.instance.multipart import MultipartBody
from conformance.instance.reply import Reply
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import ABSENT, changed, metadata_for
from conformance.suite.probes import UPLOAD, Probes
from conformance.suite.rows import unknown_id
from conformance.suite.uploads import Uploaded

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
FORM = {"Content-Type": "multipart/form-data; boundary=empty"}

Content = str | MultipartBody

GATEWAY_STATUSES = frozenset({401, 407, 429, 502, 503, 504})
"""What a gateway before the API may answer in its own words. Source: recorded ("Jwt is missing")."""


MISSING: Final = "a missing field"
MALFORMED: Final = ("truncated JSON", "a text that isn't JSON")
UNSERVABLE: Final = (*MALFORMED, "another content type", "an empty body")
ENVELOPED: Final = {
    "get_by_id": (MISSING, "truncated JSON", "an unknown id"),
    "get": (MISSING, "truncated JSON", "an unknown id"),
}
"""What is sent for its refusal's sake; to the other endpoints the first two."""


class Refusals:
    """Requests that can't be served, by endpoint and kind; each is sent once and its reply kept."""

    def __init__(self, context: SuiteContext, uploaded: Uploaded, probes: Probes) -> None:
        self.probes = probes
        self._context = context
        self._uploaded = uploaded
        self._outcomes: dict[tuple[str, str], Reply | InstanceFailure] = {}

    def reply(self, endpoint: str, kind: str) -> Reply:
        """The reply to one kind of request. Raises InstanceFailure, again and again, where none came."""
        if (endpoint, kind) not in self._outcomes:
            try:
                self._outcomes[endpoint, kind] = self._send(endpoint, kind)
            except InstanceFailure as failure:
                self._outcomes[endpoint, kind] = failure
        outcome = self._outcomes[endpoint, kind]
        # Another check may have sent the request; the evidence names it here too.
        self._context.recorder.touch(outcome.exchange.id)
        if isinstance(outcome, InstanceFailure):
            raise outcome
        return outcome

    def of_the_api(self, endpoint: str) -> dict[str, Reply]:
        """The refusals that the API itself makes, by kind. Raises NotTestable where there is none."""
        found = {}
        for kind in ENVELOPED.get(endpoint, (MISSING, "truncated JSON")):
            with suppress(InstanceFailure):
                reply = self.reply(endpoint, kind)
                if reply.status >= 400 and reply.status not in GATEWAY_STATUSES:
                    found[kind] = reply
        if not found:
            raise NotTestable(f"{endpoint} refuses none of the requests that can't be served")
        return found

    def _send(self, endpoint: str, kind: str) -> Reply:
        content, headers = self._request(endpoint, kind)
        return self._context.session.request(
            "POST", self._context.release.endpoints[endpoint], endpoint=endpoint, data=content, headers=headers
        )

    def _request(self, endpoint: str, kind: str) -> tuple[Content, Mapping[str, str] | None]:
        if kind == MISSING:
            return (self._nameless_upload(), None) if endpoint == UPLOAD else ("{}", JSON)
        if kind == "an unknown id":
            return json.dumps({"id": unknown_id(self._context)}), JSON
        if kind == "an empty body":
            return "", FORM if endpoint == UPLOAD else JSON
        if kind == "a text that isn't JSON":
            return "this is not JSON", JSON
        if kind == "another content type":
            return "this is plain text", TEXT
        body = {"name": "none"} if endpoint == UPLOAD else self.probes.body(endpoint)
        return json.dumps(body)[:-1], JSON

    def _nameless_upload(self) -> MultipartBody:
        file = self.probes.refused_file
        metadata = metadata_for(file, "none", self._uploaded.workspace_id)
        return MultipartBody(upload_parts(file, changed(metadata, "name", ABSENT)))
