"""What the command prints of the contract: the list of promises."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.contract import Release

_TEXT_WIDTH = 78


def render_requirements(release: Release, checks: Mapping[str, Sequence[str]], style: str) -> str:
    """The contract as a table for a terminal, as Markdown, or as JSON."""
    if style == "json":
        return json.dumps(_as_json(release, checks), indent=2, ensure_ascii=False)
    if style == "markdown":
        return _as_markdown(release, checks)
    return _as_table(release, checks)


def _as_json(release: Release, checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "release": release.id,
        "requirements": [
            {
                "id": r.id,
                "level": r.level,
                "basis": r.basis,
                "endpoint": r.endpoint,
                "profile": r.profile,
                "text": r.text,
                "source": r.source,
                "field": r.field,
                "needs": list(r.needs),
                "interpretation": [{"reading": i.reading, "says": i.says} for i in r.interpretation],
                "excluded": r.excluded,
                "scored": r.scored,
                "checks": list(checks.get(r.id, ())),
            }
            for r in release.requirements.values()
        ],
    }


def _as_markdown(release: Release, checks: Mapping[str, Sequence[str]]) -> str:
    lines = [
        f"# Release {release.id}: what the contract promises",
        "",
        "| requirement | level | basis | profile | promise | source | checks |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in release.requirements.values():
        tested = "<br>".join(f"`{name}`" for name in checks.get(r.id, ())) or f"not tested: {r.excluded}"
        cells = (f"`{r.id}`", r.level, r.basis, r.profile, r.text, r.source, tested)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _as_table(release: Release, checks: Mapping[str, Sequence[str]]) -> str:
    width = max(map(len, release.requirements))
    lines = [f"release {release.id}: {len(release.requirements)} requirements", ""]
    for r in release.requirements.values():
        text = r.text if len(r.text) <= _TEXT_WIDTH else f"{r.text[: _TEXT_WIDTH - 1]}…"
        lines.append(f"{r.id:<{width}}  {r.level:<6}  {r.basis:<10}  {r.profile:<4}  {text}")
        tested = ", ".join(checks.get(r.id, ())) or f"not tested: {r.excluded}"
        lines.append(f"{'':<{width}}  {tested}")
    return "\n".join(lines)
