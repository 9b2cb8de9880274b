"""The instance's own OpenAPI document: found where its page leads to, and never beyond the instance or the bounds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.errors import Unreachable
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor
from conformance.instance.session import Session
from conformance.instance.target import Target
from conformance.mock import MockInstance
from conformance.running.openapi_document import MAX_DIFFERENCES, MAX_REQUESTS, FetchedDocument, compared, fetch
from tests.servers import Answer, closed_port, serving

DOCUMENT = {"openapi": "3.0.3", "info": {"title": "An API", "version": "7"}, "paths": {"/v1/api/models/list": {}}}
JSON = json.dumps(DOCUMENT).encode()
DOCS = "/v1/api/docs"

Pages = dict[str, bytes | tuple[str, bytes]]
"""Bodies by path, perhaps with their content type."""


@contextmanager
def session_on(pages: Pages, base: str = "") -> Iterator[tuple[Session, Recorder]]:
    def answer(path: str, _body: bytes) -> Answer:
        found = pages.get(path)
        if found is None:
            return 404, "application/json", b'{"msg": "not found", "code": 404}'
        kind, content = found if isinstance(found, tuple) else ("text/html", found)
        return 200, kind, content

    recorder = Recorder()
    with serving(answer) as url, Session(Target.parse(url + base), None, recorder) as session:
        yield session, recorder


def fetched(pages: Pages, base: str = "") -> tuple[FetchedDocument | None, list[str]]:
    """What was found, and the paths that were asked for."""
    with session_on(pages, base) as (session, recorder):
        return fetch(session), [exchange.request.path for exchange in recorder.exchanges]


def found_at(pages: Pages, base: str = "") -> str | None:
    document, _ = fetched(pages, base)
    return document.path if document else None


def test_the_docs_may_be_the_document_itself() -> None:
    document, asked = fetched({DOCS: ("application/json", JSON)})
    assert document == FetchedDocument(DOCS, hashlib.sha256(JSON).hexdigest(), DOCUMENT)
    assert asked == [DOCS]


@pytest.mark.parametrize(
    "page",
    [
        '<script>SwaggerUIBundle({url: "/v1/api/x.json", dom_id: "#ui"})</script>',
        "<script>SwaggerUIBundle({ url : '../api/x.json' })</script>",
        '<script>SwaggerUIBundle({"url": "x.json"})</script>',
        '<script>SwaggerUIBundle({urls: [{url: "https://pets.example/v2/swagger.json"}, {url: "x.json"}]})</script>',
        '<redoc spec-url="x.json"></redoc>',
        '<rapi-doc spec-url = "x.json?format=json"></rapi-doc>',
        '<script id="api-reference" data-url="x.json"></script>',
        '<a href="/v1/api/x.json">Download</a>',
        '<link rel="alternate" href="x.json">',
    ],
)
def test_what_a_page_names_is_followed(page: str) -> None:
    pages: Pages = {DOCS: page.encode(), "/v1/api/x.json": JSON, "/v1/api/x.json?format=json": JSON}
    assert (found_at(pages) or "").startswith("/v1/api/x.json")


def test_what_a_script_of_the_page_names_is_taken_as_relative_to_the_page() -> None:
    pages: Pages = {
        DOCS: b'<script src="docs/swagger-ui-bundle.js"></script><script src="./docs/init.js"></script>',
        "/v1/api/docs/init.js": ("text/javascript", b'SwaggerUIBundle({url: "openapi.yaml"})'),
        "/v1/api/openapi.yaml": b"openapi: 3.1.0\npaths: {}\n",
    }
    document, asked = fetched(pages)
    assert document is not None
    assert document.content == {"openapi": "3.1.0", "paths": {}}
    assert asked == [DOCS, "/v1/api/docs/init.js", "/v1/api/openapi.yaml"]


@pytest.mark.parametrize("path", ["/v1/api/openapi.json", "/v1/api/docs/openapi.json", "/api-docs/openapi.json"])
def test_a_well_known_place_is_tried_where_no_page_names_one(path: str) -> None:
    assert found_at({DOCS: b"<h1>Sign in</h1>", path: JSON}) == path
    assert found_at({path: JSON}) == path


def test_an_instance_below_a_path_is_asked_below_it() -> None:
    pages: Pages = {f"/wallaroo{DOCS}": b'<redoc spec-url="/wallaroo/x.json">', "/wallaroo/x.json": JSON}
    assert found_at(pages, "/wallaroo") == "/x.json"
    pages = {f"/wallaroo{DOCS}": b'<redoc spec-url="/x.json">', "/x.json": JSON}
    assert found_at(pages, "/wallaroo") is None


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/x.json",
        "//elsewhere.example/x.json",
        "http://127.0.0.1:1/x.json",
        "file:///x.json",
        "javascript:alert(1).json",
        "http://[broken/x.json",
        "http://user:pw@example.com/x.json",
    ],
)
def test_another_origin_is_never_asked(link: str) -> None:
    document, asked = fetched({DOCS: f'<script>ui({{url: "{link}"}})</script>'.encode()})
    assert document is None
    assert all(path.startswith(("/v1/api/", "/api-docs/")) for path in asked)


def test_no_more_than_a_few_requests_are_sent() -> None:
    links = "".join(f'<a href="{n}.json">' for n in range(500))
    document, asked = fetched({DOCS: links.encode(), **{f"/v1/api/{n}.json": links.encode() for n in range(500)}})
    assert document is None
    assert len(asked) == MAX_REQUESTS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"openapi": "3.0.0"}',
        b'{"openapi": "3.0.0", "paths": []}',
        b'{"openapi": 3, "paths": {}}',
        b'{"swagger": "2.0", "paths": {}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"openapi": "3.0.0", "paths": {' + b" " * (9 * 2**20) + b"}}",
        b"openapi: 3.0.0\npaths: &a\n  x: *a\n",
        b"openapi: 3.0.0\na: &a [x, x]\nb: &b [*a, *a]\npaths: {y: *b}\n",
        b"openapi: 3.0.0\npaths: " + b"[" * 500 + b"]" * 500,
        b"openapi: 3.0.0\npaths: {x: " + b"y" * 2**20 + b"}",
        b"openapi: 3.0.0\npaths: !!python/object/apply:os.system ['true']\n",
        b"openapi: 3.0.0\npaths: {]\n",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_what_is_no_document_that_can_be_used_is_none(content: bytes) -> None:
    assert found_at({DOCS: ("application/json", content)}) is None


def test_a_target_without_documentation_shows_none() -> None:
    assert fetched({})[0] is None


def test_a_target_without_an_answer_is_asked_once() -> None:
    recorder = Recorder()
    with (
        Session(Target.parse(closed_port()), None, recorder) as session,
        pytest.raises(Unreachable, match="refuses the connection"),
    ):
        fetch(session)
    assert len(recorder.exchanges) == 1


@pytest.mark.parametrize("name", release_ids())
def test_the_embedded_instances_document_says_what_its_contract_does(name: str) -> None:
    with MockInstance(release=name) as mock, Session(Target.parse(mock.url), None, Recorder()) as session:
        document = fetch(session)
    assert document is not None
    shown = compared(load_release(name), document, Redactor())
    assert (shown.url, shown.version, shown.differences) == ("/v1/api/openapi.json", name, ())
    assert shown.count() == "says what the contract does"


def beside(content: Any, release: str = "2023.4", redact: Callable[[Redactor], None] = lambda _: None) -> Any:
    redactor = Redactor()
    redact(redactor)
    return compared(load_release(release), FetchedDocument("/x", "0" * 64, content), redactor)


def test_what_a_document_says_otherwise_is_counted() -> None:
    document = json.loads(json.dumps(load_release("2024.1").openapi, default=str))
    shown = beside(document)
    said = shown.count()
    assert said.startswith("differs from the contract: 2 endpoints more, 5 fields lacking, 5 fields more")
    lacking = beside(load_release("2023.4").openapi, "2024.1").count()
    assert lacking.startswith("differs from the contract: 2 endpoints lacking, 5 fields lacking, 5 fields more")


def test_a_huge_document_is_listed_up_to_a_bound_and_an_endless_one_refused() -> None:
    many = {"openapi": "3.0.0", "paths": {f"/x{n}": {"post": {}} for n in range(MAX_DIFFERENCES * 2)}}
    shown = beside(many)
    assert (len(shown.differences), shown.omitted) == (MAX_DIFFERENCES, MAX_DIFFERENCES + 6)
    assert f"{shown.omitted} differences not listed" in shown.count()
    schemas = {f"S{n}": {"anyOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 9} for n in range(9)}
    reply = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}
    endless = {"paths": {"/x": {"post": {"responses": reply}}}, "components": {"schemas": schemas}}
    assert beside(endless).count() == "can't be compared with the contract: it describes more than is compared"


def test_its_own_words_are_shown_short_and_without_secrets() -> None:
    info = {"title": "a\x1b[2J secret-of-the-run " + "x" * 999, "version": ["no", "text"]}
    shown = beside({**DOCUMENT, "info": info}, redact=lambda redactor: redactor.add("secret-of-the-run"))
    assert shown.title.startswith("a\\x1b[2J [redacted] xxx")
    assert len(shown.title) == 200
    assert shown.version == "['no', 'text']"
    hostile = {"openapi": "3.0.0", "paths": {"/x\x1b secret-of-the-run": {"post": {}}}}
    (one, *_) = [
        d for d in beside(hostile, redact=lambda redactor: redactor.add("secret-of-the-run")).differences if d.added
    ]
    assert one.path == "/x\\x1b [redacted]"
    assert beside({**DOCUMENT, "info": 7}).title == ""
