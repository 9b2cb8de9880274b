"""One saved reply judged offline: does it conform to a release, which releases does it fit, and why not the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.contract import AUTO, load_release, release_ids
from conformance.contract.companions import companion_schemas, companions
from conformance.contract.fitting import Fit, distinct, fits, listed
from conformance.contract.schemas import FIRST_ERROR_STATUS, Violation
from conformance.errors import UsageError

MAX_REPLY_BYTES = 64 * 2**20
"""The largest saved reply that is judged, in bytes; the same bound as a live reply's."""

MAX_DIFFERENCES = 3
"""Differences from each other release that are shown."""

UPLOAD = "upload_and_convert"


def judge_saved_reply(endpoint: str, file: str, status: int | None, release: str = AUTO) -> tuple[list[str], bool]:
    """Judge the body in `file`, which `endpoint` answered; lines to print, and whether it conforms.

    With a release it is judged by that one's schema; `auto` says which releases it fits. Both tell what makes it not of
    another. Without a status, a body that has `msg` and `code` is judged as a refusal, any other as a success.
    Raises UsageError for an unknown endpoint, one that the release lacks, and an unreadable file.
    """
    name = _known(endpoint, release)
    try:
        body = json.loads(_read(file))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        whose = "any release" if release == AUTO else f"release {release}"
        return [f"(the reply): isn't JSON: {reason}", f"{name}: 1 violation of {whose}"], False
    if status is None:
        status = _assumed_status(name, body)
    kind = "an error envelope" if status >= FIRST_ERROR_STATUS else "a successful reply"
    if name in companions():
        return _told(name, companion_schemas().violations(name, body, status), f"every release as {kind}")
    found = fits(name, body, status)
    if release == AUTO:
        return _by_fit(name, found, kind)
    violations = load_release(release).schemas.violations(name, body, status)
    lines, conforms = _told(name, violations, f"release {release} as {kind}")
    return [*lines, *_not_others([one for one in found if one.release != release])], conforms


def _known(endpoint: str, release: str) -> str:
    """The endpoint's name, which may be given with `models/` before it."""
    known = dict.fromkeys(name for each in release_ids() for name in load_release(each).endpoints)
    name = endpoint if endpoint in companions() else endpoint.removeprefix("models/")
    if name in companions():
        return name
    if name not in known:
        raise UsageError(f"there is no endpoint {endpoint!r}; known: {', '.join([*known, *companions()])}")
    if release != AUTO and name not in load_release(release).endpoints:
        raise UsageError(
            f"release {release} has no endpoint {name}; it has {', '.join(load_release(release).endpoints)}"
        )
    return name


def _told(name: str, violations: list[Violation], whose: str) -> tuple[list[str], bool]:
    if not violations:
        return [f"{name}: conforms to {whose}"], True
    lines = [f"{violation.path or '(the reply)'}: {violation.message}" for violation in violations]
    number = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
    return [*lines, f"{name}: {number} of {whose}"], False


def _by_fit(name: str, found: tuple[Fit, ...], kind: str) -> tuple[list[str], bool]:
    fitting = [one.release for one in found if one.fits]
    if fitting:
        every = len(fitting) == len(release_ids())
        whose = "every release" if every else f"release{'s' * (len(fitting) > 1)} {listed(fitting)}"
        return [f"{name}: fits {whose} as {kind}", *_not_others(found)], True
    having = [one for one in found if name in load_release(one.release).endpoints]
    nearest = min(having, key=lambda one: len(distinct(one.differences)))
    number = "1 difference" if len(nearest.differences) == 1 else f"{len(nearest.differences)} differences"
    summary = f"{name}: fits no release as {kind}; {nearest.release} is nearest, but for {number}"
    return [*nearest.differences, summary, *_not_others([one for one in found if one is not nearest])], False


def _not_others(found: tuple[Fit, ...] | list[Fit]) -> Iterator[str]:
    """A few lines for each release that the reply isn't of."""
    for one in found:
        lines = distinct(one.differences)
        yield from (f"not {one.release}: {line}" for line in lines[:MAX_DIFFERENCES])
        if len(lines) > MAX_DIFFERENCES:
            yield f"not {one.release}: … and {len(lines) - MAX_DIFFERENCES} more"


def _assumed_status(endpoint: str, body: Any) -> int:
    if isinstance(body, dict) and {"msg", "code"} <= body.keys():
        code = body["code"]
        return code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600 else 400
    if endpoint == "token" and isinstance(body, dict) and "error" in body:
        return 400
    return 202 if endpoint == UPLOAD else 200


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
