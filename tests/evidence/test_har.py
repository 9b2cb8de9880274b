"""HAR files as tools really write them: nothing lost that is there, nothing made up that isn't, no secret kept."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.evidence import REDACTED, Exchange, exchange_schema, har
from conformance.evidence.har import HarFile, is_har, read_har

API = "https://api.example.com"
LIST = f"{API}/v1/api/models/list"
UPLOAD = f"{API}/v1/api/models/upload_and_convert"
MODEL = bytes(range(256)) * 3
METADATA = '{"name": "a-model", "visibility": "private", "workspace_id": 1}'

Entry = dict[str, Any]
Reads = Callable[..., HarFile]


def entry(url: str = LIST, *, request: Entry | None = None, response: Entry | None = None, **more: Any) -> Entry:
    """What all tools agree on."""
    answer = {"size": 13, "mimeType": "application/json", "text": '{"models":[]}'}
    return {
        "startedDateTime": "2024-07-01T12:00:00.250Z",
        "time": 12.5,
        "request": {"method": "POST", "url": url, "headers": [], "headersSize": -1, "bodySize": -1} | (request or {}),
        "response": {"status": 200, "statusText": "OK", "headers": [], "content": answer} | (response or {}),
        "cache": {},
        "timings": {"send": 1, "wait": 10, "receive": 1.5},
    } | more


def pairs(**values: str) -> list[Entry]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]


def form(boundary: str, file: bytes = MODEL) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n'
    then = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="model.onnx"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    return (head + METADATA + then + kind).encode() + file + f"\r\n--{boundary}--\r\n".encode()


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    def write_and_read(*entries: Any, encoding: str = "utf-8") -> HarFile:
        path = tmp_path / "recording.har"
        document = {"log": {"version": "1.2", "creator": {"name": "a tool", "version": "1"}, "entries": list(entries)}}
        path.write_text(json.dumps(document), encoding=encoding)
        return read_har(path)

    return write_and_read


def only(read: HarFile) -> Exchange:
    (exchange,) = read.exchanges
    jsonschema.validate(json.loads(json.dumps(exchange.to_json())), exchange_schema())
    return exchange


def test_a_call_is_an_exchange(reads: Reads) -> None:
    data = {"mimeType": "application/json", "text": '{"workspace_id": 1}'}
    read = reads(entry(f"{LIST}?verbose=1#part", request={"postData": data, "bodySize": 19}))
    exchange = only(read)
    assert (exchange.request.method, exchange.request.path) == ("POST", "/v1/api/models/list?verbose=1")
    assert (exchange.request.body, exchange.request.size, exchange.request.truncated) == (data["text"], 19, False)
    assert ["Host", "api.example.com"] in exchange.request.headers
    assert ["Content-Type", "application/json"] in exchange.request.headers
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (200, '{"models":[]}')
    assert exchange.response.header("Content-Type") == "application/json"
    assert exchange.started_at == "2024-07-01T12:00:00.250000Z"
    assert exchange.elapsed_seconds == 0.0125
    assert read.origins == {exchange.id: API}


def test_each_host_is_an_origin_of_its_own(reads: Reads) -> None:
    read = reads(entry(LIST), entry("http://other.example.com:8080/v1/api/models/list"))
    assert list(read.origins.values()) == [API, "http://other.example.com:8080"]


@pytest.mark.parametrize("before", ["", "Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: 9\r\n\r\n"])
def test_an_upload_whose_bytes_are_characters_keeps_the_files_digest(reads: Reads, before: str) -> None:
    """mitmproxy writes one character a byte; Firefox too, after the body's own headers."""
    content = before.encode() + form("xyz")
    data = {"mimeType": "multipart/form-data; boundary=xyz", "text": content.decode("latin-1"), "params": []}
    request = only(reads(entry(UPLOAD, request={"postData": data, "bodySize": len(content)}))).request
    assert [(part.name, part.filename, part.text) for part in request.parts] == [
        ("metadata", None, METADATA),
        ("file", "model.onnx", None),
    ]
    assert request.parts[1].sha256 == hashlib.sha256(MODEL).hexdigest()
    assert (request.parts[1].size, request.body, request.truncated) == (len(MODEL), None, False)


def test_an_upload_in_base64_keeps_the_files_digest(reads: Reads) -> None:
    content = form("xyz")
    text = base64.b64encode(content).decode()
    data = {"mimeType": "multipart/form-data; boundary=xyz", "text": text, "encoding": "base64"}
    request = only(reads(entry(UPLOAD, request={"postData": data, "bodySize": len(content)}))).request
    assert request.parts[1].sha256 == hashlib.sha256(MODEL).hexdigest()
    assert not request.truncated


def test_an_upload_whose_bytes_chromium_lost_is_marked(reads: Reads) -> None:
    content = form("xyz")
    data = {"mimeType": "multipart/form-data; boundary=xyz", "text": content.decode("utf-8", "replace")}
    length = pairs(content_length=str(len(content)))
    request = only(reads(entry(UPLOAD, request={"postData": data, "headers": length}))).request
    assert request.truncated
    assert request.parts[0].text == METADATA
    assert request.parts[1].filename == "model.onnx"


def test_a_form_of_params_keeps_its_fields_and_says_that_the_file_is_missing(reads: Reads) -> None:
    """Postman's converters keep names and types, not the file."""
    params = [
        {"name": "metadata", "value": METADATA, "contentType": "application/json"},
        {"name": "file", "fileName": "model.onnx", "contentType": "application/octet-stream"},
    ]
    data = {"mimeType": "multipart/form-data", "params": params}
    request = only(reads(entry(UPLOAD, request={"postData": data, "bodySize": 1000}))).request
    assert [part.text for part in request.parts] == [METADATA, None]
    assert request.truncated


def test_a_form_of_fields_is_its_body(reads: Reads) -> None:
    data = {"mimeType": "application/x-www-form-urlencoded", "params": pairs(grant_type="x y", other="ä")}
    assert only(reads(entry(request={"postData": data}))).request.body == "grant-type=x+y&other=%C3%A4"


def test_a_body_that_was_sent_and_not_kept_is_marked(reads: Reads) -> None:
    request = only(reads(entry(request={"bodySize": 19}))).request
    assert (request.body, request.size, request.truncated) == (None, 19, True)


def test_a_reply_in_base64_is_decoded(reads: Reads) -> None:
    body = '{"msg":"über","code":400}'
    content = {"size": 26, "encoding": "base64", "text": base64.b64encode(body.encode()).decode(), "mimeType": ""}
    response = only(reads(entry(response={"status": 400, "content": content}))).response
    assert response is not None
    assert (response.body, response.truncated) == (body, False)


@pytest.mark.parametrize(
    ("content", "status", "truncated"),
    [
        ({"size": 500, "mimeType": "application/json"}, 200, True),  # the text was left out
        ({"size": 0, "mimeType": "application/json"}, 200, True),  # Chromium had dropped it from its memory
        ({"size": 0}, 204, False),
        ({"size": 0, "text": ""}, 200, False),
        ({"size": 500, "text": '{"models":['}, 200, True),
        ({"size": 7, "compression": 6, "text": '{"models":[]}'}, 200, False),  # mitmproxy: the compressed size
        ({"size": 20, "compression": -7, "text": '{"models":[]}'}, 200, False),
        ({"size": -1, "text": '{"models":[]}'}, 200, False),
        ({"text": "ü"}, 200, False),
    ],
)
def test_what_is_missing_of_a_reply_is_marked(reads: Reads, content: Entry, status: int, truncated: bool) -> None:
    response = only(reads(entry(response={"status": status, "content": content}))).response
    assert response is not None
    assert response.truncated is truncated


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("net::ERR_CONNECTION_REFUSED", "connect"),
        ("net::ERR_CERT_AUTHORITY_INVALID", "tls"),
        ("net::ERR_TIMED_OUT", "timeout"),
        ("net::ERR_TUNNEL_CONNECTION_FAILED", "proxy"),
        ("Client disconnected.", "reset"),
        (None, "reset"),
    ],
)
def test_a_request_that_failed_is_a_failure(reads: Reads, said: str | None, kind: str) -> None:
    exchange = only(reads(entry(response={"status": 0, "content": {}, "_error": said})))
    assert exchange.response is None
    assert exchange.error is not None
    assert exchange.error.kind == kind


def test_a_request_without_a_response_is_a_failure(reads: Reads) -> None:
    assert only(reads(entry() | {"response": None})).error is not None


def test_what_is_no_exchange_is_skipped_and_counted(reads: Reads) -> None:
    read = reads(
        entry("wss://api.example.com/socket"),
        entry(_resourceType="websocket", _webSocketMessages=[{"type": "send", "data": "x"}]),
        entry("data:text/plain,x"),
        entry("blob:https://api.example.com/1"),
        entry("https://api.example.com:443/", request={"method": "CONNECT"}),
        entry(_fromCache="memory"),
        entry(),
    )
    assert len(read.exchanges) == 1
    assert read.skipped == {
        "a WebSocket": 2,
        "not HTTP": 2,
        "a proxy's tunnel": 1,
        "from the browser's cache": 1,
    }


def test_pseudo_headers_are_no_headers(reads: Reads) -> None:
    headers = [{"name": ":method", "value": "POST"}, {"name": ":authority", "value": "x"}, *pairs(accept="*/*")]
    exchange = only(
        reads(entry(request={"headers": headers}, response={"headers": [{"name": ":status", "value": "200"}]}))
    )
    assert [name for name, _ in exchange.request.headers] == ["Host", "accept"]


@pytest.mark.parametrize(
    ("started", "utc"),
    [
        ("2024-07-01T14:00:00.1234567+02:00", "2024-07-01T12:00:00.123456Z"),
        ("2024-07-01T14:00:00+0200", "2024-07-01T12:00:00.000000Z"),
        ("2024-07-01T12:00:00", "2024-07-01T12:00:00.000000Z"),
        ("", "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_times_of_all_spellings(reads: Reads, started: str, utc: str) -> None:
    assert only(reads(entry(startedDateTime=started))).started_at == utc


def test_where_no_time_is_told_the_phases_are_added(reads: Reads) -> None:
    timings = {"blocked": -1, "dns": None, "ssl": 5, "connect": 8, "send": 1, "wait": 10, "receive": 1}
    assert only(reads(entry(time=None, timings=timings))).elapsed_seconds == pytest.approx(0.02)


def test_a_byte_order_mark_is_no_fault(reads: Reads) -> None:
    assert len(reads(entry(), encoding="utf-8-sig").exchanges) == 1


def token(subject: str) -> str:
    """A token that is assembled here, so that none stands in this file."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return ".".join(["ey" + "JhbGciOiJub25lIn0", claims, "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"])


def test_whose_token_it_is_is_told_without_it(reads: Reads) -> None:
    """The first user at an origin is the recording's own, whatever token replaces his first."""
    sent = [pairs(Authorization=f"Bearer {token(who)}") for who in ("ann", "ben", "ann")]
    read = reads(*(entry(request={"headers": headers}) for headers in [*sent, []]))
    assert [exchange.request.credential for exchange in read.exchanges] == ["session", "other", "session", "session"]
    assert all(value == REDACTED for exchange in read.exchanges for name, value in exchange.request.headers[1:])


def test_no_secret_is_kept(reads: Reads) -> None:
    secrets = {
        "jwt": token("ann"),
        "cookie": "0123456789abcdef-crumb",
        "set": "fedcba9876543210-crumb",
        "key": "a-key-of-the-gateway",
        "csrf": "a-csrf-value",
        "query": "a-value-in-the-query",
        "pass": "a-pass-word",
        "user": "a-users-pass",
        "refresh": "a-refresh-value",
    }
    jwt = secrets["jwt"]
    headers = pairs(
        Authorization=f"Bearer {jwt}",
        Cookie=f"theme=dark; sid={secrets['cookie']}",
        X_Api_Key=secrets["key"],
        X_CSRF_Token=secrets["csrf"],
        Referer=f"{API}/?back={jwt}",
    )
    data = {"mimeType": "application/x-www-form-urlencoded", "text": f"grant_type=password&password={secrets['pass']}"}
    body = json.dumps({"echo": secrets["cookie"], "refresh_token": secrets["refresh"], "note": secrets["key"]})
    url = f"https://ann:{secrets['user']}@api.example.com/v1/api/models/list?session_token={secrets['query']}&x=1"
    read = reads(
        entry(
            url,
            request={"headers": headers, "postData": data, "cookies": pairs(sid=secrets["cookie"])},
            response={
                "headers": pairs(Set_Cookie=f"sid={secrets['set']}; Path=/", WWW_Authenticate="Bearer"),
                "content": {"text": body, "size": len(body)},
            },
        )
    )
    kept = json.dumps([exchange.to_json() for exchange in read.exchanges]) + str(read.origins)
    assert {name for name, secret in secrets.items() if secret in kept} == set()
    assert only(read).request.path == f"/v1/api/models/list?session_token={REDACTED}&x=1"
    assert ["WWW-Authenticate", "Bearer"] in read.exchanges[0].response.headers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "isn't a HAR file: not JSON"),
        ("\x00", "isn't a HAR file: not JSON"),
        ("[" * 100_000, "isn't a HAR file: it is nested too deep"),
        ("[]", "it has no list log.entries"),
        ('{"log": {"entries": {}}}', "it has no list log.entries"),
        ('{"log": {"version": "2.0", "entries": []}}', "log.version is '2.0', but only HAR 1.x is known"),
    ],
)
def test_what_is_no_har_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "no.har"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"no\.har") as failure:
        read_har(path)
    assert says in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (7, "entry 2: it must be an object"),
        ({}, "entry 2: request must be an object"),
        (entry(""), "entry 2: request.url must be a string"),
        (entry("http://[::1"), "entry 2: request.url must be a URL"),
        (entry(request={"method": None}), "entry 2: request.method must be a string"),
        (entry(request={"headers": [{}]}), "entry 2: request.headers must be a list"),
        (entry(request={"postData": {"mimeType": "", "text": "ä", "encoding": "base64"}}), "entry 2: "),
        (entry(request={"postData": {"params": {}}}), "entry 2: request.postData.params must be a list"),
        (entry(response={"status": "200"}), "entry 2: response.status must be an HTTP status"),
        (entry(response={"content": []}), "entry 2: response.content must be an object"),
        (entry(startedDateTime="yesterday"), "entry 2: startedDateTime must be an ISO 8601 time"),
    ],
)
def test_a_broken_entry_is_named_with_its_field(reads: Reads, broken: Any, says: str) -> None:
    with pytest.raises(UsageError) as failure:
        reads(entry(), broken)
    assert says in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_file_that_is_too_large_is_refused(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        reads(entry(comment="x" * 2**20))


def test_a_file_of_too_many_entries_is_refused(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_ENTRIES", 2)
    with pytest.raises(UsageError, match="has 3 entries, more than 2"):
        reads(entry(), entry(), entry())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (read_har, is_har):
        with pytest.raises(UsageError, match="can't read"):
            read(tmp_path / "nowhere.har")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.har", "anything", True),
        ("a.json", '\ufeff{\n "log" : {"entries": []}}', True),
        ("exchanges.ndjson", '{"id": "1", "request": {}, "log": {}}', False),
        ("a.json", "{}", False),
    ],
)
def test_a_har_is_told_by_name_or_beginning(tmp_path: Path, name: str, text: str, told: bool) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert is_har(tmp_path / name) is told


def test_a_folder_is_no_har(tmp_path: Path) -> None:
    assert not is_har(tmp_path)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [
        ("startedDateTime",),
        ("time",),
        ("timings",),
        ("_wallaroo",),
        ("request",),
        ("request", "url"),
        ("request", "method"),
        ("request", "headers"),
        ("request", "bodySize"),
        ("request", "postData"),
        ("request", "postData", "text"),
        ("request", "postData", "mimeType"),
        ("request", "postData", "params"),
        ("request", "postData", "encoding"),
        ("response",),
        ("response", "status"),
        ("response", "statusText"),
        ("response", "headers"),
        ("response", "content"),
        ("response", "content", "text"),
        ("response", "content", "size"),
        ("response", "content", "compression"),
        ("response", "content", "mimeType"),
        ("response", "content", "encoding"),
    ]
)


@given(changes=st.lists(st.tuples(PLACES, ANY_JSON), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_field_is_read_or_refused_in_one_line(reads: Reads, changes: list[Any]) -> None:
    data = {"mimeType": "multipart/form-data; boundary=xyz", "text": form("xyz").decode("latin-1"), "params": []}
    changed = json.loads(json.dumps(entry(UPLOAD, request={"postData": data})))
    for (*above, last), value in changes:
        holder = changed
        for key in above:
            holder = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder[last] = value
    said, read = "", HarFile()
    try:
        read = reads(changed)
    except UsageError as failure:
        said = str(failure)
    assert "\n" not in said
    assert "entry 1" in said or len(read.exchanges) + read.skipped.total() == 1
    for exchange in read.exchanges:
        jsonschema.validate(json.loads(json.dumps(exchange.to_json())), exchange_schema())
