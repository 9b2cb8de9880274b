"""One call and its answer: what every endpoint takes and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.mock.records import Upload, User

if TYPE_CHECKING:
    from starlette.responses import Response


class Refusal(Exception):
    """The request isn't carried out. Becomes the envelope `{msg, code}`; `code` is the HTTP status.

    Source: recorded (2023.3, 2023.4: `{"msg": ..., "code": 400}`) and the vendor's generated client.
    """

    def __init__(self, status: int, msg: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(msg)
        self.status = status
        self.msg = msg
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Call:
    """One request as far as it is understood: `payload` is the JSON body, `upload` the parts of an upload."""

    endpoint: str
    user: User | None = None
    payload: Any = None
    upload: Upload | None = None


@dataclass(slots=True)
class Reply:
    """An answer before it is sent. `response`, where set, is sent instead of everything else here."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    response: Response | None = None

    def render(self) -> Response:
        """The answer as compact JSON without a trailing newline (recorded: 2025.2.1)."""
        from starlette.responses import Response

        if self.response is not None:
            return self.response
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return Response(text, self.status, self.headers, self.content_type)


def refusal_reply(refusal: Refusal) -> Reply:
    """The error envelope of a refusal."""
    return Reply(refusal.status, {"msg": refusal.msg, "code": refusal.status}, dict(refusal.headers))
