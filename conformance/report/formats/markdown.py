"""`report.md`: the result as a comment on a pull request, in GitHub Flavored Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.report.formats.markdown_text import block, code, markup, prose, units
from conformance.report.formats.titles import subject, title
from conformance.report.run import Failure, RunResult
from conformance.report.text import shorten
from conformance.report.verdict import LEVELS, NOT_SCORED, VERDICTS

COMMENT_LIMIT = 65_536
"""UTF-16 code units that GitHub takes for a comment."""

_CURL_LIMIT = 4_000
_GROUP_LIMIT = 10
_WAIVER_LIMIT = 20
_LISTED_IDS = 12
_MARKS = {"conformant": "✅", "conformant-with-waivers": "☑️", "not-conformant": "❌"}


def render(run: RunResult, limit: int = COMMENT_LIMIT) -> str:
    """The comment, at most `limit` UTF-16 code units.

    Where there are too many failures the last ones are left out, which one line says; then the sections below them.
    """
    failures = run.failures()
    head = "\n\n".join(_head(run))
    tail = ["\n\n".join(section) for section in (_waivers(run), _untested(run), _unscored(run)) if section]
    taken = units(head) + sum(units(section) + 2 for section in tail)
    shown: list[str] = []
    if failures:
        shown.append(f"### Failed ({len(failures)})")
        taken += units(shown[0]) + 2 + units(_left_out(len(failures))) + 2
    for failure in failures:
        text = _failure(run, failure)
        taken += units(text) + 2
        if taken > limit - 1:
            shown.append(_left_out(len(failures) - len(shown) + 1))
            break
        shown.append(text)
    return _within("\n\n".join([head, *shown, *tail]) + "\n", limit)


def _within(text: str, limit: int) -> str:
    """Whole lines of `text`, the last ones left out where it is over the limit: no block or tag stays open there."""
    if units(text) <= limit:
        return text
    said = "\n\nThe rest is left out here, where it has no room; `report.html` has all of it.\n"
    sections = text.split("\n\n")
    while len(sections) > 1 and units("\n\n".join(sections)) + units(said) > limit:
        sections.pop()
    return "\n\n".join(sections) + said


def _left_out(number: int) -> str:
    return f"{_count(number, 'more failure')} left out here, where there is no room; `report.html` has them."


def _head(run: RunResult) -> Iterator[str]:
    verdict = run.verdict
    mark = _MARKS.get(verdict.verdict, "⚠️")
    yield f"## {mark} {subject(run)}: {title(run)}"
    yield f"{code(verdict.reason)} (exit code {verdict.exit_code})"
    yield "\n".join(f"- {label}: {value}" for label, value in _facts(run))
    yield "\n".join(_counts(run))


def _facts(run: RunResult) -> Iterator[tuple[str, str]]:
    yield "Target", code(run.target, 300)
    if run.product is not None:
        product = run.product
        yield "Product", code(f"{product.product} {product.version}, {product.vendor}", 300)
    if run.identity is not None and run.identity.certificate_sha256:
        yield "TLS certificate", code(f"SHA-256 {run.identity.certificate_sha256}")
    if run.identity is not None and run.identity.openapi_sha256:
        yield "OpenAPI document", code(f"SHA-256 {run.identity.openapi_sha256}")
    found = f" ({run.identification.told})" if run.identification else ""
    yield "Release", f"{prose(run.release)}{found}, profile {run.profile}{', strict' if run.strict else ''}"
    yield "Run", f"{code(run.run_id)}, {run.started_at}, {run.seconds:.1f} s, {len(run.outcomes)} checks"
    yield "Suite", f"{run.suite.name} {run.suite.version}"
    if run.kill_score is not None:
        yield "Kill score of the suite", f"{run.kill_score.killed} of {run.kill_score.defects} planted defects"


def _counts(run: RunResult) -> Iterator[str]:
    yield f"| | {' | '.join(LEVELS)} |"
    yield "|---" * (len(LEVELS) + 1) + "|"
    for verdict in VERDICTS:
        numbers = [run.verdict.counts[level][verdict] for level in LEVELS]
        if any(numbers) or verdict in ("passed", "failed"):
            yield f"| {verdict} | {' | '.join(map(str, numbers))} |"


def _failure(run: RunResult, failure: Failure) -> str:
    first = failure.requirements[0]
    also = f" and {len(failure.requirements) - 1} more" if len(failure.requirements) > 1 else ""
    # The blank lines let a renderer read what stands within the element as Markdown.
    parts = [
        f"<details>\n<summary>{markup(first.level)} <code>{markup(first.id)}</code>{also}</summary>",
        f"**Requirement** {prose(first.text)}",
        f"**Expected** {code(failure.expected)}",
        f"**Actual** {code(failure.actual)}",
    ]
    curl = run.curl(failure.outcome)
    if curl and len(curl) <= _CURL_LIMIT:
        parts.append(block(curl, "sh"))
    elif curl:
        parts.append("Its `curl` command is long; `report.html` has it.")
    return "\n\n".join([*parts, "</details>"])


def _waivers(run: RunResult) -> list[str]:
    unsound = [waiver for waiver in run.idle_waivers if waiver.fails]
    if not run.waivers and not unsound:
        return []
    lines = [
        f"- {prose(waiver.level)} {code(waiver.requirement, 200)} ({waiver.hides}) until {prose(waiver.expires)}: "
        f"{code(waiver.reason, 300)}, accepted by {code(waiver.owner, 100)}, {code(waiver.issue, 300)}"
        for waiver in run.waivers[:_WAIVER_LIMIT]
    ]
    lines += [
        f"- fails the run: {code(waiver.requirement, 200)} {code(waiver.says, 300)}"
        for waiver in unsound[:_WAIVER_LIMIT]
    ]
    return [
        f"### Waived ({len(run.waivers)})",
        "\n".join(lines),
        *_more(max(len(run.waivers), len(unsound)), _WAIVER_LIMIT),
    ]


def _untested(run: RunResult) -> list[str]:
    groups = run.untested()
    if not groups:
        return []
    lines = [f"- {code(reason, 300)}: {_listed(ids)}" for reason, ids in list(groups.items())[:_GROUP_LIMIT]]
    number = sum(map(len, groups.values()))
    return [f"### Not testable or inconclusive ({number})", "\n".join(lines), *_more(len(groups), _GROUP_LIMIT)]


def _unscored(run: RunResult) -> list[str]:
    unscored = run.unscored()
    if not unscored:
        return []
    failed = [verdict.id for verdict in unscored if verdict.verdict == "failed"]
    said = f"failed: {_listed(failed)}" if failed else "none failed"
    return [f"### {NOT_SCORED[0].upper()}{NOT_SCORED[1:]} ({len(unscored)})", f"- {said}"]


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _LISTED_IDS} more" if len(ids) > _LISTED_IDS else ""
    return ", ".join(code(shorten(one, 200)) for one in ids[:_LISTED_IDS]) + more


def _more(number: int, limit: int) -> list[str]:
    return [f"{number - limit} more in `report.html`."] if number > limit else []


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"
