"""What a run means: verdicts, and the reports that carry them."""

from conformance.report.outcome import CheckOutcome
from conformance.report.run import ExchangesFile, Failure, RunResult, SuiteInfo
from conformance.report.verdict import RequirementVerdict, RunVerdict, judge_requirements, judge_run
from conformance.report.waivers import Waiver

__all__ = [
    "CheckOutcome",
    "ExchangesFile",
    "Failure",
    "RequirementVerdict",
    "RunResult",
    "RunVerdict",
    "SuiteInfo",
    "Waiver",
    "judge_requirements",
    "judge_run",
]
