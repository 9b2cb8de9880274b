"""Exchanges made by hand."""

from __future__ import annotations

import json
from typing import Any

from conformance.evidence.exchange import Exchange, Failure, Part, Request, Response


def exchange(
    body: Any,
    *,
    status: int = 200,
    endpoint: str = "list",
    check: str = "test_x.py::test_x",
    asked: Any = None,
    seconds: float = 0.01,
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),),
    started_at: str = "2026-01-01T00:00:00Z",
    name: str = "main-00001",
    parts: tuple[Part, ...] = (),
    failed: str | None = None,
) -> Exchange:
    """An exchange with a JSON body (text as it is)."""
    text = body if isinstance(body, str) else json.dumps(body)
    request = Request("POST", f"/v1/api/models/{endpoint}", [], body=json.dumps(asked), parts=list(parts))
    response = Response.of(status, "", headers, text.encode())
    error = Failure(failed, "failed") if failed else None
    return Exchange(name, check, endpoint, started_at, seconds, request, None if failed else response, error)
