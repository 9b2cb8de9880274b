"""The names that a run made up, which all hold its id, and what in a reply is about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.comparison.fields import MAX_DEPTH
from conformance.evidence.exchange import Exchange, Request


class OwnNames:
    """The names of two runs with one id. `shared` were sent by both, `alone` by one of them only.

    One of them alone makes a workspace, for example, where the other was given one.
    """

    def __init__(self, run_id: str, live: Iterable[Exchange], mock: Iterable[Exchange]) -> None:
        self.run_id = run_id
        self._pattern = re.compile(rf"[\w-]*{re.escape(run_id)}[\w-]*")
        here, there = ({name for one in run for name in self.sent(one.request)} for run in (live, mock))
        self.shared = here & there
        self.alone = here ^ there

    def sent(self, request: Request) -> set[str]:
        """The names in a request, those of uploaded files included."""
        texts = (*sent_texts(request), *(part.filename or "" for part in request.parts))
        return {name for text in texts for name in self.within(text)}

    def within(self, text: str) -> list[str]:
        """The names in a text."""
        return self._pattern.findall(text) if self.run_id in text else []

    def key(self, value: Any) -> tuple[str, ...]:
        """The shared names anywhere in a value, by which it is known in both runs."""
        names = {name for text in own_texts(value, self.run_id) for name in self.within(text)}
        return tuple(sorted(names & self.shared))

    def only_of_one(self, text: str) -> bool:
        """Whether a text holds a name that only one of the runs sent."""
        return not self.alone.isdisjoint(self.within(text))


def sent_texts(request: Request) -> Iterator[str]:
    """What a request says in text: its body and its parts' texts."""
    yield from (text for text in (request.body, *(part.text for part in request.parts)) if text)


def own_texts(value: Any, run_id: str, depth: int = 0) -> Iterator[str]:
    """The texts in a value that hold the run's id."""
    if isinstance(value, str):
        if run_id in value:
            yield value
    elif depth < MAX_DEPTH and isinstance(value, dict | list):
        below_it: Sequence[Any] = list(value.values()) if isinstance(value, dict) else value
        for one in below_it:
            yield from own_texts(one, run_id, depth + 1)
