"""What the command prints for someone who upgrades: the releases there are, and what changes between two of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract import LEVELS, Release, Requirement, load_release, release_ids
from conformance.contract.changes import Changes, changes
from conformance.contract.openapi_diff import Difference

_PLACES = {"request": "request", "response": "reply", "": ""}


def render_releases(style: str) -> str:
    """The releases that have a contract, as a table for a terminal, as Markdown, or as JSON."""
    rows = [_release(load_release(name)) for name in release_ids()]
    if style == "json":
        return json.dumps({"releases": rows}, indent=2)
    cells = [[str(value or "") for value in row.values()] for row in rows]
    heads = list(rows[0])
    if style == "markdown":
        lines = [heads, ["---"] * len(heads), *cells]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *cells]
    )


def _release(release: Release) -> dict[str, Any]:
    levels = Counter(requirement.level for requirement in release.requirements.values())
    return {
        "release": release.id,
        "since": release.since,
        "extends": release.extends.id if release.extends else None,
        "endpoints": len(release.endpoints),
        **{level: levels[level] for level in LEVELS},
    }


def render_changes(old: Release, new: Release, style: str) -> str:
    """What changes from one release to another, as text for a terminal, as Markdown, or as JSON."""
    found = changes(old, new)
    if style == "json":
        return json.dumps(_as_json(found), indent=2, ensure_ascii=False)
    title = f"From release {old.id} to release {new.id}"
    sections = [(name, lines) for name, lines in _sections(found) if lines]
    if not sections:
        return f"{title}: nothing changes"
    if style == "markdown":
        return "\n".join([f"# {title}", *(line for name, lines in sections for line in _markdown(name, lines))])
    return "\n".join([title, *(line for name, lines in sections for line in _plain(name, lines))])


def _plain(name: str, lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(what) for what, _ in lines)
    yield from ("", name)
    for what, text in lines:
        yield f"  {what:<{width}}  {text}".rstrip()


def _markdown(name: str, lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield from ("", f"## {name}", "", "| | |", "| --- | --- |")
    for what, text in lines:
        sign, _, thing = what.partition(" ")
        yield f"| {sign} `{thing}` | {text.replace('|', chr(92) + '|')} |"


def _sections(found: Changes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Headings with their lines, each a sign with what changes, and how; `+` came, `-` went, `~` changed."""
    endpoints = [one for one in found.interface if one.kind == "endpoint"]
    yield "Endpoints", [(f"{_sign(one)} {found.endpoint(one.path)}", one.path) for one in endpoints]
    for path in dict.fromkeys(one.path for one in found.interface if one.kind != "endpoint"):
        differing = [one for one in found.interface if one.path == path]
        yield f"Fields of {found.endpoint(path)}", [(f"{_sign(one)} {_thing(one)}", _how(one)) for one in differing]
    yield (
        "Enumerations",
        [
            (f"{sign} {name}", ", ".join(values))
            for name, (went, came) in found.enumerations.items()
            for sign, values in (("-", went), ("+", came))
            if values
        ],
    )
    yield "New requirements", [(f"+ {promise.id}", f"{promise.level}: {promise.text}") for promise in found.added]
    yield (
        "Requirements that are gone",
        [(f"- {name}", reason or "only the other release makes it") for name, reason in found.gone.items()],
    )
    yield (
        "Requirements that changed",
        [(f"~ {one.id}", f"{one.what}: {one.before} → {one.after}") for one in found.changed],
    )


def _sign(one: Difference) -> str:
    return "+" if one.added else "-" if one.gone else "~"


def _thing(one: Difference) -> str:
    return f"status {(*one.old, *one.new)[0]}" if one.kind == "status" else f"{_PLACES[one.place]} {one.pointer}"


def _how(one: Difference) -> str:
    if one.kind == "status":
        return ""
    joint = ", " if one.kind == "values" else " or "
    return " → ".join(joint.join(said) for said in (one.old, one.new) if said)


def _as_json(found: Changes) -> dict[str, Any]:
    return {
        "old": found.old.id,
        "new": found.new.id,
        "interface": [
            {
                "kind": one.kind,
                "endpoint": found.endpoint(one.path),
                "path": one.path,
                "place": _PLACES[one.place] or None,
                "field": one.pointer or None,
                "old": list(one.old),
                "new": list(one.new),
            }
            for one in found.interface
        ],
        "enumerations": {
            name: {"gone": list(went), "added": list(came)} for name, (went, came) in found.enumerations.items()
        },
        "requirements": {
            "added": [_promise(promise) for promise in found.added],
            "gone": [{"id": name, "reason": reason} for name, reason in found.gone.items()],
            "changed": [
                {"id": one.id, "what": one.what, "before": one.before, "after": one.after} for one in found.changed
            ],
        },
    }


def _promise(promise: Requirement) -> dict[str, Any]:
    return {"id": promise.id, "level": promise.level, "text": promise.text, "source": promise.source}
