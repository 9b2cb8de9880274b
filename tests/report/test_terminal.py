"""The summary at the end of a run: complete, bounded and harmless on any terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.report.findings import Identification
from conformance.report.terminal import FAILURE_LIMIT, summary
from conformance.report.writer import ReportPaths

ESCAPES = re.compile("\x1b\\[[0-9;]*m")


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal and fails as one does on what its encoding lacks."""

    def __init__(self, encoding: str = "utf-8", tty: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def shown(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def _colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(run: Any, width: int = 100, **fields: Any) -> str:
    terminal = Terminal(**fields)
    summary(run, stream=terminal, width=width)
    return ESCAPES.sub("", terminal.shown())


def test_a_failure_is_three_lines_and_the_curl(sample: Any) -> None:
    check = sample.check("failed", "upload.id", expected="a number", actual="no id", curl="curl --x \\\n  y")
    text = shown(sample.run([sample.requirement("upload.id")], [check]))
    assert (
        "1. MUST upload.id\n"
        "  Requirement  Keeps its promise.\n"
        "  Expected     a number\n"
        "  Actual       no id\n"
        "  curl --x \\\n"
        "    y\n"
    ) in text


def test_target_release_profile_counts_and_verdict_are_there(sample: Any) -> None:
    check = sample.check("passed", "upload.id", seconds=1.0)
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id", "SHOULD", profile="full")]
    lines = shown(sample.run(requirements, [check], strict=True, workspace_id=12)).splitlines()
    assert "Wallaroo MLOps API · release 2023.4 · profile core · strict" in lines
    assert "  Target       https://api.example.com (workspace 12)" in lines
    assert "  passed               1       0       0" in lines
    assert "  not-applicable       0       1       0" in lines
    assert lines[-1] == "CONFORMANT: 1 MUST requirement passed (exit code 0)"


def test_a_long_curl_is_never_broken(sample: Any) -> None:
    curl = f"curl --data '{'x' * 500}'"
    check = sample.check("failed", "upload.id", curl=curl)
    assert f"  {curl}\n" in shown(sample.run([sample.requirement("upload.id")], [check]), width=60)


def test_over_twelve_failures_are_cut_the_musts_first(sample: Any) -> None:
    levels = ["SHOULD", "MAY", "MUST"] * 10
    requirements = [sample.requirement(f"upload.r{i}", level) for i, level in enumerate(levels)]
    checks = [sample.check("failed", r.id, name=r.id) for r in requirements]
    text = shown(sample.run(requirements, checks))
    listed = re.findall(r"^\d+\. (\w+) ", text, re.MULTILINE)
    assert listed == ["MUST"] * 10 + ["SHOULD"] * (FAILURE_LIMIT - 10)
    assert "… and 18 more in report.html" in text


def test_not_testable_ones_are_grouped_by_reason(sample: Any) -> None:
    requirements = [sample.requirement(f"upload.r{i}") for i in range(9)]
    checks = [sample.check("not-testable", r.id, name=r.id, reason="curl isn't installed") for r in requirements[:8]]
    text = shown(sample.run(requirements, checks))
    assert (
        "Not testable or inconclusive (9)\n"
        "  curl isn't installed\n"
        "    upload.r0, upload.r1, upload.r2, upload.r3, upload.r4 and 3 more\n"
        "  its check was not run\n"
        "    upload.r8\n"
    ) in text


def test_readings_and_reports_are_named(sample: Any, tmp_path: Path) -> None:
    requirement = sample.requirement("upload.id", interpretation=(sample.reading("version id", "seen"),))
    check = sample.check("passed", "upload.id", reading="version id")
    terminal = Terminal()
    files = [tmp_path / name for name in ("statement.json", "junit.xml", "report.html", "exchanges.ndjson")]
    summary(sample.run([requirement], [check]), ReportPaths(tmp_path, *files), terminal, 100)
    text = ESCAPES.sub("", terminal.shown())
    assert "this instance follows\n  upload.id: version id\n" in text
    assert f"Reports in {tmp_path}\n  report.html  statement.json  junit.xml  exchanges.ndjson\n" in text


def test_the_screen_is_bounded_whatever_the_instance_says(sample: Any) -> None:
    requirements = [sample.requirement(f"upload.r{i}") for i in range(300)]
    checks = [
        sample.check("failed", r.id, name=r.id, expected="e " * 9999, actual="a" * 99999, curl="c" * 99999)
        for r in requirements[:150]
    ] + [sample.check("not-testable", r.id, name=r.id, reason=f"{r.id} " * 999) for r in requirements[150:]]
    assert len(shown(sample.run(requirements, checks), width=80).splitlines()) < 200


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_controls_are_neutralised_on_every_encoding(sample: Any, encoding: str) -> None:
    text = shown(sample.hostile_run(), encoding=encoding)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "\\x1b]0;owned\\x07\\x1b[2J" in text


def test_an_ascii_terminal_gets_ascii_signs(sample: Any) -> None:
    check = sample.check("failed", "upload.id", actual="naïve …", curl="curl")
    text = shown(sample.run([sample.requirement("upload.id")], [check]), encoding="ascii")
    assert "API - release 2023.4 - profile core" in text
    assert "na\\xefve ..." in text


@pytest.mark.parametrize(
    ("tty", "no_color", "coloured"), [(True, None, True), (True, "1", False), (False, None, False)]
)
def test_colour_is_for_terminals_that_want_it(
    sample: Any, monkeypatch: pytest.MonkeyPatch, tty: bool, no_color: str | None, coloured: bool
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal(tty=tty)
    summary(sample.run([sample.requirement("upload.id")], []), stream=terminal, width=80)
    assert bool(re.search("\x1b\\[[0-9;]*3[0-9]m", terminal.shown())) == coloured
    assert "NOT TESTABLE" in terminal.shown()


def test_markup_of_the_terminal_library_is_plain_text(sample: Any) -> None:
    check = sample.check("failed", "upload.id", actual="[red]x[/red] :smile: [link=http://a]", curl="curl")
    assert "[red]x[/red] :smile: [link=http://a]" in shown(sample.run([sample.requirement("upload.id")], [check]))


def test_how_the_release_was_found_stands_at_the_top_and_what_is_left_near_the_end(sample: Any) -> None:
    text = shown(sample.run([sample.requirement("upload.id")], [], **sample.found()))
    head, _, tail = text.partition("Took")
    assert "release 2025.2 (found out) · profile core" in head
    assert "  Release      list is nested\n               created_on_version is 2025.2.1\n" in head
    said = " ".join(head.partition("OpenAPI")[2].split())
    assert said == (
        "/v1/api/openapi.json differs from the contract: "
        "1 endpoint lacking, 1 endpoint more, 2 fields described otherwise"
    )
    assert (
        "Cleaned up: 61 models deleted\nLeft behind: 1 model, named conf-k3v9x2-…; list is nested answered 500" in tail
    )
    assert "NOT TESTABLE" in tail.strip().splitlines()[-1]


def test_a_release_that_none_fits_is_called_the_nearest(sample: Any) -> None:
    found = Identification("2024.1", ("no release fits",), "nearest")
    text = shown(sample.run([sample.requirement("upload.id")], [], release="2024.1", identification=found))
    assert "release 2024.1 (the nearest; none fits)" in text


def test_what_isnt_scored_has_a_paragraph_of_its_own(sample: Any) -> None:
    later = [sample.requirement(f"z.later{n}", scored=False) for n in range(7)]
    checks = [sample.check("passed", "a.must"), sample.check("failed", "z.later0", "z.later1", name="test_z")]
    text = shown(sample.run([sample.requirement("a.must"), *later], checks))
    assert "Not scored: added after the release's set was published (7)\n  failed: z.later0, z.later1\n" in text
    assert "Failed (" not in text
    assert "CONFORMANT: 1 MUST requirement" in text
    none = shown(sample.run([sample.requirement("a.must"), *later], checks[:1]))
    assert "published (7)\n  none failed\n" in none


def test_whoever_wants_to_repeat_a_failure_is_told_how_to_keep_the_models(sample: Any) -> None:
    requirements = [sample.requirement("upload.id")]
    hint = "with --keep-models they stay, for the curl commands above"
    failed = sample.run(requirements, [sample.check("failed", "upload.id")], **sample.found())
    passed = sample.run(requirements, [sample.check("passed", "upload.id")], **sample.found())
    assert hint in shown(failed)
    assert hint not in shown(passed)
