"""Deletions that may not delete share a victim while it lives, and one that deletes is found out on its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.errors import NotTestable
from conformance.suite.assertions import Nonconformity
from conformance.suite.deletions import Harmless, Look, assert_left_alone


class Reply(SimpleNamespace):
    """What the functions read of a reply."""

    def __init__(self, status: int) -> None:
        super().__init__(status=status, text="", exchange=SimpleNamespace(id="main-00001"))


class Instance:
    """Holds victims by number; an attempt whose name is in `deletes` takes its victim away."""

    def __init__(self, *deletes: str, status: int = 400) -> None:
        self.deletes = deletes
        self.status = status
        self.there: set[int] = set()
        self.made = 0
        self.looks = 0
        self.asked: list[tuple[str, int]] = []

    def make(self) -> int:
        self.made += 1
        self.there.add(self.made)
        return self.made

    def look(self, victim: int) -> Look:
        self.looks += 1
        reply: Any = Reply(200)
        return Look(reply, victim in self.there)

    def attempt(self, name: str) -> Any:
        def send(victim: int) -> Reply:
            self.asked.append((name, victim))
            if name in self.deletes:
                self.there.discard(victim)
            return Reply(self.status)

        return send

    def harmless(self, *names: str) -> Harmless[int]:
        return Harmless(self.make, self.look, {name: self.attempt(name) for name in names})


def test_one_victim_and_one_look_do_while_nothing_is_deleted():
    instance = Instance()
    harmless = instance.harmless("a", "b", "c")
    for name in ("b", "a", "c", "b"):
        assert_left_alone(harmless.tried(name), what=name)
    assert harmless.victim_is_left
    assert (instance.made, instance.looks) == (1, 1)
    assert instance.asked == [("a", 1), ("b", 1), ("c", 1)]


def test_only_the_one_that_deletes_is_found_out():
    instance = Instance("b")
    harmless = instance.harmless("a", "b")
    assert_left_alone(harmless.tried("a"), what="a")
    with pytest.raises(Nonconformity, match="b deletes nothing"):
        assert_left_alone(harmless.tried("b"), what="b")
    assert not harmless.victim_is_left
    assert instance.made == 4


def test_a_deletion_that_is_not_refused_may_still_leave_all_there():
    harmless = Instance(status=200).harmless("a")
    assert_left_alone(harmless.tried("a"), what="a", refused=False)
    with pytest.raises(Nonconformity, match="a is refused"):
        assert_left_alone(harmless.tried("a"), what="a")


def test_what_kept_an_attempt_from_being_answered_is_its_own():
    instance = Instance()

    def lost(victim: int) -> Any:
        raise NotTestable("no answer")

    harmless = Harmless(instance.make, instance.look, {"lost": lost, "a": instance.attempt("a")})
    with pytest.raises(NotTestable, match="no answer"):
        harmless.tried("lost")
    assert_left_alone(harmless.tried("a"), what="a")
    assert instance.made == 1
