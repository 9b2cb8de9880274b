"""Progress: letters where nobody watches, a bar that cleans up after itself where somebody does."""

from __future__ import annotations

import io
from typing import Any

import pytest

from conformance.report.progress import Progress


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_letters_in_lines_of_sixty(sample: Any) -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.begin(64)
        for i in range(64):
            progress.start(f"check {i}")
            progress.finish(sample.check("failed" if i == 1 else "passed", "upload.id"))
    assert stream.getvalue().splitlines() == [
        "64 checks (. passed, F failed, n not testable, E errors)",
        ".F" + "." * 58 + " [60/64]",
        ".... [64/64]",
    ]


@pytest.mark.parametrize(
    ("verdict", "letter"),
    [("passed", "."), ("failed", "F"), ("not-testable", "n"), ("not-applicable", "-"), ("error", "E")],
)
def test_each_verdict_has_its_letter(sample: Any, verdict: str, letter: str) -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.begin(1)
        progress.finish(sample.check(verdict, "upload.id"))
    assert stream.getvalue().splitlines()[1] == f"{letter} [1/1]"


def test_a_run_stopped_early_still_ends_its_line(sample: Any) -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.begin(10)
        progress.finish(sample.check("passed", "upload.id"))
    assert stream.getvalue().endswith(". [1/10]\n")


def test_the_bar_counts_shows_the_check_and_goes_away(sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("TTY_INTERACTIVE", raising=False)
    monkeypatch.delenv("CI", raising=False)
    stream = Screen()
    with Progress(stream) as progress:
        progress.begin(3)
        progress.finish(sample.check("passed", "upload.id"))
        progress.finish(sample.check("failed", "upload.id"))
        progress.start("The \x1b[2Jsha is the SHA-256")
        progress.transfer("model.onnx", 5 * 2**20, 10 * 2**20)
    shown = stream.getvalue()
    assert "2/3" in shown
    assert "1 passed, 1 failed" in shown
    assert "model.onnx  5 of 10 MiB" in shown
    assert "\x1b[2J" not in shown
    assert shown.endswith("\x1b[2K"), "the bar's line is erased at the end"


def test_ci_gets_letters_even_on_a_terminal(sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    stream = Screen()
    with Progress(stream) as progress:
        progress.begin(1)
        progress.finish(sample.check("passed", "upload.id"))
    assert stream.getvalue().splitlines()[1] == ". [1/1]"


def test_nothing_is_shown_for_a_run_that_never_began() -> None:
    stream = Screen()
    with Progress(stream) as progress:
        progress.start("a check")
        progress.transfer("model.onnx", 1, 2)
    assert stream.getvalue() == ""
