"""One reply judged by its endpoint's contract: status, label, shape, and the envelope of a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from conformance.contract import Requirement
from conformance.contract.companions import companion_schemas
from conformance.contract.violations import Violation
from conformance.exchange_judging.calls import NOT_JSON, UPLOAD, Call
from conformance.exchange_judging.client_faults import MISSING, Fault
from conformance.exchange_judging.result import Notes

GATEWAY_STATUSES: Final = frozenset({401, 403, 404, 405, 407, 413, 429, 502, 503, 504})
"""What a gateway in front of the API may answer by itself, in its own words. Source: recorded ("Jwt is missing")."""

OLDER = "other rows conform, and this one's model may be older than the release"

IsOwn = Callable[[Any], bool]


def judge_reply(call: Call, wrong: Sequence[Fault], is_own: IsOwn, notes: Notes) -> None:
    """Note what the reply keeps and what it breaks. `wrong` is the request's own; `is_own` tells whether a row is of a
    model that the recording uploads.
    """
    if call.companion:
        _companion(call, notes)
    elif call.is_success:
        _success(call, wrong, is_own, notes)
    else:
        _refusal(call, wrong, notes)
    if not call.companion:
        _without_token(call, notes)


def _companion(call: Call, notes: Notes) -> None:
    if call.response.truncated or (not call.is_success and call.status in GATEWAY_STATUSES):
        return
    if call.answer is NOT_JSON:
        if call.is_success:
            notes.broke(call.exchange, call.endpoint, (), f"{call.endpoint} answers with JSON", call.described())
        return
    for violation in companion_schemas().violations(call.endpoint, call.answer, call.status):
        _shape(call, [violation], (), notes)


def _success(call: Call, wrong: Sequence[Fault], is_own: IsOwn, notes: Notes) -> None:
    for fault in wrong:
        if fault.refused_by is not None:
            notes.expect(
                False,
                call.exchange,
                call.endpoint,
                fault.refused_by,
                expected=f"a request is refused whose {fault.path or 'body'} {_what(fault)}",
                actual=call.described(),
            )
    accepted = (200, 202) if call.endpoint == UPLOAD else (200,)
    statuses = " or ".join(map(str, accepted))
    if call.endpoint == UPLOAD:
        holds = call.status in accepted
        expected = f"a carried out upload is answered {statuses}"
        notes.expect(
            holds, call.exchange, UPLOAD, "upload.status", expected=expected, actual=f"it is answered {call.status}"
        )
    elif call.status not in accepted:
        expected = f"{call.endpoint} answers a success with {statuses}"
        notes.broke(call.exchange, call.endpoint, (), expected, f"it is answered {call.status}")
    if call.response.headers:
        label = call.response.header("content-type")
        notes.expect(
            (label or "").partition(";")[0].strip().lower() == "application/json",
            call.exchange,
            call.endpoint,
            "api.json-content-type",
            expected=f"{call.endpoint} labels its reply application/json",
            actual=f"Content-Type is {label!r}" if label else "it has no Content-Type",
        )
    if not call.response.truncated:
        _body(call, is_own, notes)


def _body(call: Call, is_own: IsOwn, notes: Notes) -> None:
    fields = notes.release.fields(call.endpoint)
    if call.answer is NOT_JSON:
        outer = [field.id for field in fields if not _is_nested(field.field)]
        notes.broke(call.exchange, call.endpoint, outer, f"{call.endpoint} answers with JSON", call.described())
        return
    violations = notes.release.schemas.violations(call.endpoint, call.answer, call.status)
    groups: dict[str, list[Violation]] = {}
    for violation in violations:
        groups.setdefault(violation.pointer, []).append(violation)
    for pointer, group in groups.items():
        ids = [field.id for field in fields if _is_of(field, pointer)]
        certain = [one for one in group if _is_certain(call, one, group, is_own)]
        _shape(call, certain or group, ids, notes, None if certain else OLDER)
    for field in fields:
        if not any(_is_of(field, pointer) for pointer in groups) and _holders(call.answer, field.field or ""):
            notes.held.update(notes.known([field.id]))


def _shape(call: Call, group: list[Violation], ids: Sequence[str], notes: Notes, doubt: str | None = None) -> None:
    first, more = group[0], len(group) - 1
    promises = [notes.release.requirements[name].text.rstrip(".") for name in notes.known(ids)]
    expected = f"{call.endpoint}: {first.pointer or 'the reply'} as documented"
    expected += f" ({'; '.join(promises[:1])})" if promises else ""
    actual = f"{first.path or 'the reply'} {first.message}" + (f" (and {more} more)" if more else "")
    notes.broke(call.exchange, call.endpoint, ids, expected, actual, first.path, doubt=doubt)


def _is_certain(call: Call, violation: Violation, group: list[Violation], is_own: IsOwn) -> bool:
    """Whether a violation can't be a stranger's row of before the release: it is in an own row, or in all rows."""
    rows, row = _rows(call.answer), _row_of(violation)
    if row is None or row >= len(rows) or is_own(rows[row]):
        return True
    return len({_row_of(other) for other in group}) == len(rows)


def _rows(answer: Any) -> list[Any]:
    found = answer.get("models") if isinstance(answer, dict) else answer
    return found if isinstance(found, list) else []


def _row_of(violation: Violation) -> int | None:
    matched = re.match(r"(?:models)?\[([0-9]+)\]", violation.path)
    return int(matched[1]) if matched else None


def _refusal(call: Call, wrong: Sequence[Fault], notes: Notes) -> None:
    for fault in wrong:
        if fault.refused_by is not None:
            notes.held.update(notes.known([fault.refused_by]))
    if call.status in GATEWAY_STATUSES or call.response.truncated:
        return
    body = call.answer
    violations = [] if body is NOT_JSON else notes.release.schemas.violations(call.endpoint, body, call.status)
    notes.expect(
        body is not NOT_JSON and not violations,
        call.exchange,
        call.endpoint,
        "errors.envelope",
        expected=f"{call.endpoint} refuses with an object of a string msg and an integer code",
        actual=call.described(),
        path=violations[0].path if violations else "",
    )
    code = body.get("code") if isinstance(body, dict) else None
    if type(code) is int:
        notes.expect(
            code == call.status,
            call.exchange,
            call.endpoint,
            "errors.code-equals-status",
            expected=f"{call.endpoint} refuses with the status as code, {call.status}",
            actual=f"the code is {code}",
            path="code",
        )
    if call.endpoint != UPLOAD and wrong and all(fault.kind == MISSING for fault in wrong):
        notes.expect(
            call.status == 400,
            call.exchange,
            call.endpoint,
            "errors.missing-field-is-400",
            expected=f"{call.endpoint} without its required field is answered 400",
            actual=call.described(),
        )


def _without_token(call: Call, notes: Notes) -> None:
    """Only recordings of ours tell that a request had no token: exported HARs leave it out."""
    if call.exchange.request.credential != "none":
        if call.is_success and call.exchange.request.credential == "session":
            notes.held.update(notes.known(["authentication.bearer-token-accepted"]))
        return
    topic = "upload" if call.endpoint == UPLOAD else call.endpoint.replace("_", "-")
    expected = f"{call.endpoint} without an access token is refused"
    notes.expect(
        not call.is_success,
        call.exchange,
        call.endpoint,
        f"{topic}.requires-token",
        expected=expected,
        actual=call.described(),
    )
    if not call.is_success:
        notes.expect(
            call.status == 401,
            call.exchange,
            call.endpoint,
            "authentication.refusal-is-401",
            expected=f"{call.endpoint} without an access token is answered 401",
            actual=call.described(),
        )
    if call.status == 401:
        schemes = call.response.header("www-authenticate")
        notes.expect(
            schemes is not None and re.search(r"(?i)\bbearer\b", schemes) is not None,
            call.exchange,
            call.endpoint,
            "authentication.refusal-names-scheme",
            expected="a 401 reply carries WWW-Authenticate with the Bearer scheme",
            actual=f"WWW-Authenticate is {schemes!r}" if schemes is not None else "it has no WWW-Authenticate",
        )


def _is_of(field: Requirement, pointer: str) -> bool:
    """Whether what is wrong at a pointer is wrong with the requirement's field."""
    own = field.field or ""
    return pointer in (own, f"{own}[]") or (pointer == "" and not _is_nested(own))


def _is_nested(pointer: str | None) -> bool:
    return "." in (pointer or "") or "[]" in (pointer or "")


def _holders(body: Any, pointer: str) -> list[Any]:
    """The objects that should have the field; the body itself for the pointer of the body."""
    values = [body]
    steps = pointer.replace("[]", ".[]").lstrip(".").split(".") if pointer else []
    for step in steps[:-1]:
        if step == "[]":
            values = [item for value in values if isinstance(value, list) for item in value]
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
    return [value for value in values if value is not None]


def _what(fault: Fault) -> str:
    return f"is {fault.message}" if fault.message == "missing" else fault.message
