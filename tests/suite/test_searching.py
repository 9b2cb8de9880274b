"""Searches repeat themselves, shrink within a bound, and keep what they found when they may ask no more."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from conformance.errors import ConformanceError
from conformance.suite.searching import Answers, Spent, search


class Wrong(Exception):
    pass


def drawn(strategy: st.SearchStrategy[object], *, seed: int | None = None) -> list[object]:
    seen: list[object] = []
    search(strategy, seen.append, examples=40, seed=seed)
    return seen


def refuse(limit: int) -> Callable[[int], None]:
    def judge(value: int) -> None:
        if value > limit:
            raise Wrong(value)

    return judge


def test_two_searches_judge_the_same_examples() -> None:
    assert drawn(st.text()) == drawn(st.text())


def test_a_module_loaded_in_between_changes_nothing(tmp_path, monkeypatch) -> None:
    """hypothesis tries the literals of loaded modules out; what ran before must have no say in a verdict."""
    before = drawn(st.integers())
    source = tmp_path / "newcomer.py"
    source.write_text("\n".join(f"x{n} = {n * 7919 + 10**9}" for n in range(200)))
    module = types.ModuleType("newcomer")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "newcomer", module)
    assert drawn(st.integers()) == before


def test_a_seed_chooses_the_examples() -> None:
    assert drawn(st.text(), seed=1) == drawn(st.text(), seed=1) != drawn(st.text(), seed=2)


def test_the_smallest_counterexample_comes_out() -> None:
    with pytest.raises(Wrong, match=r"^1235\b"):
        search(st.integers(), refuse(1234), examples=100)


def test_nothing_is_asked_twice() -> None:
    asked: list[int] = []
    answers: Answers[int] = Answers(1000)

    def judge(value: int) -> None:
        answers.ask(value, lambda: asked.append(value) or value)

    search(st.integers(0, 20), judge, examples=100)
    assert sorted(asked) == sorted(set(asked))


def test_a_search_that_may_ask_no_more_tells_what_it_found() -> None:
    asked: list[int] = []
    answers: Answers[None] = Answers(30)

    def judge(value: int) -> None:
        answers.ask(value, lambda: asked.append(value))
        refuse(1234)(value)

    with pytest.raises(Wrong):
        search(st.integers(), judge, examples=1000)
    assert len(asked) <= 30


def test_a_search_that_found_nothing_in_its_bounds_ends_quietly() -> None:
    answers: Answers[int] = Answers(3)
    search(st.integers(), lambda value: answers.ask(value, lambda: value) and None, examples=1000)


def test_nothing_is_asked_once_the_time_is_over() -> None:
    answers: Answers[int] = Answers(1000, stop=lambda: True)
    with pytest.raises(Spent):
        answers.ask("first", lambda: 1)


def test_after_a_question_without_an_answer_no_other_is_put() -> None:
    asked: list[int] = []
    answers: Answers[None] = Answers(1000)

    def hang(value: int) -> None:
        asked.append(value)
        if len(asked) == 5:
            raise ConformanceError("no complete reply")

    with pytest.raises(ConformanceError, match="no complete reply"):
        search(st.integers(), lambda value: answers.ask(value, lambda: hang(value)), examples=1000)
    assert len(asked) == 5


def test_what_was_found_stays_found_where_generation_does_not_repeat_itself() -> None:
    drawn: list[int] = []

    @st.composite
    def moody(draw: st.DrawFn) -> int:
        drawn.append(1)
        return draw(st.integers(0, 10**6)) if len(drawn) < 5 else len(draw(st.text(min_size=1)))

    with pytest.raises(Wrong):
        search(moody(), refuse(2), examples=100)
