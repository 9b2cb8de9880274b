"""Fetching the instance's own OpenAPI document: `/v1/api/docs` and what it links to, within small bounds.

Whatever the instance answers is only read: links to other hosts aren't followed, and a document that is too large, too
deep or no OpenAPI 3 counts as none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml

from conformance.contract import Release
from conformance.contract.openapi_diff import Difference, deviations
from conformance.contract.openapi_flat import TooComplex
from conformance.errors import ConformanceError, NotTestable
from conformance.evidence.redaction import Redactor
from conformance.instance.breaker import SILENT
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.instance.target import Target
from conformance.report.findings import OwnDocument
from conformance.report.text import one_line, shorten

DOCS_PATH = "/v1/api/docs"
"""Source: documentation, References."""

WELL_KNOWN = ("/v1/api/openapi.json", "/v1/api/docs/openapi.json", "/api-docs/openapi.json")
"""Where a document often is, tried when the page names none."""

MAX_REQUESTS = 4
"""Requests for the page, a script of it, and the document. Ours."""

MAX_BYTES = 8 * 2**20
MAX_YAML_BYTES = 2**19
"""Bytes of a document that are read; YAML is slow to read. The one of 2025.2.0 has 114,381. Ours."""

MAX_PAGE = 2**19
"""Characters of a page or script that are searched for links. Ours."""

MAX_YAML_DEPTH = 100

MAX_DIFFERENCES = 500
"""Differences from the contract that are listed. Ours."""

MAX_NAME = 200

_NAMED = re.compile(
    r"""\b(?:url|spec-?url|data-url|configUrl)["']?\s{0,9}[:=]\s{0,9}["']([^"'\s<>]{1,300})["']""", re.I
)
_LINKED = re.compile(r"""\b(?:href|src)\s{0,9}=\s{0,9}["']([^"'\s<>]{1,300})["']""", re.I)
_DOCUMENT = re.compile(r"\.(?:json|ya?ml)(?:\?|$)|openapi|api-docs", re.I)
_SCRIPT = re.compile(r"\.js(?:\?|$)", re.I)
_LIBRARY = re.compile(r"bundle|preset|standalone|vendor|\.min\.", re.I)


@dataclass(frozen=True)
class FetchedDocument:
    """An OpenAPI 3 document as parsed, where it was, and the SHA-256 of its bytes."""

    path: str
    sha256: str
    content: Mapping[str, Any]


def fetch(session: Session) -> FetchedDocument | None:
    """The instance's own document, None where it shows none.

    Raises NotTestable or InstanceFailure where the instance can't be reached or sends no answer, and for nothing else
    that it does.
    """
    pending, seen = [DOCS_PATH], {DOCS_PATH}
    scripts: list[str] = []
    last = list(WELL_KNOWN)
    page = ""
    for _ in range(MAX_REQUESTS):
        queue = next((queue for queue in (pending, scripts, last) if queue), None)
        if queue is None:
            break
        path = queue.pop(0)
        try:
            reply = session.request("GET", path)
            found = _document(reply, path) if reply.is_success else None
        except ConformanceError as failure:
            if isinstance(failure, NotTestable) or (isinstance(failure, InstanceFailure) and failure.kind in SILENT):
                raise
            continue
        if found is not None:
            return found
        if path not in WELL_KNOWN and reply.is_success and len(reply.content) <= MAX_BYTES:
            # A browser takes what a script names as relative to the page.
            page = page or reply.exchange.request.path
            for link, is_script in _links(reply.text[:MAX_PAGE], page, session.target):
                if link not in seen:
                    seen.add(link)
                    (scripts if is_script else pending).append(link)
    return None


def compared(release: Release, fetched: FetchedDocument, redactor: Redactor) -> OwnDocument:
    """The document beside the contract of a release."""

    def clean(text: object) -> str:
        return shorten(one_line(redactor.text(str(text)[:MAX_PAGE])), MAX_NAME)

    info = fetched.content.get("info")
    said = info if isinstance(info, Mapping) else {}
    found: tuple[Difference, ...] = ()
    problem = None
    try:
        found = deviations(release.openapi, fetched.content)
    except TooComplex as error:
        problem = str(error)
    return OwnDocument(
        url=clean(fetched.path),
        sha256=fetched.sha256,
        title=clean(said.get("title", "")),
        version=clean(said.get("version", "")),
        differences=tuple(_cleaned(one, clean) for one in found[:MAX_DIFFERENCES]),
        omitted=max(0, len(found) - MAX_DIFFERENCES),
        problem=problem,
    )


def _cleaned(one: Difference, clean: Callable[[str], str]) -> Difference:
    """The difference with the instance's own words made fit to be shown."""
    old, new = (tuple(map(clean, said)) for said in (one.old, one.new))
    return replace(one, path=clean(one.path), pointer=clean(one.pointer), old=old, new=new)


def _document(reply: Reply, path: str) -> FetchedDocument | None:
    if len(reply.content) > MAX_BYTES:
        return None
    try:
        content = reply.json()
    except NotJSON:
        content = _yaml(reply.text)
    if not isinstance(content, Mapping) or not isinstance(content.get("paths"), Mapping):
        return None
    if not str(content.get("openapi", "")).startswith("3."):
        return None
    return FetchedDocument(path, hashlib.sha256(reply.content).hexdigest(), content)


def _yaml(text: str) -> Any:
    """What YAML says, without aliases, which can make little text endless, and not nested too deep; else None."""
    if len(text) > MAX_YAML_BYTES or not re.search(r"^openapi\s{0,9}:", text, re.M):
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                return None
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_YAML_DEPTH:
                return None
        return yaml.load(text, Loader=yaml.CSafeLoader) if hasattr(yaml, "CSafeLoader") else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _links(text: str, base: str, target: Target) -> Iterator[tuple[str, bool]]:
    """The paths on the instance that a page or script names as documents, and the page's own scripts."""
    named = [match.group(1) for match in _NAMED.finditer(text)]
    linked = [match.group(1) for match in _LINKED.finditer(text)]
    for link in (*named, *(link for link in linked if _DOCUMENT.search(link) and not _SCRIPT.search(link))):
        path = _on_instance(link, base, target)
        if path is not None and not _SCRIPT.search(path):
            yield path, False
    for link in linked:
        path = _on_instance(link, base, target)
        if path is not None and _SCRIPT.search(path) and not _LIBRARY.search(path):
            yield path, True


def _on_instance(link: str, base: str, target: Target) -> str | None:
    """The path of a link on the instance; None where it leads elsewhere or nowhere."""
    try:
        there = urlsplit(urljoin(target.url(base), link))
        origin = Target.parse(f"{there.scheme}://{there.netloc}").origin
    except (ValueError, ConformanceError):
        return None
    own = urlsplit(target.base_url).path
    path = there.path.removeprefix(own) + (f"?{there.query}" if there.query else "")
    usable = origin == target.origin and there.path.startswith(f"{own}/") and re.fullmatch(r"/[!-~]*", path)
    return path if usable else None
