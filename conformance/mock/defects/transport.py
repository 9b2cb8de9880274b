"""What a reply is wrapped in, and whether curl is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.contract import Release
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Answer, Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.forms import file_part, metadata_part
from conformance.mock.defects.kinds import framework_of, raw_fields, reply_changed
from conformance.mock.defects.observations import documented, seen, shown_status, status_of
from conformance.mock.defects.samples import onnx_model
from conformance.mock.defects.sequences import documented_reads
from conformance.mock.records import Metadata, Upload, User
from conformance.mock.replies import Call, Refusal, Reply
from conformance.mock.wrapping import Wrapper, answer, is_from_curl

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


DOCS_PATH = "/v1/api/docs"
CURL = {"User-Agent": "curl/8.5.0"}
_PAGE = "<!DOCTYPE html><html><body>Sign in</body></html>"
_FRONT = b"<!DOCTYPE html><html><body>Welcome</body></html>"
_BLOCKED = json.dumps({"msg": "Forbidden.", "code": 403}).encode()


def _labelled(endpoint: str, content_type: str) -> type[Behaviour]:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.content_type = content_type

    return reply_changed(endpoint, put)


def _replaced(endpoint: str, content: str, content_type: str) -> type[Behaviour]:
    """Another body of an endpoint's successes, with the same status."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        from starlette.responses import Response

        reply.response = Response(content, reply.status, media_type=content_type)

    return reply_changed(endpoint, put)


class _Docs(Wrapper):
    status = 404
    content = b""
    content_type = "application/json"

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == DOCS_PATH:
            await answer(receive, send, self.status, self.content, {"content-type": self.content_type})
        else:
            await self.app(scope, receive, send)


class _NoDocs(_Docs):
    content = json.dumps({"msg": "Not Found", "code": 404}).encode()


class _FrontPage(_Docs):
    status = 200
    content = _FRONT
    content_type = "text/html"


class _DocumentForPage(_Docs):
    status = 200
    content = b'{"openapi": "3.1.0"}'


def _before(wrap: Callable[[ASGIApp], ASGIApp]) -> type[Behaviour]:
    class Before(Behaviour):
        def application(self, app: ASGIApp) -> ASGIApp:
            return wrap(super().application(app))

    return Before


def _curl_blocked(endpoint: str) -> type[Behaviour]:
    """Refuses one endpoint to curl."""

    class CurlBlocked(Wrapper):
        async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == f"/v1/api/models/{endpoint}" and is_from_curl(scope):
                await answer(receive, send, 403, _BLOCKED, {"content-type": "application/json"})
            else:
                await self.app(scope, receive, send)

    return _before(CurlBlocked)


class _NoticesCurl(Behaviour):
    """Knows whether curl sends the upload that is being checked."""

    framework = ""
    _from_curl = False

    def application(self, app: ASGIApp) -> ASGIApp:
        behaviour = self

        class Noticing(Wrapper):
            async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
                async def receiving() -> Any:
                    message = await receive()
                    # Checked right after the last bytes came: nothing else is served in between.
                    behaviour._from_curl = is_from_curl(scope)
                    return message

                await self.app(scope, receiving, send)

        return Noticing(super().application(app))

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        if self._from_curl and framework_of(raw_fields(upload)) == self.framework:
            raise Refusal(403, "Forbidden.")
        return super().check_upload(upload, user)


def _curl_upload_blocked(framework: str) -> type[Behaviour]:
    return type("CurlUploadBlocked", (_NoticesCurl,), {"framework": framework})


# probes


def _label(endpoint: str) -> Probe:
    return seen(
        f"the Content-Type of {endpoint}", lambda client: documented(client, endpoint).headers.get("content-type")
    )


def _body(endpoint: str) -> Probe:
    return seen(f"the body of {endpoint}", lambda client: type(documented(client, endpoint).body).__name__)


def _docs(client: Client) -> str:
    reply = client.send("GET", DOCS_PATH, token=None)
    page = "with" if b"swagger" in reply.content.lower() else "without"
    return f"{DOCS_PATH}: answered {shown_status(reply)}, {reply.headers.get('content-type')}, {page} Swagger UI"


def _curl_read(endpoint: str) -> Probe:
    def ask(client: Client) -> Answer:
        return client.ask(endpoint, client.upload(), headers=CURL)

    return status_of(f"{endpoint} through curl", ask)


def _curl_upload(framework: str) -> Probe:
    def ask(client: Client) -> Answer:
        metadata = metadata_part(client.metadata(client.name(), framework), file_name="metadata.json")
        return client.upload_parts([metadata, file_part(onnx_model("curl"))], CURL)

    return status_of(f"an upload of {framework} through curl", ask)


def transport_defects(release: Release) -> Iterator[Defect]:
    """All of them."""
    docs = ("api.docs-page",)
    yield Defect("api.docs.missing", "There is no documentation page.", docs, _before(_NoDocs), _docs)
    yield Defect(
        "api.docs.front-page",
        "In place of the documentation there is a page of welcome.",
        docs,
        _before(_FrontPage),
        _docs,
    )
    yield Defect(
        "api.docs.json",
        "In place of the documentation page there is a JSON document.",
        docs,
        _before(_DocumentForPage),
        _docs,
    )
    labels = ("text/plain", "text/html", "application/octet-stream")
    for number, endpoint in enumerate(release.probed):
        word = endpoint.replace("_", "-")
        fields = tuple(requirement.id for requirement in release.fields(endpoint))
        label = labels[number % len(labels)]
        yield Defect(
            f"api.content-type.{word}",
            f"{endpoint} labels its replies {label}.",
            ("api.json-content-type",),
            _labelled(endpoint, label),
            _label(endpoint),
        )
        yield Defect(
            f"api.reply.{word}.html",
            f"{endpoint} answers an HTML page with success.",
            (*fields, "api.json-content-type"),
            _replaced(endpoint, _PAGE, "text/html"),
            _body(endpoint),
        )
        yield Defect(
            f"api.reply.{word}.empty",
            f"{endpoint} answers success without a body.",
            fields,
            _replaced(endpoint, "", "application/json"),
            _body(endpoint),
        )
    for endpoint in documented_reads(release):
        yield Defect(
            f"curl.{endpoint.replace('_', '-')}.blocked",
            f"{endpoint} is refused to curl.",
            ("journey.curl",),
            _curl_blocked(endpoint),
            _curl_read(endpoint),
        )
    for framework in ("onnx", "pytorch"):
        yield Defect(
            f"curl.{framework}-upload.blocked",
            f"Uploads of {framework} models are refused to curl.",
            (f"upload.{framework}-curl-example",),
            _curl_upload_blocked(framework),
            _curl_upload(framework),
        )
