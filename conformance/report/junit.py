"""`junit.xml`: one test case a check, for readers of continuous integration.

A failed check is a `failure`, with its requirement's level as the type. A check that couldn't run is an
`error` of the type `not-testable`, and so is a requirement whose check wasn't run at all: nothing that is
missing looks like success. Only "not applicable" and "waived", with the reason, are `skipped`. A waiver that doesn't
hold is a `failure` of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance.report.certificate import IdleWaiver
from conformance.report.outcome import CheckOutcome
from conformance.report.run import Failure, RunResult
from conformance.report.text import printable, shorten, xml_text
from conformance.report.verdict import RequirementVerdict

_MESSAGE_LIMIT = 1000


def render(run: RunResult) -> bytes:
    """The JUnit document of `run`, UTF-8."""
    suite = ET.Element("testsuite", name=run.suite.name, timestamp=run.started_at)
    _properties(suite, _run_properties(run))
    failures = {failure.outcome.nodeid: failure for failure in run.failures()}
    levels = {verdict.id: verdict for verdict in run.requirements}
    for outcome in run.outcomes:
        suite.append(_check_case(run, outcome, failures.get(outcome.nodeid), levels))
    for verdict in run.requirements:
        if verdict.verdict == "not-testable" and not verdict.checks and verdict.scored:
            suite.append(_unchecked_case(verdict))
    for waiver in run.idle_waivers:
        if waiver.fails:
            suite.append(_waiver_case(waiver))
    if run.verdict.verdict in ("suite-error", "not-testable") and not suite.findall("testcase"):
        suite.append(_run_case(run))
    root = ET.Element("testsuites", name=run.suite.name)
    root.append(suite)
    for element in (root, suite):
        _totals(element, suite, run.seconds)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _totals(element: ET.Element, suite: ET.Element, seconds: float) -> None:
    element.set("tests", str(len(suite.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    element.set("time", f"{seconds:.3f}")


def _run_properties(run: RunResult) -> list[tuple[str, str]]:
    return [
        ("verdict", run.verdict.verdict),
        ("reason", run.verdict.reason),
        ("release", run.release),
        ("release_found", _release_found(run)),
        ("profile", run.profile),
        ("strict", str(run.strict).lower()),
        ("target", run.target),
        ("workspace_id", "" if run.workspace_id is None else str(run.workspace_id)),
        ("run_id", run.run_id),
        ("suite_version", run.suite.version),
        ("python", run.suite.python),
    ]


def _release_found(run: RunResult) -> str:
    return run.identification.how if run.identification else "named"


def _check_case(
    run: RunResult, outcome: CheckOutcome, failure: Failure | None, verdicts: dict[str, RequirementVerdict]
) -> ET.Element:
    case = _case(*_split(outcome.nodeid), outcome.seconds)
    named = [verdicts[i] for i in outcome.requirements if i in verdicts]
    _properties(
        case,
        [("requirement", identifier) for identifier in outcome.requirements]
        + [("level", level) for level in dict.fromkeys(verdict.level for verdict in named)]
        + [("scored", "false")] * (bool(named) and not any(verdict.scored for verdict in named))
        + [("exchange", identifier) for identifier in outcome.exchanges]
        + [("reading", reading) for reading in outcome.readings],
    )
    reason = outcome.reason or "no reason was recorded"
    waived = _waived(outcome, named)
    if waived:
        _result(case, "skipped", "waived", f"{waived.id}: {waived.reason}", None)
    elif outcome.verdict == "failed":
        kind = failure.level if failure else "not-counted"
        lines = _three_lines(outcome, failure)
        curl = run.curl(outcome)
        _result(case, "failure", kind, "\n".join(lines), "\n".join([*lines, *([curl] if curl else [])]))
    elif outcome.verdict in ("not-testable", "error"):
        _result(case, "error", outcome.verdict, reason, reason)
    elif outcome.verdict == "not-applicable":
        _result(case, "skipped", "not-applicable", reason, None)
    return case


def _waived(outcome: CheckOutcome, named: Iterable[RequirementVerdict]) -> RequirementVerdict | None:
    """The requirement whose waiver accepts what the check found, where nothing else is left open by it."""
    found = {verdict.verdict: verdict for verdict in named}
    left_open = found.keys() & {"failed", "not-testable", "inconclusive"}
    return found.get("waived") if outcome.verdict in ("failed", "not-testable") and not left_open else None


def _three_lines(outcome: CheckOutcome, failure: Failure | None) -> list[str]:
    if failure is None:
        ids = ", ".join(outcome.requirements) or "none"
        expected, actual = outcome.expected or outcome.title, outcome.actual or outcome.reason
        return [f"Requirement: {ids}", f"Expected: {expected}", f"Actual: {actual}"]
    first = failure.requirements[0]
    also = "".join(f", {verdict.id}" for verdict in failure.requirements[1:])
    return [
        f"Requirement: {first.id}{also} ({first.level}): {first.text}",
        f"Expected: {failure.expected}",
        f"Actual: {failure.actual}",
    ]


def _unchecked_case(verdict: RequirementVerdict) -> ET.Element:
    case = _case("requirements", verdict.id, 0.0)
    _properties(case, [("requirement", verdict.id), ("level", verdict.level)])
    reason = verdict.reason or "its check was not run"
    _result(case, "error", "not-testable", reason, reason)
    return case


def _waiver_case(waiver: IdleWaiver) -> ET.Element:
    case = _case("waivers", waiver.requirement, 0.0)
    _properties(case, [("requirement", waiver.requirement), ("owner", waiver.owner), ("issue", waiver.issue)])
    text = f"{waiver.requirement}: {waiver.says}"
    _result(case, "failure", waiver.why, text, text)
    return case


def _run_case(run: RunResult) -> ET.Element:
    case = _case("run", run.target, run.seconds)
    _result(case, "error", run.verdict.verdict, run.verdict.reason, run.verdict.reason)
    return case


def _case(classname: str, name: str, seconds: float) -> ET.Element:
    return ET.Element("testcase", classname=_clean(classname), name=_clean(name), time=f"{seconds:.3f}")


def _split(nodeid: str) -> tuple[str, str]:
    """`a/b/test_c.py::TestD::test_e[x::y]` as `("a.b.test_c.TestD", "test_e[x::y]")`."""
    place, bracket, parameters = nodeid.partition("[")
    *parents, name = place.split("::")
    classname = ".".join(parent.removesuffix(".py").replace("/", ".") for parent in parents)
    return classname or "suite", name + bracket + parameters


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    pairs = list(pairs)
    if pairs:
        properties = ET.SubElement(parent, "properties")
        for name, value in pairs:
            ET.SubElement(properties, "property", name=name, value=_clean(value))


def _result(case: ET.Element, tag: str, kind: str, message: str, text: str | None) -> None:
    result = ET.SubElement(case, tag, type=kind, message=_clean(shorten(message, _MESSAGE_LIMIT)))
    if text is not None:
        result.text = _clean(text)


def _clean(text: str) -> str:
    return xml_text(printable(text))
