"""`exchanges.har`: the run's exchanges for the tools that read HTTP Archive 1.2.

What the format has no place for stands in fields that begin with an underscore, as it allows: whose credential went
along, why there is no reply, digests of files that weren't kept. Source: HTTP Archive 1.2.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from conformance.report.run import RunResult
from conformance.report.text import one_line, printable

if TYPE_CHECKING:
    import harfile

    from conformance.evidence.exchange import Exchange, Part, Request, Response

NO_HOST = "http://embedded-instance.invalid"
"""Stands in URLs for the embedded instance, which had no address that means anything later. Source: RFC 2606."""

_UNKNOWN = -1
_REQUEST_VERSION = "HTTP/1.1"
_RESPONSE_VERSION = "unknown"
_URL_SAFE = "!#$%&'()*+,-./:;=?@[]_~"


def render(run: RunResult) -> bytes:
    """The archive, JSON in ASCII."""
    import harfile

    base = run.target.rstrip("/") if "://" in run.target else NO_HOST
    written = io.StringIO()
    creator = harfile.Creator(name=run.suite.name, version=run.suite.version)
    comment = one_line(f"run {run.run_id} of {run.started_at}, release {run.release}, {run.target}")
    with harfile.open(written, creator=creator, comment=comment) as archive:
        for exchange in run.exchanges.values():
            _add(archive, exchange, base)
    document = json.loads(written.getvalue())
    document["log"].pop("browser")  # there is none
    for entry, exchange in zip(document["log"]["entries"], run.exchanges.values(), strict=True):
        _add_own_fields(entry, exchange)
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def _add(archive: harfile.HarFile, exchange: Exchange, base: str) -> None:
    import harfile

    milliseconds = round(exchange.elapsed_seconds * 1000, 3)
    archive.add_entry(
        startedDateTime=exchange.started_at,
        time=milliseconds,
        request=_request(exchange.request, base),
        response=_response(exchange.response),
        # Only the whole is known; the format wants these three, and that they add up.
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0, comment="only the sum was measured"),
        comment=printable(f"{exchange.check or 'no check'}, exchange {exchange.id}"),
    )


def _request(request: Request, base: str) -> harfile.Request:
    import harfile

    url = base + quote(request.path, safe=_URL_SAFE, errors="replace")
    return harfile.Request(
        method=request.method,
        url=url,
        httpVersion=_REQUEST_VERSION,
        headers=_records(request.headers),
        queryString=_records(parse_qsl(urlsplit(request.path.replace("[", "%5B")).query, keep_blank_values=True)),
        postData=_post_data(request),
        headersSize=_UNKNOWN,
        bodySize=request.size,
    )


def _post_data(request: Request) -> harfile.PostData | None:
    import harfile

    kind = _header(request.headers, "content-type")
    if request.parts:
        return harfile.PostData(mimeType=kind or "multipart/form-data", params=[_param(part) for part in request.parts])
    if not request.size and not request.body and not request.body_base64:
        return None
    text = request.body if request.body_base64 is None else request.body_base64
    comment = _cut(request) if request.truncated else None
    return harfile.PostData(mimeType=kind, text=text or "", comment=comment)


def _param(part: Part) -> harfile.PostParameter:
    import harfile

    return harfile.PostParameter(
        name=part.name,
        value=part.text,
        fileName=part.filename,
        contentType=part.content_type,
        comment=None if part.text is not None else f"{part.size} bytes, SHA-256 {part.sha256}",
    )


def _response(response: Response | None) -> harfile.Response:
    import harfile

    if response is None:
        return harfile.Response(status=0, statusText="", httpVersion=_RESPONSE_VERSION)
    encoded = response.body_base64 is not None
    return harfile.Response(
        status=response.status,
        statusText=response.reason,
        httpVersion=_RESPONSE_VERSION,
        headers=_records(response.headers),
        content=harfile.Content(
            size=response.size,
            mimeType=_header(response.headers, "content-type"),
            text=response.body_base64 if encoded else response.body,
            encoding="base64" if encoded else None,
            comment=_cut(response) if response.truncated else None,
        ),
        redirectURL=_header(response.headers, "location"),
        headersSize=_UNKNOWN,
        bodySize=_UNKNOWN,
    )


def _add_own_fields(entry: dict[str, Any], exchange: Exchange) -> None:
    request, response, failure = exchange.request, exchange.response, exchange.error
    entry["_wallaroo"] = {
        "exchange": exchange.id,
        "check": exchange.check,
        "endpoint": exchange.endpoint,
        "credential": request.credential,
        "error": None if failure is None else {"kind": failure.kind, "message": failure.message},
        "parts": [{"name": part.name, "size": part.size, "sha256": part.sha256} for part in request.parts],
        "request_sha256": request.sha256,
        "response_sha256": None if response is None else response.sha256,
    }
    if failure is not None and response is None:
        entry["response"]["_error"] = f"{failure.kind}: {failure.message}"
    if request.body_base64 is not None and "postData" in entry["request"]:
        entry["request"]["postData"]["_encoding"] = "base64"


def _records(pairs: Sequence[Sequence[str]]) -> list[harfile.Record]:
    import harfile

    return [harfile.Record(name=name, value=value) for name, value in pairs]


def _header(headers: Sequence[Sequence[str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _cut(message: Request | Response) -> str:
    return f"the beginning of {message.size} bytes"
