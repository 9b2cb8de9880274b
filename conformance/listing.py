"""What the command prints of the contract: the list of promises, and the judgement of one saved reply."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.contract import ENDPOINTS, Release
from conformance.errors import UsageError

MAX_REPLY_BYTES = 64 * 2**20
"""The largest saved reply that is judged, in bytes; the same bound as a live reply's."""

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


def judge_saved_reply(release: Release, endpoint: str, file: str, status: int | None) -> tuple[list[str], bool]:
    """Judge the body in `file` by the endpoint's schema; lines to print, and whether it conforms.

    Without a status, a body that has `msg` and `code` is judged as a refusal, any other as a success.
    Raises UsageError for an unknown endpoint and an unreadable file.
    """
    if endpoint not in ENDPOINTS:
        raise UsageError(f"there is no endpoint {endpoint!r}; known: {', '.join(ENDPOINTS)}")
    try:
        body = json.loads(_read(file))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        return [f"(the reply): isn't JSON: {reason}", f"{endpoint}: 1 violation of release {release.id}"], False
    if status is None:
        status = _assumed_status(endpoint, body)
    violations = release.schemas.violations(endpoint, body, status)
    kind = "an error envelope" if status >= 400 else "a successful reply"
    if not violations:
        return [f"{endpoint}: conforms to release {release.id} as {kind}"], True
    lines = [f"{violation.path or '(the reply)'}: {violation.message}" for violation in violations]
    number = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
    return [*lines, f"{endpoint}: {number} of release {release.id} as {kind}"], False


def _assumed_status(endpoint: str, body: Any) -> int:
    if isinstance(body, dict) and {"msg", "code"} <= body.keys():
        code = body["code"]
        return code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600 else 400
    return 202 if endpoint == "upload_and_convert" else 200


def _read(file: str) -> bytes:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(MAX_REPLY_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(MAX_REPLY_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {file!r}: {error.strerror}") from None
    if len(content) > MAX_REPLY_BYTES:
        name = "standard input" if file == "-" else repr(file)
        raise UsageError(f"{name} is larger than {MAX_REPLY_BYTES // 2**20} MiB, more than any reply that is judged")
    return content
