"""The comparison of two runs as a page: the summary, then what changed, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.comparison.layout import Page, Row, Section
from conformance.comparison.loading import RecordedRun
from conformance.comparison.runs import Comparison
from conformance.comparison.timings import TimingChange
from conformance.comparison.verdicts import VerdictChange

_STYLES = {"worse": "bold red", "slightly worse": "bold yellow", "better": "bold green"}
_BEFORE_AFTER = ("old", "new")


def runs_page(comparison: Comparison) -> Page:
    """The page; sections in which nothing changed aren't there."""
    summary = comparison.summary
    return Page(
        Row((summary,), _STYLES.get(summary.partition(":")[0], "bold")),
        [section for section in _sections(comparison) if section.rows],
    )


def _sections(comparison: Comparison) -> Iterator[Section]:
    verdicts = comparison.verdicts
    yield Section("Compared", [*_compared(comparison.old, comparison.new)], ("", *_BEFORE_AFTER))
    unfair = [Row((line,), "yellow") for line in comparison.unfair]
    yield Section("Not a fair comparison", unfair, style="bold yellow")
    yield _verdicts("Broken", verdicts.of("broken"), "red")
    yield _verdicts("Repaired", verdicts.of("repaired"), "green")
    yield _verdicts("Ended otherwise", verdicts.of("other"), "")
    only = [(one, "the old one") for one in verdicts.only_old] + [(one, "the new one") for one in verdicts.only_new]
    yield Section(
        f"In one run only ({len(only)})",
        [Row((one.level, one.id, one.verdict, where)) for one, where in only],
        ("level", "requirement", "verdict", "in"),
    )
    yield _pairs("Readings", verdicts.readings)
    yield _fields(comparison)
    yield Section(
        "Statuses",
        [Row((one.endpoint, one.status, str(one.old), str(one.new))) for one in comparison.statuses],
        ("endpoint", "status", "times, old", "times, new"),
    )
    yield _timings(comparison.timings)
    target = [Row((one.name, one.old, one.new)) for one in comparison.target]
    yield Section("The target itself", target, ("", *_BEFORE_AFTER))
    yield _pairs("Waivers", verdicts.waivers)
    yield Section("Left out", [Row((note,)) for note in comparison.notes])


def _compared(old: RecordedRun, new: RecordedRun) -> Iterator[Row]:
    def row(name: str, before: str, after: str) -> Row:
        return Row((name, before, after), "" if before == after else "bold")

    yield row("verdict", old.verdict, new.verdict)
    yield row("", old.reason, new.reason)
    yield row("target", old.target, new.target)
    yield row("release", old.release, new.release)
    yield row("profile", old.profile, new.profile)
    yield row("suite", old.suite_version, new.suite_version)
    yield Row(("started", old.started_at, new.started_at))
    yield Row(("run", f"{old.run_id} in {old.source}", f"{new.run_id} in {new.source}"))


def _verdicts(title: str, changes: Iterable[VerdictChange], colour: str) -> Section:
    rows = [
        Row(
            (change.level, change.id, f"{change.old} → {change.new}"),
            colour if change.binding else "",
            change.reason,
        )
        for change in changes
    ]
    return Section(f"{title} ({len(rows)})", rows, ("level", "requirement", "verdict"))


def _pairs(title: str, changed: Mapping[str, tuple[str, str]]) -> Section:
    rows = [Row((name, before, after)) for name, (before, after) in changed.items()]
    return Section(f"{title} ({len(rows)})", rows, ("requirement", *_BEFORE_AFTER))


def _fields(comparison: Comparison) -> Section:
    order = {kind: place for place, kind in enumerate(("gone", "type", "null", "presence", "new"))}
    changes = sorted(comparison.fields, key=lambda change: order[change.kind])
    rows = [
        Row(
            (one.endpoint, one.statuses, one.path, one.kind, f"{one.old} → {one.new}".strip(" →")),
            "yellow" if one.kind == "gone" else "",
        )
        for one in changes
    ]
    return Section(f"Fields of replies ({len(rows)})", rows, ("endpoint", "status", "field", "change", "what it is"))


def _timings(timings: Iterable[TimingChange]) -> Section:
    rows = [
        Row(
            (
                one.endpoint,
                f"{_ms(one.old.median)} → {_ms(one.new.median)}",
                f"{_ms(one.old.p95)} → {_ms(one.new.p95)}",
                f"x{one.ratio:.2f}",
                f"{one.old.count}, {one.new.count}",
                one.mark or "",
            ),
            {"slower": "yellow", "faster": "green", None: ""}[one.mark],
        )
        for one in timings
    ]
    columns = ("endpoint", "median, ms", "95th percentile, ms", "ratio", "replies", "beyond noise")
    return Section("Timings", rows, columns, limit=30)


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.0f}" if milliseconds >= 100 else f"{milliseconds:.1f}"
