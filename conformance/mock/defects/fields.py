"""Every documented field of every reply, wrong in each way that a field can be: generated from the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.contract import Release, Requirement
from conformance.contract.schemas import FieldSpec
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import reply_changed
from conformance.mock.defects.observations import field_shape
from conformance.mock.replies import Call, Reply

Holder = Any
"""The object or list that a value stands in."""

Wrong = Callable[[Holder, Any], None]
"""Makes the value at a key of its holder wrong."""

Wrap = Callable[[Any], Any]
_WRAPPED_LIST: tuple[str, Wrap] = ("an object", lambda body: {"models": body})
_WRAPPED_OBJECT: tuple[str, Wrap] = ("a list", lambda body: [body])


def field_defects(release: Release) -> Iterator[Defect]:
    """The defects of each field that the release's requirements name, in their order."""
    for endpoint in release.schemas.endpoints:
        specs = {spec.pointer: spec for spec in release.schemas.field_pointers(endpoint)}
        for requirement in release.fields(endpoint):
            if requirement.field in specs:
                yield from _defects(endpoint, requirement, specs[requirement.field])


def _defects(endpoint: str, requirement: Requirement, spec: FieldSpec) -> Iterator[Defect]:
    probe = field_shape(endpoint, spec.pointer)
    shown = spec.pointer or "the reply"
    for kind, says, wrong in _ways(requirement, spec):
        yield Defect(
            id=f"{requirement.id}.{kind}",
            says=f"In the reply of {endpoint}, {shown} {says}.",
            breaks=(requirement.id,),
            behaviour=_with(endpoint, spec.pointer, wrong),
            probe=probe,
        )


def _ways(requirement: Requirement, spec: FieldSpec) -> Iterator[tuple[str, str, Wrong]]:
    """The ways in which this field can break its promise; what the contract allows isn't one."""
    if spec.pointer and (spec.required or _must_be_present(requirement)):
        name = _last(spec.pointer)
        yield "missing", "is missing", lambda holder, key: holder.pop(key)
        yield "renamed", f"is called {_renamed(name)}", lambda holder, key: _rename(holder, key)
    if "null" not in spec.types:
        yield "null", "is null", lambda holder, key: _put(holder, key, None)
    yield "mistyped", "has another JSON type", lambda holder, key: _put(holder, key, _mistyped(spec, holder[key]))
    malform = _malform(spec)
    if malform is not None:
        says, change = malform
        yield "malformed", says, lambda holder, key: _put(holder, key, change(holder[key]))
    if spec.pointer:
        yield "nested", "stands in a list of its own", lambda holder, key: _put(holder, key, [holder[key]])
    else:
        where, wrap = _WRAPPED_LIST if "array" in spec.types else _WRAPPED_OBJECT
        yield "nested", f"stands in {where}", lambda holder, key: _put(holder, key, wrap(holder[key]))


def _must_be_present(requirement: Requirement) -> bool:
    readings = {reading.reading for reading in requirement.interpretation}
    return "present" in readings and "absent" not in readings


def _mistyped(spec: FieldSpec, value: Any) -> Any:
    if "string" in spec.types:
        return 7
    return str(value) if isinstance(value, int) else "none"


def _malform(spec: FieldSpec) -> tuple[str, Callable[[Any], Any]] | None:
    """A change that keeps the type and breaks the form, None where any value of the type is good."""
    import jsonschema_rs

    if spec.schema.get("items", {}).get("type") == "string":
        return "holds a number", lambda value: [7]
    judge = jsonschema_rs.Draft202012Validator(dict(spec.schema), validate_formats=True)
    sample = next(iter([*spec.schema.get("examples", ()), *spec.schema.get("enum", ())]), None)
    changes: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        ("is zero", lambda value: 0 if _is_integer(value) else value),
        ("is negative", lambda value: -1 if _is_integer(value) else value),
        ("is in upper case", lambda value: value.upper() if isinstance(value, str) else value),
        ("has no dashes", lambda value: value.replace("-", "") if isinstance(value, str) else value),
        ("is a word", lambda value: "somebody" if isinstance(value, str) else value),
    )
    if sample is None:
        return None
    return next((change for change in changes if not judge.is_valid(change[1](sample))), None)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _with(endpoint: str, pointer: str, wrong: Wrong) -> type[Behaviour]:
    def change(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        if not pointer:
            # The body itself stands in the reply, as a value does in its object.
            holder = {"body": reply.body}
            wrong(holder, "body")
            reply.body = holder["body"]
        for holder in _holders(reply.body, pointer):
            wrong(holder, _last(pointer))

    return reply_changed(endpoint, change)


def _holders(body: Any, pointer: str) -> list[Holder]:
    """The objects that have the field."""
    *steps, last = pointer.replace("[]", ".[]").lstrip(".").split(".")
    holders = [body]
    for step in steps:
        if step == "[]":
            holders = [item for holder in holders if isinstance(holder, list) for item in holder]
        else:
            holders = [holder[step] for holder in holders if isinstance(holder, dict) and step in holder]
    return [holder for holder in holders if isinstance(holder, dict) and last in holder]


def _last(pointer: str) -> str:
    return pointer.rpartition(".")[2]


def _renamed(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _rename(holder: dict[str, Any], key: str) -> None:
    holder[_renamed(key)] = holder.pop(key)


def _put(holder: dict[str, Any], key: str, value: Any) -> None:
    holder[key] = value
