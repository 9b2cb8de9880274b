"""The bundle's page: what a stranger needs, and nothing that the target could break."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from conformance.bundle.readme import code, command_of, render
from conformance.report import RunResult
from conformance.report.certificate import AppliedWaiver, Product, TargetIdentity
from conformance.report.circumstances import Circumstances, UploadedFile
from conformance.report.run import SuiteInfo
from conformance.report.verdict import RunVerdict, count

HOSTILE = (
    "</code><img src=x onerror=alert(1)> ``` `` ` [link](javascript:x) @someone #1 www.example.com | a |\n\n# Heading\n"
    "\x1b]0;owned\x07\u202e\ud800 <!-- --> \\ &lt; **bold** ![](http://example.com/x.png)"
)
PACKAGES = {"hypothesis": "6.1", "schemathesis": "4.32", "pyarrow": "19.0", "requests": "2.32"}


def a_run(**changes: object) -> RunResult:
    shipped = UploadedFile("a.onnx", "onnx", 1, "a" * 64, shipped=True)
    run = RunResult(
        run_id="0badcafe",
        started_at="2026-11-23T10:00:00Z",
        ended_at="2026-11-23T10:00:12Z",
        seconds=12.0,
        target="https://api.example.com",
        release="2025.2",
        profile="full",
        strict=False,
        workspace_id=7,
        requirements=(),
        outcomes=(),
        verdict=RunVerdict("conformant", 0, "12 MUST requirements passed", count(())),
        suite=SuiteInfo("wallaroo-conformance", "1.2.3", "3.12.1", PACKAGES),
        circumstances=Circumstances(shipped, shipped, workspace_id=7, other_user=True),
    )
    return replace(run, **changes)


def page(run: RunResult, names: tuple[str, ...] = ("statement.json", "run.sarif")) -> str:
    return render(run, names).decode("utf-8")


def test_it_says_verdict_how_to_verify_and_how_to_repeat():
    text = page(a_run())
    assert "**Verdict: conformant** (exit code 0)." in text
    assert "    pip install wallaroo-conformance==1.2.3\n    wallaroo-conformance verify THIS-FOLDER" in text
    assert "pip install wallaroo-conformance==1.2.3 hypothesis==6.1 schemathesis==4.32 pyarrow==19.0\n" in text
    assert "wallaroo-conformance run --target https://api.example.com --release 2025.2 --profile full" in text
    assert "WALLAROO_CONFORMANCE_OTHER_TOKEN=" in text
    assert "WALLAROO_CONFORMANCE_EXPIRED_TOKEN" not in text
    assert "- `statement.json`: the verdict for machines" in text
    assert "- `run.sarif`: the run in a further format" in text


def test_the_command_is_one_that_a_shell_takes_word_by_word():
    own = UploadedFile("my $(model).onnx", "onnx", 1, "a" * 64, shipped=False)
    had = Circumstances(own, replace(own, shipped=True), workspace_id=7, select="list and not 'x'")
    words = shlex.split(command_of(a_run(circumstances=had, strict=True)))
    assert words == [
        *("wallaroo-conformance", "run", "--target", "https://api.example.com", "--release", "2025.2"),
        *("--profile", "full", "--workspace-id", "7", "--onnx-model", "my $(model).onnx"),
        *("--select", "list and not 'x'", "--strict"),
    ]


@pytest.mark.parametrize(("code", "allowed"), [(0, ["--allow-waivers"]), (1, [])])
def test_a_run_with_waivers_is_repeated_with_them(code, allowed):
    waiver = AppliedWaiver("list.id", "MUST", "Known.", "A team", "https://example.com/1", "2026-12-31", "failed")
    verdict = RunVerdict("conformant-with-waivers", code, "1 waived", count(()))
    words = shlex.split(command_of(a_run(waivers=(waiver,), verdict=verdict)))
    assert words[-2 - len(allowed) :] == ["--waivers", "waivers.toml", *allowed]


def test_an_embedded_instance_needs_neither_target_nor_token():
    text = page(a_run(target="embedded instance"))
    assert "--target" not in text
    assert "TOKEN" not in text


def test_it_repeats_as_the_command_understands_it(made):
    """The options that the page names are ones that the command has."""
    from click import Context

    from conformance.cli.running import run

    text = (made.folder / "README.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("    wallaroo-conformance run"))
    arguments = shlex.split(line)[2:]
    parsed = run.make_context("run", arguments)
    assert isinstance(parsed, Context)
    assert parsed.params["profile"] == "core"


@pytest.mark.parametrize("text", [HOSTILE, "`", "``", "a`", "", " ", "```\n```", "\\`"])
def test_a_code_span_holds_any_text_on_one_line(text):
    span = code(text)
    assert "\n" not in span
    assert "\x1b" not in span
    fence = re.match("`+", span)
    assert fence is not None
    assert span.endswith(fence.group())
    inner = span[len(fence.group()) : -len(fence.group())]
    assert not any(len(run) == len(fence.group()) for run in re.findall("`+", inner))


def test_whatever_the_target_said_stands_in_code_spans():
    identity = TargetIdentity(HOSTILE, (("server", HOSTILE),), "c" * 64, HOSTILE, HOSTILE, HOSTILE, "d" * 64)
    product = Product(*(HOSTILE for _ in range(5)))
    verdict = RunVerdict("not-conformant", 1, HOSTILE, count(()))
    text = page(a_run(identity=identity, product=product, verdict=verdict, target=HOSTILE, run_id=HOSTILE))
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", "\n".join(x for x in text.split("\n") if x[:4] != "    "))
    for sign in ("<img", "javascript", "www.", "@someone", "# Heading", "**bold**", "<!--"):
        assert sign not in outside
    assert [line for line in text.split("\n") if line.startswith("#") and "Heading" in line] == [
        line for line in text.split("\n") if line.startswith("# Conformance run")
    ]
    assert "\x1b" not in text
    assert "\u202e" not in text
