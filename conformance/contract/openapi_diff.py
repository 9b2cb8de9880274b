"""What differs between two OpenAPI documents: two releases' contracts, or a contract and an instance's own document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conformance.contract.openapi_flat import Field, Operation, flatten

Kind = Literal["endpoint", "field", "type", "required", "values", "status"]
Place = Literal["", "request", "response"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two documents describe otherwise.

    `kind` says what: an endpoint, a field or a status that only one of them has; a field's JSON types, whether it is
    required, or its values. `old` and `new` are what each says, empty where it says nothing: `present`, the types,
    `required` or `optional`, the values that only that one has, the status. `pointer` names the field (`models[].id`).
    """

    kind: Kind
    path: str
    place: Place
    pointer: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def added(self) -> bool:
        """Whether only the new document has it."""
        return not self.old

    @property
    def gone(self) -> bool:
        """Whether only the old document has it."""
        return not self.new


def differences(old: Any, new: Any) -> tuple[Difference, ...]:
    """All that differs between two parsed documents, in the old one's order and then the new one's.

    What is inside a field that only one has isn't told apart from it. Raises TooComplex as `flatten` does.
    """
    return tuple(_operations(flatten(old), flatten(new)))


def deviations(contract: Any, own: Any) -> tuple[Difference, ...]:
    """Where an instance's own document goes beyond a contract, or falls short of it; `old` is the contract.

    A reply that is narrower than the contract allows, and a request that is wider, keep it and are no deviation; nor
    are statuses that the document doesn't list, nor the inside of an object that the contract leaves open.
    Raises TooComplex as `flatten` does.
    """
    promised = flatten(contract)
    return tuple(one for one in _operations(promised, flatten(own)) if _deviates(one, promised.get(one.path)))


def _operations(old: Mapping[str, Operation], new: Mapping[str, Operation]) -> Iterator[Difference]:
    for path, before in old.items():
        if path not in new:
            yield Difference("endpoint", path, "", "", ("present",), ())
            continue
        after = new[path]
        yield from _fields(path, "request", before.request, after.request)
        yield from _fields(path, "response", before.response, after.response)
        for status in sorted(before.statuses ^ after.statuses):
            had, has = status in before.statuses, status in after.statuses
            yield Difference("status", path, "", "", (status,) * had, (status,) * has)
    for path in new:
        if path not in old:
            yield Difference("endpoint", path, "", "", (), ("present",))


def _fields(path: str, place: Place, old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Difference]:
    for pointer, before in old.items():
        if pointer in new:
            yield from _field(path, place, pointer, before, new[pointer])
        elif not _is_inside(pointer, old, new):
            yield Difference("field", path, place, pointer, _types(before), ())
    for pointer, after in new.items():
        if pointer not in old and not _is_inside(pointer, new, old):
            yield Difference("field", path, place, pointer, (), _types(after))


def _field(path: str, place: Place, pointer: str, old: Field, new: Field) -> Iterator[Difference]:
    if old.types != new.types:
        yield Difference("type", path, place, pointer, _types(old), _types(new))
    if old.required != new.required:
        yield Difference("required", path, place, pointer, (_need(old),), (_need(new),))
    if old.values != new.values:
        before, after = old.values, new.values
        if before is not None and after is not None:
            before, after = before - after, after - before
        yield Difference("values", path, place, pointer, _listed(before), _listed(after))


def _is_inside(pointer: str, having: Mapping[str, Field], other: Mapping[str, Field]) -> bool:
    """Whether a field stands inside another one that the other document lacks too."""
    return any(parent in having and parent not in other for parent in _parents(pointer))


def _parents(pointer: str) -> Iterator[str]:
    while "." in pointer:
        pointer = pointer.rpartition(".")[0]
        yield pointer.rstrip("[]")


def _types(field: Field) -> tuple[str, ...]:
    return tuple(sorted(field.types, key=lambda kind: (kind == "null", kind))) or ("any",)


def _need(field: Field) -> str:
    return "required" if field.required else "optional"


def _listed(values: frozenset[str] | None) -> tuple[str, ...]:
    return ("any",) if values is None else tuple(sorted(values))


def _deviates(one: Difference, promised: Operation | None) -> bool:
    contract, own = set(one.old), set(one.new)
    if one.kind == "status":
        return one.added
    if one.kind == "field" and one.added and promised is not None:
        return not _is_left_open(one.pointer, promised.request if one.place == "request" else promised.response)
    if one.kind == "type":
        wider, narrower = (own, contract) if one.place == "response" else (contract, own)
        return "any" not in own | contract and not _covers(narrower, wider)
    if one.kind == "required":
        return contract == ({"required"} if one.place == "response" else {"optional"})
    if one.kind == "values":
        # An open list beside a closed one only matters where it lets more through than was promised.
        return own != {"any"} if one.place == "request" and contract != {"any"} else contract != {"any"} and bool(own)
    return True


def _covers(types: set[str], others: set[str]) -> bool:
    return others <= types | ({"integer"} if "number" in types else set())


def _is_left_open(pointer: str, described: Mapping[str, Field]) -> bool:
    """Whether a field stands in an object of which the contract describes no field."""
    for parent in _parents(pointer):
        if parent in described:
            inside = (f"{parent}.", f"{parent}[")
            return not any(other.startswith(inside) for other in described)
    return False
