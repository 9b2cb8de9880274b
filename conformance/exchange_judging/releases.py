"""Which release a recording is of: the one whose contract its replies differ least from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from conformance.contract import Release, contract_for, load_release, release_ids
from conformance.contract.fitting import distinct, fit, listed
from conformance.contract.naming import VERSION, order, release_named_by
from conformance.evidence.exchange import Exchange
from conformance.exchange_judging.calls import NOT_JSON, Call, call_of, parsed

MAX_REPLIES = 12
"""Replies of each endpoint that are tried on the releases, those of most text: ours."""

_VERSIONS = re.compile(r'"created_on_version"\s*:\s*"([^"]{1,20})"')
DOCUMENT_PATH = "/v1/api/openapi.json"


def release_of(exchanges: Sequence[Exchange]) -> tuple[Release, tuple[str, ...]]:
    """The release that the recording fits best, and why, each reason a clause.

    What several fit equally is judged by the one that the instance names, else by the oldest, which promises least.
    """
    against = {name: _differences(exchanges, load_release(name)) for name in release_ids()}
    served = {call.endpoint for call in _tried(exchanges)}
    # An instance may have endpoints before its release's contract does, so they only decide among equals.
    lacking = {name: len(served - set(load_release(name).endpoints)) for name in release_ids()}
    least = min((len(lines), lacking[name]) for name, lines in against.items())
    best = [name for name, lines in against.items() if (len(lines), lacking[name]) == least]
    told = _named(exchanges)
    chosen = next((name for name, _ in told if name in best), best[0])
    return load_release(chosen), tuple(_reasons(chosen, best, against, told))


def _reasons(chosen: str, best: list[str], against: dict[str, list[str]], told: list[tuple[str, str]]) -> Iterator[str]:
    lines = against[chosen]
    if lines:
        yield f"no release fits, this one differs least ({len(lines)} difference{'s' * (len(lines) != 1)})"
    elif len(best) == len(against):
        yield "nothing in the recording tells the releases apart"
    else:
        yield f"its replies fit {listed(best)}"
    yield from (why for _, why in told)
    if len(best) > 1 and chosen not in [name for name, _ in told]:
        yield "the oldest promises least"
    ids = list(against)
    for name in ids[max(0, ids.index(chosen) - 1) : ids.index(chosen) + 2]:
        if name not in best and against[name]:
            yield f"not {name}: {against[name][0]}"


def _differences(exchanges: Sequence[Exchange], release: Release) -> list[str]:
    lines = []
    for call in _tried(exchanges):
        if call.endpoint in release.endpoints:
            found = fit(release, call.endpoint, call.answer, call.status)
            lines += [f"{call.endpoint}: {line}" for line in found.differences]
    return distinct(lines)


def _tried(exchanges: Sequence[Exchange]) -> Iterator[Call]:
    """The successes that can tell releases apart, the longest of each endpoint."""
    by_endpoint: dict[str, list[Call]] = {}
    for call in _calls(exchanges):
        if call.is_success and not call.companion and call.answer is not NOT_JSON:
            by_endpoint.setdefault(call.endpoint, []).append(call)
    for calls in by_endpoint.values():
        yield from sorted(calls, key=lambda call: -call.response.size)[:MAX_REPLIES]


def _calls(exchanges: Iterable[Exchange]) -> Iterator[Call]:
    for exchange in exchanges:
        # An endpoint is of the newest release that has it; which one is asked for matters only later.
        found = next(
            (
                call
                for name in reversed(release_ids())
                if isinstance(call := call_of(exchange, load_release(name), ""), Call)
            ),
            None,
        )
        if found is not None:
            yield found


def _named(exchanges: Sequence[Exchange]) -> list[tuple[str, str]]:
    """Releases that the instance itself names, each with the clause that says where."""
    found = []
    versions = {
        version
        for call in _tried(exchanges)
        for version in _VERSIONS.findall(call.response.body or "")
        if VERSION.fullmatch(version)
    }
    if versions:
        newest = max(versions, key=order)
        release = contract_for(newest)
        if release is not None:
            found.append((release, f"created_on_version is {newest}"))
    for exchange in exchanges:
        response = exchange.response
        if response is None or not exchange.request.path.partition("?")[0].endswith(DOCUMENT_PATH):
            continue
        document = parsed(response.body or "") if response.status == 200 and not response.truncated else None
        if isinstance(document, dict):
            release, why = release_named_by(document)
            if release is not None:
                found.append((release, f"its OpenAPI document {why}"))
                break
    return found
