"""What a query's `where` lets through, and its `order_by`, over the nodes that it could show."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "_eq": operator.eq,
    "_gte": operator.ge,
    "_lte": operator.le,
}

NodeT = TypeVar("NodeT")


def matches(node: object, where: Mapping[str, Any] | None) -> bool:
    """Whether a node meets a condition. Fields are the node's own, or lead to another node with its own condition.

    Raises ValueError for a moment that isn't one.
    """
    return all(_meets(node, name, wanted) for name, wanted in (where or {}).items())


def ordered(nodes: Sequence[NodeT], order_by: Sequence[Mapping[str, str]]) -> list[NodeT]:
    """The nodes in the order asked for, the first of several fields counting most."""
    found = list(nodes)
    for field, direction in reversed([pair for order in order_by for pair in order.items()]):
        found.sort(key=operator.attrgetter(field), reverse=direction == "desc")
    return found


def _meets(node: object, name: str, wanted: Any) -> bool:
    if name == "_and":
        return all(matches(node, one) for one in wanted)
    value = getattr(node, name)
    if callable(value):
        inner = value(None)
        return inner is not None and matches(inner, wanted)
    return all(_compares(value, comparison, operand) for comparison, operand in wanted.items())


def _compares(value: Any, comparison: str, operand: Any) -> bool:
    if isinstance(value, int):
        return _COMPARISONS[comparison](value, int(operand))
    if comparison != "_eq":
        return _COMPARISONS[comparison](_moment(value), _moment(operand))
    return bool(value == operand)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
