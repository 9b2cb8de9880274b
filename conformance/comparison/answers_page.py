"""Where the embedded instance answered otherwise, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.comparison.answers import AnswerComparison, Difference
from conformance.comparison.layout import Page, Row, Section

NO_FAULT = "A difference isn't a fault of either: the contract decides."
_SAYS = {
    "status": "status",
    "body": "kind of body",
    "missing": "the mock lacks it",
    "extra": "only the mock has it",
    "type": "type",
    "null": "null or not",
    "value": "value",
    "length": "length of the list",
    "order": "order of the list",
    "header": "header",
}
_DIFFERENCES_SHOWN = 40
_PLACES_SHOWN = 3


def answers_page(found: AnswerComparison) -> Page:
    """The page; sections without rows aren't there."""
    same = not found.differences and not found.checks
    summary = Row((found.summary,), "bold green" if same else "bold yellow")
    return Page(summary, [section for section in _sections(found) if section.rows])


def _sections(found: AnswerComparison) -> Iterator[Section]:
    live, mock = found.live, found.mock
    yield Section(
        "Compared",
        [
            Row(("target", live.target, mock.target)),
            Row(("verdict", live.verdict, mock.verdict), "" if live.verdict == mock.verdict else "bold"),
            Row(("release", live.release, mock.release)),
            Row(("profile", live.profile, mock.profile)),
            Row(("run", f"{live.run_id} in {live.source}", f"the same, {mock.started_at}")),
        ],
        ("", "the run", "the mock"),
    )
    if found.differences or found.checks:
        yield Section("How to read it", [Row((NO_FAULT,), "dim")])
    yield Section(
        f"Differences ({len(found.differences)})",
        [_difference(one) for one in found.differences],
        ("times", "what", "field", "where"),
        limit=_DIFFERENCES_SHOWN,
    )
    yield Section(
        f"Checks that ended otherwise ({len(found.checks)})",
        [Row((one.nodeid, f"{one.live} → {one.mock}"), detail=one.said) for one in found.checks],
        ("check", "the run → the mock"),
    )
    yield Section("Left out", [Row((line,)) for line in _left_out(found)])


def _difference(one: Difference) -> Row:
    readings = [f"{live} → {mock}" for live, mock in one.readings]
    more = f" and {one.more_readings} more" if one.more_readings else ""
    cells = (str(one.count), _SAYS[one.kind], one.field or "(the reply)", _listed(one.places))
    return Row(cells, detail=f"{'; '.join(readings)}{more} (e.g. exchange {one.example})")


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _PLACES_SHOWN} more" if len(texts) > _PLACES_SHOWN else ""
    return ", ".join(texts[:_PLACES_SHOWN]) + more


def _left_out(found: AnswerComparison) -> Iterator[str]:
    yield from found.notes
    if found.only_live or found.only_mock:
        yield f"requests without a counterpart: {found.only_live} of the run, {found.only_mock} to the mock"
    if found.ids:
        yield f"numbers taken for ids, each always standing for the same other: {_listed(found.ids)}"
