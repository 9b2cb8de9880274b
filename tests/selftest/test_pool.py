"""Workers that hang, die or talk nonsense cost their case, and nothing else."""

from __future__ import annotations

import sys

import pytest

from conformance.selftest.case import DEFECT, Case, Findings
from conformance.selftest.pool import run_cases

WORKER = """
import json, os, sys, time
from conformance.selftest.case import Findings
for line in sys.stdin:
    case = json.loads(line)
    if case["id"] == "hangs":
        time.sleep(600)
    if case["id"] == "dies":
        print("the reason", file=sys.stderr, flush=True)
        os._exit(7)
    found = Findings(profile="core", evidence=case["id"], requests=os.getpid())
    print(json.dumps(found.to_json()), flush=True)
"""
COMMAND = (sys.executable, "-c", WORKER)


def run(*ids: str, jobs: int = 2, seconds: float = 30.0) -> dict[str, Findings]:
    heard: list[str] = []
    cases = [Case(DEFECT, name) for name in ids]
    found = run_cases(cases, jobs, lambda case, findings: heard.append(case.id), lambda case: seconds, COMMAND)
    assert sorted(heard) == sorted(ids)
    assert list(found) == cases
    return {case.id: findings for case, findings in found.items()}


def test_findings_come_back_in_the_order_of_the_cases():
    names = [f"case-{number}" for number in range(9)]
    found = run(*names)
    assert [findings.evidence for findings in found.values()] == names


def test_the_work_is_shared_out_and_workers_are_used_again():
    found = run(*(f"case-{number}" for number in range(9)), jobs=2)
    assert len({findings.requests for findings in found.values()}) <= 2


def test_a_worker_that_hangs_is_ended_and_replaced():
    found = run("hangs", "after", jobs=1, seconds=2.0)
    assert found["hangs"].errors == ("the run didn't end within 2 s",)
    assert found["after"].evidence == "after"


def test_a_worker_that_dies_is_replaced_and_its_last_words_are_kept():
    found = run("dies", "after", jobs=1)
    assert found["dies"].errors == ("the worker ended with exit code 7: the reason",)
    assert found["after"].evidence == "after"


def test_an_error_in_the_callers_own_code_ends_everything():
    def fail(case: Case, findings: Findings) -> None:
        raise RuntimeError("not the worker's fault")

    with pytest.raises(RuntimeError, match="not the worker's fault"):
        run_cases([Case(DEFECT, "a"), Case(DEFECT, "b")], 1, fail, command=COMMAND)


def test_no_case_is_no_work():
    assert run() == {}
