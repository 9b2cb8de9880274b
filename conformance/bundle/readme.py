"""`README.md` of a bundle: what it is, how a stranger verifies it, and how the run is repeated."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from conformance.report.certificate import TargetIdentity
from conformance.report.run import RunResult
from conformance.report.text import one_line, shorten
from conformance.report.verdict import WITH_WAIVERS

FILE = "README.md"

GENERATING = ("hypothesis", "schemathesis", "pyarrow")
"""The packages that make requests: with others of their versions a run sends others."""

_SAYS = {
    "manifest.json": "SHA-256 and size of each file, what judged and what was judged: an in-toto Statement in a DSSE "
    "envelope, signed or with an empty list of signatures",
    "statement.json": "the verdict for machines: each requirement, each check, with reasons",
    "exchanges.ndjson": "every request and reply, one a line, secrets removed as it was written",
    "report.html": "the same for people, in one file that needs no network",
    "junit.xml": "the checks for continuous integration",
    "kill-score.json": "the suite's own detection power for each release, as published with its version",
    "product.toml": "what the vendor says of the deployment",
    "exploration.json": "what free exploring found, apart from the verdict",
    "README.md": "this page",
}
_MAX_TEXT = 400


def render(run: RunResult, names: Iterable[str]) -> bytes:
    """The page for a bundle of these files, UTF-8. Whatever the target said stands in code spans on one line."""
    return ("\n".join(_lines(run, sorted(names))) + "\n").encode("utf-8", "backslashreplace")


def _lines(run: RunResult, names: list[str]) -> Iterator[str]:
    yield f"# Conformance run {code(run.run_id)}"
    yield ""
    yield f"{run.suite.name} {run.suite.version} judged {code(run.target)} by the contract of the Wallaroo MLOps API,"
    strict = ", strict" if run.strict else ""
    yield f"release {run.release}, profile {run.profile}{strict}, from {run.started_at} to {run.ended_at}."
    yield ""
    yield f"**Verdict: {run.verdict.verdict}** (exit code {run.verdict.exit_code})."
    yield ""
    yield code(run.verdict.reason)
    yield from _product(run)
    yield from _identity(run.identity)
    yield from _verifying(run)
    yield from _repeating(run)
    yield from ("", "## What is here", "")
    for name in names:
        # The other files are those that `run --format` was asked for.
        yield f"- {code(name)}: {_SAYS.get(name, 'the run in a further format')}"


def _product(run: RunResult) -> Iterator[str]:
    if run.product is None:
        return
    yield from ("", "## Product", "")
    for label, text in (
        ("Vendor", run.product.vendor),
        ("Product", run.product.product),
        ("Version", run.product.version),
        ("Contact", run.product.contact_url),
        ("Notes", run.product.notes),
    ):
        if text:
            yield f"- {label}: {code(text)}"
    yield from ("", "The vendor's own words; nobody has checked them.")


def _identity(identity: TargetIdentity | None) -> Iterator[str]:
    if identity is None:
        return
    yield from ("", "## What was met at the target", "")
    for name, value in identity.headers:
        yield f"- header {code(f'{name}: {value}')}"
    if identity.certificate_sha256:
        about = (
            f"{identity.certificate_subject or 'subject unknown'}, until {identity.certificate_not_after or 'unknown'}"
        )
        yield f"- TLS certificate, SHA-256 {code(identity.certificate_sha256)}: {code(about)}"
    else:
        yield "- no TLS"
    if identity.openapi_sha256:
        yield f"- OpenAPI document at {code(identity.openapi_url or '')}, SHA-256 {code(identity.openapi_sha256)}"
    else:
        yield "- no OpenAPI document of its own"


def _verifying(run: RunResult) -> Iterator[str]:
    yield from ("", "## Verify it", "", "Offline, with nothing but the suite, in the folder above this one:", "")
    yield f"    {_install(run, ())}"
    yield "    wallaroo-conformance verify THIS-FOLDER --key VENDOR.pub"
    yield ""
    yield "It checks the signature and every file's digest, and judges the recorded exchanges again by the same checks:"
    yield "the verdict is what they come to, not what a file says. Take the vendor's public key from a place that you"
    yield "trust, not from whoever handed you this. `report.html` is for reading; `statement.json` is what is compared."


def _repeating(run: RunResult) -> Iterator[str]:
    yield from ("", "## Repeat it", "", "With the packages that make the requests in the versions of the run:", "")
    yield f"    {_install(run, GENERATING)}"
    embedded = "://" not in run.target
    if not embedded:
        yield "    export WALLAROO_CONFORMANCE_TOKEN=…"
    had = run.circumstances
    if had is not None and not embedded:
        if had.other_user:
            yield "    export WALLAROO_CONFORMANCE_OTHER_TOKEN=…"
        if had.expired_token:
            yield "    export WALLAROO_CONFORMANCE_EXPIRED_TOKEN=…"
    yield f"    {one_line(command_of(run))}"
    yield ""
    yield f"on Python {run.suite.python}. The names of what is uploaded follow from the run's id and differ."


def command_of(run: RunResult) -> str:
    """The command that repeats a run, as a shell takes it; credentials come from the environment."""
    words = ["wallaroo-conformance", "run"]
    if "://" in run.target:
        words += ["--target", run.target]
    words += ["--release", run.release, "--profile", run.profile]
    had = run.circumstances
    if had is not None:
        if had.workspace_id is not None:
            words += ["--workspace-id", str(had.workspace_id)]
        if not had.onnx_model.shipped:
            words += ["--onnx-model", had.onnx_model.file_name]
        if not had.pytorch_model.shipped:
            words += ["--pytorch-model", had.pytorch_model.file_name]
            words += ["--pytorch-input-schema", "input.txt", "--pytorch-output-schema", "output.txt"]
        if had.select is not None:
            words += ["--select", had.select]
    if run.waivers or run.idle_waivers:
        words += ["--waivers", "waivers.toml"]
    if run.verdict.verdict == WITH_WAIVERS and run.verdict.exit_code == 0:
        words.append("--allow-waivers")
    if run.strict:
        words.append("--strict")
    return shlex.join(words)


def code(text: str) -> str:
    """Text of somebody else's as a code span on one line, in which Markdown knows no markup. Source: CommonMark 6.1."""
    plain = shorten(one_line(text), _MAX_TEXT)
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") or not plain else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def _install(run: RunResult, packages: Iterable[str]) -> str:
    pins = [f"{name}=={run.suite.packages[name]}" for name in packages if name in run.suite.packages]
    return " ".join(["pip install", f"{run.suite.name}=={run.suite.version}", *pins])
