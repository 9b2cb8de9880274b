"""What the findings mean: each class of verdict, the score's line, and what opens the gate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from conformance.contract import load_release
from conformance.selftest.case import Findings
from conformance.selftest.judging import (
    RequirementRow,
    Score,
    judge_defect,
    judge_requirements,
    judge_variant,
)

REQUIREMENTS = load_release("2023.4").requirements
MUST, OTHER_MUST = "list.requires-token", "get.requires-token"
SHOULD = "api.docs-page"
MAY = next(r.id for r in REQUIREMENTS.values() if r.level == "MAY" and r.excluded is None)
EXCLUDED = next(r.id for r in REQUIREMENTS.values() if r.excluded)


@dataclass(frozen=True)
class Wrong:
    """A defect or a variant, as far as judging looks."""

    id: str = "list.open"
    says: str = "Lists to everybody."
    breaks: tuple[str, ...] = (MUST,)


def found(**what) -> Findings:
    return replace(Findings(profile="core", checks=3), **what)


@pytest.mark.parametrize(
    ("findings", "verdict", "reason"),
    [
        (found(failed={MUST: "answered 200"}), "killed", ""),
        (found(failed={MUST: "answered 200", OTHER_MUST: "too"}), "killed", ""),
        (
            found(failed={OTHER_MUST: "too"}, passed=(MUST,)),
            "killed-otherwise",
            f"{MUST} passed; failed instead: {OTHER_MUST}",
        ),
        (found(passed=(MUST,)), "survived", f"{MUST} passed"),
        (found(not_testable={MUST: "no upload"}), "survived", f"{MUST} could not be tested (no upload)"),
        (found(), "survived", f"{MUST} was not run"),
        (found(unproven="it shows nothing"), "unreal", "it shows nothing"),
        (found(errors=("a check crashed",), failed={MUST: "answered 200"}), "error", "a check crashed"),
        (Findings.broken("the run didn't end"), "error", "the run didn't end"),
    ],
    ids=["killed", "also-others", "otherwise", "survived", "untestable", "not-run", "unreal", "crash", "lost"],
)
def test_each_defect_has_its_class(findings, verdict, reason):
    judged = judge_defect(Wrong(), findings)
    assert (judged.verdict, judged.reason) == (verdict, reason)


def test_what_killed_a_defect_and_what_else_failed_are_kept_apart():
    judged = judge_defect(Wrong(breaks=(MUST, SHOULD)), found(failed={OTHER_MUST: "b", MUST: "a"}))
    assert (judged.by, judged.also) == ((MUST,), (OTHER_MUST,))


def rows(*judged) -> dict[str, RequirementRow]:
    return {row.requirement.id: row for row in judge_requirements(REQUIREMENTS.values(), judged)}


def test_a_requirement_names_the_defects_that_it_alone_catches():
    lone = judge_defect(Wrong("a"), found(failed={MUST: ""}))
    shared = judge_defect(Wrong("b"), found(failed={MUST: "", OTHER_MUST: ""}))
    by_id = rows(lone, shared)
    assert by_id[MUST].failed_on == ("a", "b")
    assert by_id[MUST].alone == ("a",)
    assert by_id[OTHER_MUST].failed_on == ("b",)
    assert by_id[OTHER_MUST].declared == by_id[OTHER_MUST].alone == ()


def test_a_requirement_is_exercised_only_by_a_defect_that_breaks_it_and_makes_it_fail():
    survivor = judge_defect(Wrong("a", breaks=(OTHER_MUST,)), found(passed=(OTHER_MUST,)))
    stranger = judge_defect(Wrong("b"), found(failed={MUST: "", OTHER_MUST: ""}))
    by_id = rows(survivor, stranger)
    assert by_id[MUST].exercised
    assert not by_id[OTHER_MUST].exercised


def test_what_is_excluded_or_merely_allowed_needs_no_defect():
    by_id = rows()
    assert by_id[MUST].testable
    assert by_id[SHOULD].testable
    assert not by_id[MAY].testable
    assert not by_id[EXCLUDED].testable


def score(*judged, whole=False) -> Score:
    return Score.of(judged, list(rows(*judged).values()), whole=whole)


KILLED = judge_defect(Wrong("a"), found(failed={MUST: ""}))
SURVIVED = judge_defect(Wrong("b"), found(passed=(MUST,)))


def test_a_perfect_score_says_so():
    perfect = score(KILLED, KILLED)
    assert perfect.perfect
    assert perfect.line == "kill score 2/2 (100 %), each for its own reason; 0 survivors"


def test_survivors_and_lesser_kills_are_counted_apart():
    otherwise = judge_defect(Wrong("c"), found(failed={OTHER_MUST: ""}))
    imperfect = score(KILLED, SURVIVED, otherwise)
    assert not imperfect.perfect
    assert imperfect.line == "kill score 1/3 (33.3 %); 1 killed otherwise, 1 survived"


def test_without_a_defect_nothing_is_perfect():
    assert not score().perfect
    assert score().line == "no defect was run"


def test_only_the_whole_catalogue_says_what_isnt_exercised():
    assert score(KILLED).unexercised == ()
    missing = score(KILLED, whole=True)
    assert OTHER_MUST in missing.unexercised
    assert MUST not in missing.unexercised
    assert not missing.perfect
    assert "requirements that no defect exercises" in missing.line


@pytest.mark.parametrize(
    ("findings", "options", "verdict", "alarms"),
    [
        (found(passed=(MUST,)), {}, "quiet", set()),
        (found(failed={MUST: "x"}), {}, "false-alarm", {MUST}),
        (found(not_testable={MUST: "x"}), {}, "false-alarm", {MUST}),
        (found(not_testable={MUST: "x"}), {"untestable": {MUST: "known"}}, "quiet", set()),
        (found(failed={MUST: "x"}), {"untestable": {MUST: "known"}}, "false-alarm", {MUST}),
        (found(failed={SHOULD: "x"}), {}, "quiet", set()),
        (found(failed={SHOULD: "x"}), {"strict": True}, "false-alarm", {SHOULD}),
        (found(errors=("crash",)), {}, "error", set()),
    ],
    ids=["quiet", "failed", "untestable", "known", "known-but-failed", "should", "strict", "crash"],
)
def test_each_variant_has_its_class(findings, options, verdict, alarms):
    judged = judge_variant(Wrong(), findings, REQUIREMENTS, **options)
    assert (judged.verdict, set(judged.alarms)) == (verdict, alarms)


def test_a_should_that_fails_on_a_variant_is_noted():
    judged = judge_variant(Wrong(), found(failed={SHOULD: "no page"}), REQUIREMENTS)
    assert judged.notes == {SHOULD: "failed: no page"}
