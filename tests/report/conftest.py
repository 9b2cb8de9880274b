"""Builders of small runs to judge and to report on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from conformance.contract.openapi_diff import Difference
from conformance.evidence.exchange import Exchange, Part, Request, Response
from conformance.report import CheckOutcome, RunResult, SuiteInfo, Waiver
from conformance.report.certificate import AppliedWaiver, KillScore, Product, TargetIdentity
from conformance.report.findings import Cleaning, Identification, LeftModel, OwnDocument

HOSTILE = (
    "</script></style></pre><img src=x onerror=alert(1)><svg onload=alert(2)>"
    '" onmouseover="alert(3)" \' {{ 7*7 }} {% raw %} ]]> & &amp; '
    "\x00\x07\x1b]0;owned\x07\x1b[2J\x9b31m\u202edenrut\u2066\ud800\ufffe\r\u2028end"
)


@dataclass(frozen=True)
class AcceptedReading:
    reading: str
    says: str


@dataclass(frozen=True)
class ARequirement:
    """The fields of a contract's requirement that judging reads."""

    id: str
    level: str = "MUST"
    basis: str = "documented"
    text: str = "Keeps its promise."
    source: str = "Upload, returns table"
    endpoint: str | None = "upload_and_convert"
    profile: str = "core"
    interpretation: tuple[AcceptedReading, ...] = ()
    excluded: str | None = None
    scored: bool = True


class Sample:
    """Makes requirements, outcomes, exchanges and judged runs, everything not named being ordinary."""

    hostile = HOSTILE
    """Text that breaks out of HTML, XML, JSON, templates and terminals wherever it isn't neutralised."""

    def requirement(self, identifier: str, level: str = "MUST", **fields: Any) -> ARequirement:
        return ARequirement(identifier, level, **fields)

    def reading(self, name: str, says: str) -> AcceptedReading:
        return AcceptedReading(name, says)

    def waiver(self, requirement: str, **fields: Any) -> Waiver:
        ordinary = {
            "reason": "agreed",
            "owner": "models team",
            "issue": "https://example.com/issues/7",
            "expires": date(2026, 11, 23),
        }
        return Waiver(requirement, **{**ordinary, **fields})

    def check(self, verdict: str, *requirements: str, name: str = "test_it", **fields: Any) -> CheckOutcome:
        return CheckOutcome(f"test_upload.py::{name}", requirements, verdict, **fields)

    def exchange(self, identifier: str, body: str | None = '{"id": 1}', **fields: Any) -> Exchange:
        text = body or ""
        response = Response(202, "Accepted", [["Content-Type", "application/json"]], body, None, len(text))
        request = Request("POST", "/v1/api/models/list", [["Content-Type", "application/json"]], '{"id": 1}')
        ordinary = {"request": request, "response": response, "error": None}
        return Exchange(identifier, None, "list", "2026-11-23T10:00:00Z", 0.0123, **{**ordinary, **fields})

    def timed(self, identifier: str, seconds: float, endpoint: str | None) -> Exchange:
        return replace(self.exchange(identifier), elapsed_seconds=seconds, endpoint=endpoint)

    def upload(self, identifier: str) -> Exchange:
        parts = [
            Part("metadata", None, "application/json", 16, "a" * 64, '{"name":"fraud"}'),
            Part("file", "fraud.onnx", "application/octet-stream", 1234, "b" * 64),
        ]
        request = Request("POST", "/v1/api/models/upload_and_convert", [], None, parts)
        return self.exchange(identifier, request=request)

    def run(self, requirements: Iterable[ARequirement], outcomes: Iterable[CheckOutcome], **fields: Any) -> RunResult:
        facts: dict[str, Any] = {
            "run_id": "k3v9x2",
            "started_at": "2026-11-23T10:00:00Z",
            "ended_at": "2026-11-23T10:00:12Z",
            "seconds": 12.345,
            "target": "https://api.example.com",
            "release": "2023.4",
            "profile": "core",
            "suite": SuiteInfo("wallaroo-conformance", "0.1.0", "3.11.9", {"requests": "2.34.2"}),
            **fields,
        }
        return RunResult.judged(requirements=requirements, outcomes=list(outcomes), **facts)

    def found(self, text: str = "list is nested") -> dict[str, Any]:
        """What a run on a live instance finds out beside its checks, as fields of `run`."""
        path = "/v1/api/models/list"
        differences = (
            Difference("endpoint", "/v1/api/models/get_upload_logs", "", "", ("present",), ()),
            Difference("endpoint", f"/{text}", "", "", (), ("present",)),
            Difference("type", path, "response", f"models[].{text}", ("string",), ("string", "null")),
            Difference("values", path, "request", "framework", (), tuple(f"{text}{n}" for n in range(20))),
        )
        return {
            "release": "2025.2",
            "identification": Identification(
                "2025.2", (text, "created_on_version is 2025.2.1"), "found", {"2024.4": (text,)}
            ),
            "document": OwnDocument("/v1/api/openapi.json", "d" * 64, text, "0.1", differences),
            "cleaning": Cleaning(61, (LeftModel(15, text, 7),), f"{text} answered 500"),
        }

    def certified(self, run: RunResult, text: str = "fraud", link: str = "https://example.com/issues/7") -> RunResult:
        """The run with all that a certification adds, `text` standing in each of its words."""
        said = (f"{text} is late", text, link, "2027-01-31", "failed")
        waivers = [AppliedWaiver(v.id, v.level, *said) for v in run.requirements]
        headers = (("Server", f"envoy {text}"),)
        return replace(
            run,
            waivers=tuple(waivers),
            product=Product(f"{text} Ltd", text, "2.1", link, f"{text} in the cloud"),
            identity=TargetIdentity(run.target, headers, "c" * 64, f"CN={text}", "2027-05-01", None, "e" * 64),
            kill_score=KillScore(run.release, run.suite.version, True, 700, 690, 80, 2, 9, 1),
        )

    def hostile_run(self) -> RunResult:
        """A run in which every text that an instance controls is hostile."""
        bad = HOSTILE
        request = Request("POST", f"/v1/{bad}", [["X", bad]], bad, [Part(bad, bad, bad, 1, "c" * 64, bad)])
        response = Response(200, bad, [["X", bad]], bad, None, len(bad))
        said = {"expected": bad, "actual": bad, "reason": bad, "observations": (bad, f"reading: {bad}")}
        outcomes = [
            self.check(verdict, "upload.id", name=f"test_{verdict}[{bad}]", exchanges=("x1",), **said)
            for verdict in ("failed", "error", "not-testable", "not-applicable", "passed")
        ]
        return self.run(
            [self.requirement("upload.id"), self.requirement("list.id")],
            outcomes,
            **self.found(bad),
            exchanges=[self.exchange("x1", request=request, response=response)],
        )

    def hostile_certified_run(self) -> RunResult:
        """The hostile run with a hostile key in its JSON, a hostile endpoint, and hostile words of a certification."""
        bad, run = HOSTILE, self.hostile_run()
        exchange = replace(self.exchange("x2", body=json.dumps({bad: bad})), endpoint=bad)
        pointed = self.check("failed", "list.id", name="test_z", exchanges=("x2",), path=bad, wanted=bad, actual=bad)
        run = replace(run, outcomes=(*run.outcomes, pointed), exchanges={**run.exchanges, "x2": exchange})
        return self.certified(run, bad, f"javascript:alert(1)//{bad}")


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample()
