"""Deletions that must take nothing away: tried together, and one by one only where something is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from conformance.errors import ConformanceError
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_refused, expect

Victim = TypeVar("Victim")


@dataclass(frozen=True)
class Look:
    """Whether the victim is still there, and the reply that shows it."""

    reply: Reply
    is_there: bool


@dataclass(frozen=True)
class Tried:
    """How a deletion was answered, and whether its victim is still there."""

    reply: Reply
    look: Look


class Harmless(Generic[Victim]):
    """Deletions that may not delete. `make` gives a victim, `look` says whether it is there, an attempt is one request.

    A healthy instance gets all attempts on one victim and is looked at once.
    """

    def __init__(
        self,
        make: Callable[[], Victim],
        look: Callable[[Victim], Look],
        attempts: Mapping[str, Callable[[Victim], Reply]],
    ) -> None:
        self._make = make
        self._look = look
        self._attempts = attempts
        self._replies: dict[str, Reply | ConformanceError] = {}
        self._after: Look | None = None

    def tried(self, name: str) -> Tried:
        """How one of the attempts went. Raises what kept it from being answered."""
        if self._after is None:
            victim = self._make()
            self._replies = {attempt: self._sent(attempt, victim) for attempt in self._attempts}
            self._after = self._look(victim)
        if self._after.is_there:
            return Tried(_used(self._replies[name]), Look(_used(self._after.reply), is_there=True))
        # One of them took it away. Whether it was this one shows a victim of its own.
        victim = self._make()
        reply = self._sent(name, victim)
        return Tried(_used(reply), self._look(victim))

    @property
    def victim_is_left(self) -> bool:
        """Whether the first victim outlived all attempts."""
        self.tried(next(iter(self._attempts)))
        return self._after is not None and self._after.is_there

    def _sent(self, name: str, victim: Victim) -> Reply | ConformanceError:
        try:
            return self._attempts[name](victim)
        except ConformanceError as failure:
            return failure


def assert_left_alone(tried: Tried, *, what: str, refused: bool = True) -> None:
    """The deletion was refused, where it must be, and its victim is still there."""
    __tracebackhide__ = True
    if refused:
        assert_refused(tried.reply, what=what)
    expect(
        tried.look.is_there,
        expected=f"{what} deletes nothing",
        actual="what it named is no longer shown",
        replies=[tried.reply, tried.look.reply],
    )


def _used(reply: Reply | ConformanceError) -> Reply:
    """Say that the running check uses a reply that another one may have fetched."""
    if isinstance(reply, ConformanceError):
        raise reply
    _ = reply.status
    return reply
