"""A secret of no use, planted wherever a secret can go: if it isn't in what a run leaves, no other should be.

It is sent to the instance in requests that can change nothing: a list of the versions of a model that doesn't exist,
the same as a form, which is no way to ask for it, and a path that isn't there. They are recorded as `canary`.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from conformance.errors import ConformanceError
from conformance.evidence.exchange import Exchange
from conformance.evidence.shapes import REDACTED
from conformance.instance.multipart import FormPart, MultipartBody
from conformance.instance.session import Session

CHECK = "canary"
"""What the recording names as the check of the canary's exchanges."""

PATIENCE: Final = 10.0  #: seconds for a reply; ours
ABSENT: Final = 2**31 - 1  #: a number that no model has
_HEADERS = ("X-Conformance-Canary", "Cookie", "X-Auth-Token")
_FIELDS = ("model_id", "password")
_FILE = "file"


@dataclass
class Canary:
    """The secret of one run, and what became of it. `failure` is the text of the exception that it stood in."""

    secret: str
    planted: bool = False
    failure: str | None = None

    @classmethod
    def new(cls) -> Canary:
        """One that no other run has."""
        return cls(f"canary-{secrets.token_hex(16)}")

    def __repr__(self) -> str:
        return f"Canary(planted={self.planted})"

    def plant(self, path: str, session: Callable[[float], Session]) -> None:
        """Send it in every place of a request to `path`, which only reads, in sessions that wait so many seconds.

        Whatever the instance does to that is no matter.
        """
        self.planted = True
        body = {_FIELDS[0]: f"conf-{self.secret}", "models_pk_id": ABSENT, _FIELDS[1]: self.secret}
        headers = {name: f"session={self.secret}" if name == "Cookie" else self.secret for name in _HEADERS}
        parts = [
            FormPart("metadata", json.dumps(body).encode(), content_type="application/json"),
            FormPart(_FILE, b"nothing", filename=f"{self.secret}.txt", content_type="text/plain"),
        ]
        with session(PATIENCE) as patient:
            with contextlib.suppress(ConformanceError):
                patient.request("POST", f"{path}?canary={self.secret}", json=body, headers=headers, idempotent=True)
            with contextlib.suppress(ConformanceError):
                patient.request("POST", path, data=MultipartBody(parts))
        # No reply is quick enough for no time at all, so the text of the failure names the path.
        with session(0.0) as impatient:
            try:
                impatient.request("GET", f"{path}/{self.secret}")
            except ConformanceError as failure:
                self.failure = str(failure)

    def missing(self, exchanges: Iterable[Exchange]) -> str | None:
        """The first place where it was planted and the recording doesn't show that something was removed; None: none.

        `exchanges` are the recorded ones, of which those of other checks don't matter.
        """
        if not self.planted:
            return None
        found = [exchange for exchange in exchanges if exchange.check == CHECK]
        asked = next((x for x in found if REDACTED in x.request.path and x.request.body is not None), None)
        sent = next((x for x in found if x.request.parts), None)
        failed = next((x for x in found if x.request.method == "GET" and REDACTED in x.request.path), None)
        if asked is None:
            return "a URL's query"
        if sent is None:
            return "a form"
        if failed is None:
            return "a path"
        return next((place for place, shown in _places(asked, sent, self.failure) if not shown), None)


def _places(asked: Exchange, sent: Exchange, failure: str | None) -> Iterable[tuple[str, bool]]:
    """Each place beside the paths, and whether something was removed there."""
    values = {name.lower(): value for name, value in asked.request.headers}
    for name in _HEADERS:
        yield f"the header {name}", REDACTED in values.get(name.lower(), "")
    for place, text in (("a body", asked.request.body), ("a form's metadata", sent.request.parts[0].text)):
        fields = _fields(text)
        for name in _FIELDS:
            yield f"the field {name} of {place}", REDACTED in fields.get(name, "")
    names = [part.filename or "" for part in sent.request.parts if part.name == _FILE]
    yield "a file's name", any(REDACTED in name for name in names)
    yield "the text of a failure", failure is not None and REDACTED in failure


def _fields(text: str | None) -> dict[str, str]:
    try:
        document = json.loads(text or "")
    except ValueError:
        return {}
    return {key: str(value) for key, value in document.items()} if isinstance(document, dict) else {}
