"""Finding out of which release a live instance is: by its replies about one small model, and by its own document.

A release fits when nothing that was answered speaks against it. Absence counts, presence doesn't: an instance may
serve more than its contract says. All evidence is the instance's own, so it is bounded, and nothing in it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from conformance.contract import DEFAULT_RELEASE, Release, contract_for, load_release, release_ids
from conformance.contract.fitting import distinct, fit, listed
from conformance.contract.naming import VERSION, order, release_named_by
from conformance.errors import ConformanceError, NotTestable
from conformance.instance.breaker import SILENT
from conformance.instance.errors import InstanceFailure
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models, uploaded_version_id
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.report.findings import Identification
from conformance.report.text import one_line, shorten

MAX_ROWS = 3
"""Rows of a list that are judged where the uploaded model isn't among them. Ours."""

MAX_SCANNED = 20_000
"""Rows of a list among which the uploaded model is looked for. Ours."""

MAX_VALUES = 20_000
"""Values in a reply that is judged; documented ones have some hundred. Ours."""

MAX_DIFFERENCES = 40
MAX_LINE = 200


def identify(
    session: Session, workspace_id: int, file: ModelFile, name: str, document: Mapping[str, Any] | None = None
) -> Identification:
    """Upload `file` as `name` to the workspace, ask for it, and say which release the replies are of.

    Sends at most eight requests, and none after one went unanswered; `document` is the instance's own, if it shows one.
    Where several releases fit, it is the one that the version's `created_on_version` names, else the document's, else
    the oldest; where none does, the one with the fewest differences, of equal ones the default release.
    """
    inquiry = _Inquiry(session, workspace_id, file, name)
    inquiry.run()
    redactor = session.recorder.redactor
    return _Judgement(inquiry, document).identification(lambda line: shorten(one_line(redactor.text(line)), MAX_LINE))


class _Inquiry:
    """Asks the instance, and keeps what it answered as far as it can tell releases apart."""

    def __init__(self, session: Session, workspace_id: int, file: ModelFile, name: str) -> None:
        self.seen: dict[str, Any] = {}
        """Successful bodies by endpoint, reduced to what is about the uploaded model."""
        self.there: set[str] = set()
        self.absent: set[str] = set()
        self.created_on: str | None = None
        self._session, self._workspace_id, self._file, self._name = session, workspace_id, file, name
        self._paths = {name: path for release in _releases() for name, path in release.endpoints.items()}
        self._stopped = False

    def run(self) -> None:
        """Upload, then ask each way round."""
        upload = self._sent(
            "upload_and_convert", lambda: Models(self._session, self._workspace_id).upload(self._file, name=self._name)
        )
        version_id = uploaded_version_id(upload) if upload is not None else None
        model_id = self._list()
        version_id, model_id = self._list_versions(version_id, model_id)
        if model_id is not None:
            self._keep("get", self._ask("get", {"id": model_id}))
        if version_id is not None:
            self._keep("get_config_by_id", self._ask("get_config_by_id", {"model_id": version_id}))
            shown = self._keep("get_version_by_id", self._ask("get_version_by_id", {"model_version_id": version_id}))
            self._note_version(_at(shown, "model_version"))
        for endpoint in _telling(self.there | self.absent):
            self._ask(endpoint, {})

    def _list(self) -> int | None:
        body = self._ask("list", {"workspace_id": self._workspace_id})
        rows = _at(body, "models")
        if not isinstance(rows, list):
            self._keep("list", body)
            return None
        own = [row for row in rows[:MAX_SCANNED] if _model_in(row).get("name") == self._name]
        self._keep("list", {"models": own or rows[:MAX_ROWS]})
        for row in own:
            versions = _at(row, "model_versions")
            for version in versions[:MAX_ROWS] if isinstance(versions, list) else ():
                self._note_version(version)
        return _id(_model_in((own or rows or [None])[0]).get("id"))

    def _list_versions(self, version_id: int | None, model_id: int | None) -> tuple[int | None, int | None]:
        by_number = {} if model_id is None else {"models_pk_id": model_id}
        body = self._ask("list_versions", {"model_id": self._name, **by_number})
        if not isinstance(body, list):
            self._keep("list_versions", body)
            return version_id, model_id
        own = [row for row in body[:MAX_SCANNED] if _at(row, "model_id") == self._name]
        self._keep("list_versions", own or body[:MAX_ROWS])
        row = (own or body or [None])[0]
        return version_id or _id(_at(row, "id")), model_id or _id(_at(row, "models_pk_id"))

    def _ask(self, endpoint: str, body: Mapping[str, Any]) -> Any:
        """The body of a success; None for anything else."""
        path = self._paths[endpoint]
        reply = self._sent(
            endpoint, lambda: self._session.request("POST", path, endpoint=endpoint, json=body, idempotent=True)
        )
        try:
            return reply.json() if reply is not None and reply.is_success else None
        except ConformanceError:
            return None

    def _sent(self, endpoint: str, send: Callable[[], Reply]) -> Reply | None:
        if self._stopped:
            return None
        try:
            reply = send()
        except ConformanceError as failure:
            silent = isinstance(failure, InstanceFailure) and failure.kind in SILENT
            self._stopped = silent or isinstance(failure, NotTestable)
            return None
        (self.absent if reply.status in (404, 405) else self.there).add(endpoint)
        return reply

    def _keep(self, endpoint: str, body: Any) -> Any:
        if body is not None and body not in ([], {"models": []}) and _is_small(body):
            self.seen[endpoint] = body
        return body

    def _note_version(self, configured: Any) -> None:
        version = _at(_at(configured, "model_version"), "created_on_version")
        if isinstance(version, str) and VERSION.fullmatch(version):
            self.created_on = max(version, self.created_on or "", key=order)


class _Judgement:
    """Weighs what an inquiry found, and the instance's own document, for and against each release."""

    def __init__(self, inquiry: _Inquiry, document: Mapping[str, Any] | None) -> None:
        self._inquiry = inquiry
        self._fits: dict[str, list[str]] = {}
        self._against = {release.id: distinct(self._differences(release)) for release in _releases()}
        self._named = contract_for(inquiry.created_on) if inquiry.created_on else None
        self._documented, self._document_says = release_named_by(document) if document is not None else (None, "")

    def identification(self, clean: Callable[[str], str]) -> Identification:
        """The release, and why; `clean` makes what may quote the instance fit to be shown."""
        fitting = [name for name, lines in self._against.items() if not lines]
        chosen = self._preferred(fitting) if fitting else self._nearest()
        differences = {
            name: lines for name, lines in self._against.items() if lines and (name != chosen or not fitting)
        }
        return Identification(
            chosen,
            tuple(map(clean, self._reasons(chosen, fitting))),
            "nearest" if not fitting else "found" if self._is_told(chosen, fitting) else "assumed",
            {name: tuple(map(clean, lines[:MAX_DIFFERENCES])) for name, lines in differences.items()},
        )

    def _differences(self, release: Release) -> Iterator[str]:
        for endpoint in sorted(self._inquiry.absent & set(release.endpoints)):
            yield f"{endpoint}: not there"
        for endpoint, body in self._inquiry.seen.items():
            if endpoint in release.endpoints:
                found = fit(release, endpoint, body)
                if found.fits:
                    self._fits.setdefault(endpoint, []).append(release.id)
                yield from (f"{endpoint}: {line}" for line in found.differences)

    def _is_told(self, chosen: str, fitting: Sequence[str]) -> bool:
        """Whether anything speaks for the chosen release rather than for all of them."""
        return len(fitting) < len(self._against) or chosen in (self._named, self._documented)

    def _preferred(self, fitting: Sequence[str]) -> str:
        return next((name for name in (self._named, self._documented) if name in fitting), None) or fitting[0]

    def _nearest(self) -> str:
        preferred = [DEFAULT_RELEASE, self._named, self._documented]

        def distance(name: str) -> tuple[int, int]:
            return len(self._against[name]), preferred.index(name) if name in preferred else len(preferred)

        return min(self._against, key=distance)

    def _reasons(self, chosen: str, fitting: Sequence[str]) -> Iterator[str]:
        if not fitting:
            number = len(self._against[chosen])
            yield f"no release fits, this one differs least ({number} difference{'s' * (number != 1)})"
        yield from self._by_replies()
        yield from self._by_neighbours(chosen)
        if self._inquiry.created_on:
            yield f"created_on_version is {self._inquiry.created_on}"
        if self._document_says:
            yield f"OpenAPI document {self._document_says}"
        if len(fitting) > 1 and chosen not in (self._named, self._documented):
            others = listed([name for name in fitting if name != chosen])
            yield f"{others} would fit too, and the oldest promises least"

    def _by_replies(self) -> Iterator[str]:
        """Which replies tell releases apart: endpoints by the releases that they fit."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for endpoint in self._inquiry.seen:
            groups.setdefault(tuple(self._fits.get(endpoint, ())), []).append(endpoint)
        for releases, endpoints in groups.items():
            if 0 < len(releases) < len(release_ids()):
                yield f"{listed(endpoints)} fit{'s' * (len(endpoints) == 1)} {listed(releases)}"

    def _by_neighbours(self, chosen: str) -> Iterator[str]:
        """What it is not: the releases beside the chosen one, each with its first difference."""
        order = list(self._against)
        place = order.index(chosen)
        for name in (*order[max(0, place - 1) : place], *order[place + 1 : place + 2]):
            if self._against[name]:
                yield f"not {name}: {self._against[name][0]}"


def _telling(asked: set[str]) -> list[str]:
    """Reading endpoints whose presence tells releases apart as no endpoint does that was asked before."""
    having = {
        name: tuple(release.id for release in _releases() if name in release.endpoints)
        for release in _releases()
        for name in release.reads
    }
    told = {having[name] for name in asked if name in having} | {release_ids()}
    first = {releases: name for name, releases in reversed(having.items()) if releases not in told}
    return sorted(first.values())


def _model_in(row: Any) -> Mapping[str, Any]:
    """The model's own fields in a row of `list`, wherever a release has them."""
    for path in dict.fromkeys(release.model_in_list for release in _releases()):
        found = row
        for key in path:
            found = _at(found, key)
        if isinstance(found, Mapping) and "id" in found:
            return found
    return {}


def _releases() -> list[Release]:
    return [load_release(name) for name in release_ids()]


def _at(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Mapping) else None


def _id(value: Any) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return value if usable else None


def _is_small(body: Any) -> bool:
    pending, left = [body], MAX_VALUES
    while pending and left > 0:
        value = pending.pop()
        left -= 1
        if isinstance(value, dict | list):
            left -= len(value)
            pending.extend((value.values() if isinstance(value, dict) else value) if left > 0 else ())
    return left > 0
