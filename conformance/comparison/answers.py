"""Where an instance and the embedded one answered the same question otherwise. Neither is right by it.

Not a difference is: what the instance made up (see `masking`); what others did in a shared workspace; the order in
which requests at the same time took effect; and the moment at which a field was read that changes by itself, such as
a conversion's status (see `moments`), unless most replies differ in a way that one run never shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.comparison.fields import NOT_JSON, json_body
from conformance.comparison.loading import RecordedRun
from conformance.comparison.masking import Names, precision, shape_of, zones
from conformance.comparison.moments import fields_that_move
from conformance.comparison.own import OwnNames, sent_texts
from conformance.comparison.pairing import Pairing, concurrent_names, pair
from conformance.comparison.runs import identity_of
from conformance.comparison.walking import Found, Kind, Walker
from conformance.evidence.exchange import Exchange, Response

HEADERS = ("content-type", "content-encoding", "location", "allow", "www-authenticate", "retry-after")
"""Headers by which a client does something else."""

_EXAMPLES = 3


@dataclass(frozen=True)
class Difference:
    """Equal differences: how many, where (endpoint, class of status, path), how it reads, one exchange of the run.

    `field` is the last of the path, empty for the reply as a whole.
    """

    kind: Kind
    field: str
    places: tuple[str, ...]
    count: int
    readings: tuple[tuple[str, str], ...]
    more_readings: int
    example: str


@dataclass(frozen=True)
class CheckDifference:
    """A check that ended otherwise; `said` is why, on the side where it didn't pass."""

    nodeid: str
    live: str
    mock: str
    said: str


@dataclass(frozen=True)
class AnswerComparison:
    """All differences. `ids` are the places whose numbers were taken for ids, `notes` what limits the comparison."""

    live: RecordedRun
    mock: RecordedRun
    pairs: int
    only_live: int
    only_mock: int
    differences: tuple[Difference, ...]
    checks: tuple[CheckDifference, ...]
    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """All in one line."""
        if not self.differences and not self.checks:
            return f"no difference: both answered {self.pairs} requests alike"
        total = sum(one.count for one in self.differences)
        kinds = f"{len(self.differences)} kind{'s' * (len(self.differences) != 1)} of difference"
        checks = f"{len(self.checks)} check{'s' * (len(self.checks) != 1)} ended otherwise"
        return f"different: {kinds} in {self.pairs} pairs of replies ({total} in all), {checks}"

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        return {
            "format": 1,
            "summary": self.summary,
            "live": identity_of(self.live),
            "mock": identity_of(self.mock),
            "pairs": self.pairs,
            "only_live": self.only_live,
            "only_mock": self.only_mock,
            "differences": [asdict(one) for one in self.differences],
            "checks": [asdict(one) for one in self.checks],
            "ids": list(self.ids),
            "notes": list(self.notes),
        }


def compare_answers(live: RecordedRun, mock: RecordedRun, notes: Sequence[str] = ()) -> AnswerComparison:
    """Compare two runs of one run id, the second on the embedded instance."""
    here, there = live.exchanges or (), mock.exchanges or ()
    pairing = pair(here, there)
    own = OwnNames(live.run_id, here, there)
    walker = Walker(own, Names(), concurrent_names(here, own) | concurrent_names(there, own))
    _learn(pairing, walker.names)
    found = [(a, b, one) for a, b in pairing.pairs for one in _compared(walker, a, b)]
    ids = walker.names.ids()
    numbers = {(a, b) for pairs in ids.values() for a, mocks in pairs.forth.items() for b in mocks}
    real = [hit for hit in found if _is_real(hit[2], walker, numbers)]
    often = Counter(_place(a, one) for a, _, one in real if _unseen(one, walker))
    moving = fields_that_move(here, live.run_id) | fields_that_move(there, live.run_id)
    differences = [(a, b, one) for a, b, one in real if not _by_chance(a, one, walker, moving, often)]
    return AnswerComparison(
        live=live,
        mock=mock,
        pairs=len(pairing.pairs),
        only_live=len(pairing.only_live),
        only_mock=len(pairing.only_mock),
        differences=tuple(_grouped(differences)),
        checks=tuple(_checks(live, mock)),
        ids=tuple(sorted(ids)),
        notes=tuple(notes),
    )


def _compared(walker: Walker, live: Exchange, mock: Exchange) -> Iterator[Found]:
    here, there = live.response, mock.response
    statuses = _status(live), _status(mock)
    if statuses[0] != statuses[1]:
        yield Found("", "status", *statuses)
    if here is None or there is None or here.status // 100 != there.status // 100:
        return
    yield from _headers(here, there)
    body, body_there = json_body(live), json_body(mock)
    if body is not NOT_JSON and body_there is not NOT_JSON:
        yield from walker.walk(f"{live.endpoint}", body, body_there)
    elif body is not NOT_JSON or body_there is not NOT_JSON:
        yield Found("", "body", _content(here, body), _content(there, body_there))
    elif (text := shape_of(here.body or "").rest) != (text_there := shape_of(there.body or "").rest):
        yield Found("", "body", text, text_there)


def _status(exchange: Exchange) -> str:
    if exchange.response is None:
        return f"no reply: {exchange.error.kind}" if exchange.error else "no reply"
    return str(exchange.response.status) + (f", then {exchange.error.kind}" if exchange.error else "")


def _headers(live: Response, mock: Response) -> Iterator[Found]:
    for name in HEADERS:
        here, there = ((reply.header(name) or "none").lower().replace(" ", "") for reply in (live, mock))
        if shape_of(here).rest != shape_of(there).rest:
            yield Found(name, "header", here, there)


def _content(reply: Response, body: Any) -> str:
    if body is not NOT_JSON:
        return "JSON"
    if reply.truncated:
        return "longer than what is kept"
    return "not JSON" if reply.size else "empty"


def _learn(pairing: Pairing, names: Names) -> None:
    """What differs in requests that ask the same is the same thing; what they upload is what the run decides."""
    for live, mock in pairing.pairs:
        here, there = live.request, mock.request
        for text, text_there in zip((here.path, *sent_texts(here)), (there.path, *sent_texts(there)), strict=False):
            tokens, tokens_there = shape_of(text).tokens, shape_of(text_there).tokens
            for (_, a), (_, b) in zip(tokens, tokens_there, strict=False):
                names.learn(a, b)
        for part, part_there in zip(here.parts, there.parts, strict=False):
            names.learn(part.sha256, part_there.sha256)
        names.note_sent((part.sha256 for part in here.parts), (part.sha256 for part in there.parts))


def _is_real(found: Found, walker: Walker, ids: set[tuple[str, str]]) -> bool:
    """Whether it is more than the same thing under two names, or another moment."""
    if found.kind == "value" and found.live == found.mock:
        return False
    if found.tokens:
        return not all(walker.names.same(kind, a, b, ids) for kind, a, b in found.tokens)
    if found.timely:
        seen, seen_there = (side.get(found.name, set()) for side in walker.seen)
        return zones(found.live) != zones(found.mock) or precision(seen) != precision(seen_there)
    return True


def _by_chance(
    exchange: Exchange, found: Found, walker: Walker, moving: set[str], often: Mapping[tuple[str, str], int]
) -> bool:
    """Whether two values of a field that changes by itself may differ by the moment alone.

    Not where one run never shows what the other does in most of the replies that have the field.
    """
    if found.looks is None or found.name not in moving:
        return False
    place = _place(exchange, found)
    return not _unseen(found, walker) or often[place] <= walker.pairs[place] / 2


def _place(exchange: Exchange, found: Found) -> tuple[str, str]:
    """As the walker counts pairs."""
    return f"{exchange.endpoint}", found.path


def _unseen(found: Found, walker: Walker) -> bool:
    """Whether one of the runs never shows what the other does there."""
    if found.looks is None:
        return False
    seen, seen_there = (side.get(found.name, set()) for side in walker.seen)
    return found.looks[0] not in seen_there or found.looks[1] not in seen


@dataclass
class _Group:
    name: str
    example: str
    count: int = 0
    readings: Counter[tuple[str, str]] = field(default_factory=Counter)


def _grouped(found: Iterable[tuple[Exchange, Exchange, Found]]) -> Iterator[Difference]:
    """Equal differences at one place together, then those places that differ in the same way."""
    by_place: dict[tuple[Kind, str, str], _Group] = {}
    for live, _, one in found:
        where = live.endpoint or live.request.path
        status = live.response.status // 100 if live.response else 0
        place = where if one.kind == "status" else f"{where} {status}xx"
        group = by_place.setdefault((one.kind, one.path, place), _Group(one.name, live.id))
        group.count += 1
        group.readings[one.live, one.mock] += 1
    alike: dict[tuple[Kind, Any], list[tuple[str, str, _Group]]] = {}
    for (kind, path, place), group in by_place.items():
        few = len(group.readings) <= _EXAMPLES
        same = (kind, (group.name, tuple(sorted(group.readings)) if few else "many"))
        alike.setdefault(same, []).append((place, path, group))
    differences = [_difference(kind, groups) for (kind, _), groups in alike.items()]
    order: Sequence[Kind] = ("status", "body", "missing", "type", "null", "extra", "length", "order", "header", "value")
    yield from sorted(differences, key=lambda one: (order.index(one.kind), -one.count, one.field))


def _difference(kind: Kind, groups: Sequence[tuple[str, str, _Group]]) -> Difference:
    readings: Counter[tuple[str, str]] = Counter()
    for _, _, group in groups:
        readings.update(group.readings)
    return Difference(
        kind=kind,
        field=groups[0][2].name,
        places=tuple(f"{place} {path}".strip() for place, path, _ in groups),
        count=sum(group.count for _, _, group in groups),
        readings=tuple(reading for reading, _ in readings.most_common(_EXAMPLES)),
        more_readings=max(0, len(readings) - _EXAMPLES),
        example=groups[0][2].example,
    )


def _checks(live: RecordedRun, mock: RecordedRun) -> Iterator[CheckDifference]:
    for nodeid, here in live.checks.items():
        there = mock.checks.get(nodeid)
        if there is not None and there.verdict != here.verdict:
            said = here.said if here.verdict != "passed" else there.said
            yield CheckDifference(nodeid, here.verdict, there.verdict, said)
