"""A recording asked again: which recorded exchange answers a request, in place of an instance.

A request is known by what it asks, not by when: the check it was sent in, method, path, body, parts and whose token
went along. Equal requests of one check are answered in the order in which they were recorded.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import asdict

from conformance.errors import NotTestable
from conformance.evidence.exchange import Exchange, Request

_BOUNDARY = re.compile(r";\s*boundary=[^;]*", re.IGNORECASE)
_TELLING_HEADERS = ("content-type", "authorization")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class NotRecorded(NotTestable):
    """The recording has no answer to a request."""


class Playback:
    """The exchanges of one run, each handed out once. Thread-safe.

    With `exact_files` a file part must have the recorded digest. Without it, whoever judges again hasn't the uploaded
    files and sends stand-ins: each stand-in's digest then counts as the recorded one, in replies too.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, exact_files: bool = True) -> None:
        self.exchanges = tuple(exchanges)
        self._exact_files = exact_files
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str | None, str], deque[Exchange]] = defaultdict(deque)
        self._alike: dict[str, list[Exchange]] = defaultdict(list)
        self._taken: set[str] = set()
        self._stand_ins: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        for exchange in self.exchanges:
            asked = self._asked(exchange.request)
            self._waiting[exchange.check, asked].append(exchange)
            self._alike[asked].append(exchange)

    def take(self, check: str | None, request: Request) -> Exchange:
        """The recorded exchange that answers `request`, sent in `check`. Raises NotRecorded where there is none.

        What this check never asked is answered from another check where that can't matter: every recorded answer to
        the request is the same.
        """
        asked = self._asked(request)
        with self._lock:
            waiting = self._waiting.get((check, asked))
            if waiting:
                found = waiting.popleft()
            elif (check, asked) in self._waiting or not _are_the_same(alike := self._alike.get(asked, [])):
                raise NotRecorded(f"the recording has no answer to {request.method} {request.path} of this check")
            else:
                found = alike[0]
            self._taken.add(found.id)
            self._learn(request, found.request)
        return found

    def of_check(self, check: str | None) -> list[Exchange]:
        """The exchanges of a check that nobody asked for yet."""
        return [exchange for exchange in self.untouched() if exchange.check == check]

    def hand_out(self, exchange: Exchange) -> None:
        """Count an exchange as asked for, whoever finds out what it answers."""
        with self._lock:
            self._taken.add(exchange.id)

    def untouched(self) -> list[Exchange]:
        """The exchanges that nobody asked for."""
        return [exchange for exchange in self.exchanges if exchange.id not in self._taken]

    def shown(self, text: str) -> str:
        """`text` of a recorded reply, with the digests of stand-ins in place of the recorded ones."""
        return _DIGEST.sub(lambda match: self._stand_ins.get(match[0], match[0]), text) if self._stand_ins else text

    def restored(self, text: str) -> str:
        """`text` with the recorded digests again."""
        return _DIGEST.sub(lambda match: self._recorded.get(match[0], match[0]), text) if self._recorded else text

    def _learn(self, asked: Request, recorded: Request) -> None:
        """Tie the digests of the files that were sent to the recorded ones, one to one."""
        for sent, kept in zip(asked.parts, recorded.parts, strict=True):
            if self._exact_files or sent.text is not None or sent.sha256 == kept.sha256:
                continue
            if self._recorded.setdefault(sent.sha256, kept.sha256) != kept.sha256 or (
                self._stand_ins.setdefault(kept.sha256, sent.sha256) != sent.sha256
            ):
                raise NotRecorded("the recording says of one uploaded file that it has two digests")

    def _asked(self, request: Request) -> str:
        """All that tells one request from another, as text."""
        headers = sorted(
            (name.lower(), _BOUNDARY.sub("", value))
            for name, value in request.headers
            if name.lower() in _TELLING_HEADERS
        )
        parts = [asdict(part) for part in request.parts]
        for part in parts:
            if not self._exact_files and part["text"] is None:
                part["sha256"] = part["size"] = None
        asked = [request.method, request.path, headers, request.credential, request.body, request.body_base64]
        return json.dumps([*asked, request.sha256, parts])


def _are_the_same(exchanges: list[Exchange]) -> bool:
    """Whether there is one answer, or several that can't be told apart."""
    return len({_answer(exchange) for exchange in exchanges}) == 1


def _answer(exchange: Exchange) -> tuple[object, ...]:
    response, error = exchange.response, exchange.error
    seen = () if response is None else (response.status, response.body, response.body_base64)
    return (*seen, None if error is None else error.kind)
