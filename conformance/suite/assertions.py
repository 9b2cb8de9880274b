"""How a check says what it expected and what the instance did.

Each helper counts itself, so that a check which asserts nothing is caught, and fails with a `Nonconformity`: what was
expected, what came instead, and the exchange that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.reply import Reply
from conformance.suite.places import Place, place_of_value, place_of_violation

MAX_SHOWN = 160


class Nonconformity(AssertionError):
    """The instance doesn't keep a promise: `expected`, `actual`, and the ids of the exchanges that show it.

    `place` is where in the last reply the wrong value stands, None where it is no single value or nobody knows.
    """

    def __init__(self, expected: str, actual: str, replies: Iterable[Reply] = (), place: Place | None = None) -> None:
        self.expected = expected
        self.actual = actual
        self.place = place
        self.exchanges = tuple(reply.exchange.id for reply in replies)
        super().__init__(f"Expected: {expected}\nActual: {actual}")


@dataclass
class Tally:
    """What the running check has asserted so far, and which readings of the contract it saw."""

    assertions: int = 0
    readings: list[str] = field(default_factory=list)

    def reset(self) -> None:
        """Forget the previous check."""
        self.assertions = 0
        self.readings = []


TALLY = Tally()


def show(value: Any) -> str:
    """A value on one line, shortened."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def describe(reply: Reply) -> str:
    """A reply on one line: status and the start of its body."""
    body = " ".join(reply.text.split())
    shown = body if len(body) <= MAX_SHOWN else f"{body[: MAX_SHOWN - 1]}…"
    return f"{reply.status} {shown}" if shown else f"{reply.status} with an empty body"


def expect(
    holds: bool,
    *,
    expected: str,
    actual: str | Callable[[], str],
    replies: Iterable[Reply] = (),
    place: Callable[[], Place | None] | None = None,
) -> None:
    """The one assertion that the others are made of. `place` finds the wrong value in the last reply."""
    __tracebackhide__ = True
    TALLY.assertions += 1
    if not holds:
        raise Nonconformity(expected, actual() if callable(actual) else actual, replies, place() if place else None)


def assert_equal(actual: Any, expected: Any, *, what: str, reply: Reply) -> None:
    """`what` of the reply equals `expected`, in value and in JSON type."""
    __tracebackhide__ = True
    same = actual == expected and isinstance(actual, bool) == isinstance(expected, bool)
    expect(
        same,
        expected=f"{what} is {show(expected)}",
        actual=f"{what} is {show(actual)}",
        replies=[reply],
        place=lambda: place_of_value(reply, what, actual, expected),
    )


def assert_success(reply: Reply, *, what: str, accepted: Collection[int] = (200,)) -> None:
    """The request was carried out: one of the accepted statuses."""
    __tracebackhide__ = True
    statuses = " or ".join(map(str, accepted))
    expect(
        reply.status in accepted,
        expected=f"{what} is answered {statuses}",
        actual=lambda: describe(reply),
        replies=[reply],
    )


def assert_refused(reply: Reply, *, what: str) -> None:
    """The request was refused with a complete reply: any status of 400 and above."""
    __tracebackhide__ = True
    expect(
        reply.status >= 400,
        expected=f"{what} is refused (a status of 400 or above)",
        actual=lambda: describe(reply),
        replies=[reply],
    )


def assert_among(value: Any, members: Collection[Any], *, what: str, where: str, reply: Reply) -> None:
    """`what`, a value, is one of the members."""
    __tracebackhide__ = True
    expect(
        value in members,
        expected=f"{where} has {what} {show(value)}",
        actual=f"{where} has {show(sorted(members, key=str))}",
        replies=[reply],
    )


def assert_field(release: Release, requirement: Requirement, reply: Reply, body: Any) -> None:
    """The requirement's field stands in `body` as the contract's schema has it, in each row that should have it.

    Raises NotTestable where the field's parent is itself missing or of another type: that is the parent's failure.
    """
    __tracebackhide__ = True
    endpoint, pointer = requirement.endpoint, requirement.field
    assert endpoint is not None
    assert pointer is not None
    violations = release.schemas.violations(endpoint, body, reply.status)
    # What a list holds of another type than objects is the list's own fault: none of its fields can be judged then.
    places = {pointer, f"{pointer}[]"}
    own = [v for v in violations if v.pointer in places or (v.pointer == "" and not _nested(pointer))]
    expect(
        not own,
        expected=f"{endpoint}: {pointer or 'the reply'} as documented ({requirement.text.rstrip('.')})",
        actual=lambda: (
            f"{own[0].path or 'the reply'} {own[0].message}" + (f" (and {len(own) - 1} more)" if len(own) > 1 else "")
        ),
        replies=[reply],
        place=lambda: place_of_violation(reply, body, own[0], release.schemas.field_pointers(endpoint)),
    )
    above = [v for v in violations if _is_above(v.pointer, pointer) and v.pointer not in places]
    if above:
        raise NotTestable(f"{above[0].path or 'the reply'} {above[0].message}, so {pointer} can't be judged")
    if pointer and not values_at(body, pointer, parents=True):
        raise NotTestable(f"the reply holds nothing that could have {pointer}")


def _is_above(pointer: str, inner: str) -> bool:
    """Whether a pointer is of something that holds what `inner` is of: `models[].model` isn't of `models[].models`."""
    return not pointer or inner.startswith((f"{pointer}.", f"{pointer}[]"))


def _nested(pointer: str) -> bool:
    return "." in pointer or "[]" in pointer


def values_at(body: Any, pointer: str, *, parents: bool = False) -> list[Any]:
    """The values that a field pointer selects, or the objects that should hold them."""
    values = [body]
    steps = pointer.replace("[]", ".[]").lstrip(".").split(".") if pointer else []
    if parents and steps:
        steps = steps[:-1]
    for step in steps:
        if step == "[]":
            values = [item for value in values if isinstance(value, list) for item in value]
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
    return [value for value in values if value is not None] if parents else values


def follows(requirement: Requirement, reading: str) -> None:
    """Note which of the contract's readings the instance follows; the report names it.

    Raises ValueError where the contract lists no such reading: the check and the data have come apart.
    """
    if not requirement.accepts(reading):
        raise ValueError(f"{requirement.id} lists no reading {reading!r}")
    TALLY.assertions += 1
    TALLY.readings.append(reading)
