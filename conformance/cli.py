"""The command `wallaroo-conformance`.

Exit codes: 0 conformant · 1 not conformant · 2 bad usage or configuration · 3 not testable · 4 the suite itself failed.
Heavy packages are imported where a subcommand needs them, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from conformance import __version__
from conformance.errors import ConformanceError, NotTestable, UsageError

if TYPE_CHECKING:
    from conformance.assembly import Assembly
    from conformance.contract import Release
    from conformance.settings import Settings

CONFORMANT, NOT_CONFORMANT, USAGE, NOT_TESTABLE, SUITE_FAILED = range(5)
INTERRUPTED = 130
EXISTING = click.Path(path_type=Path)
STYLES = ("table", "markdown", "json")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wallaroo-conformance")
def cli() -> None:
    """Check whether an instance of the Wallaroo MLOps API keeps its model-management promises."""


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that say what is tested and how far."""
    for option in reversed(
        [
            click.option("--target", metavar="URL", help="The instance. Without it the embedded one is started."),
            click.option("--prefix", help="With --suffix: https://{prefix.}api.{suffix}, as documented."),
            click.option("--suffix", help="The instance's own domain."),
            click.option("--release", metavar="ID|auto", help="Release whose contract holds (auto: found out)."),
            click.option("--profile", metavar="core|full", help="How far to go (core)."),
            click.option("--workspace-id", metavar="N", help="Workspace to upload to. Without it the run makes one."),
            click.option("--token-file", type=EXISTING, help="File with the access token, read again when it changes."),
            click.option("--other-token-file", type=EXISTING, help="File with a second user's token (full profile)."),
            click.option("--expired-token-file", type=EXISTING, help="File with an expired token (full profile)."),
            click.option("--ca-bundle", type=EXISTING, help="Certificate authorities to trust."),
            click.option("--onnx-model", type=EXISTING, help="ONNX file to upload in place of the shipped one."),
            click.option("--pytorch-model", type=EXISTING, help="PyTorch file to upload in place of the shipped one."),
            click.option("--pytorch-input-schema", type=EXISTING, help="File with its input schema, base64 of Arrow."),
            click.option(
                "--pytorch-output-schema", type=EXISTING, help="File with its output schema, base64 of Arrow."
            ),
            click.option("--connect-timeout", metavar="SECONDS", help="For a connection, TLS included (10)."),
            click.option("--read-timeout", metavar="SECONDS", help="Without a byte of a reply (30)."),
            click.option("--upload-timeout", metavar="SECONDS", help="For 1 MiB of an upload to be taken (120)."),
            click.option("--reply-deadline", metavar="SECONDS", help="From a request to its whole reply (60)."),
            click.option("--config", type=EXISTING, help="TOML file with these settings (wallaroo-conformance.toml)."),
        ]
    ):
        command = option(command)
    return command


def _settings(config: Path | None, flags: dict[str, Any]) -> Settings:
    from conformance.settings import resolve

    return resolve(flags, os.environ, config)


@cli.command()
@target_options
@click.option("--out", type=EXISTING, help="Folder for the reports (reports/<UTC time>-<run id>/).")
@click.option("--strict", is_flag=True, help="A SHOULD that fails makes the instance not conformant.")
@click.option("--keep-models", is_flag=True, help="Leave the run's models on an instance that can delete them.")
@click.option("-k", "--select", metavar="EXPR", help="Only the checks whose name matches, as pytest's -k.")
@click.option("--explore", type=click.FloatRange(min=0), metavar="SECONDS", help="Then explore freely; no verdict.")
def run(config: Path | None, select: str | None, explore: float | None, **flags: Any) -> NoReturn:
    """Run the checks and say whether the instance conforms.

    The access token comes from WALLAROO_CONFORMANCE_TOKEN or --token-file, never from a flag.
    """
    from dataclasses import replace

    from conformance.assembly import Assembly, new_run_id
    from conformance.instance.progress import shown_by
    from conformance.report.progress import Progress
    from conformance.report.terminal import summary
    from conformance.report.writer import prepare_directory, write_reports
    from conformance.runner import Listener, run_suite

    settings = _settings(config, flags)
    run_id = new_run_id()
    if settings.out is None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        settings = replace(settings, out=Path("reports") / f"{stamp}-{run_id}")
    assert settings.out is not None
    prepare_directory(settings.out)
    assembly = Assembly.make(settings, os.environ, run_id=run_id)
    try:
        assembly.examine()
        for line in assembly.told():
            click.echo(line, err=True)
        blocked = assembly.check_prerequisites()
        if blocked:
            result = assembly.result([])
        else:
            with Progress() as progress, shown_by(progress.transfer):
                listener = Listener(progress.begin, progress.start, progress.finish)
                result = run_suite(assembly, listener, select=select)
        found = _explored(assembly, explore, settings.out) if explore and not blocked else []
        if not blocked:
            result = replace(result, cleaning=assembly.clean_up())
        paths = write_reports(settings.out, result)
    finally:
        assembly.close()
    for line in found:
        click.echo(line)
    summary(result, paths)
    sys.exit(result.verdict.exit_code)


def _explored(assembly: Assembly, seconds: float, out: Path) -> list[str]:
    """Explore, keep what was found in `exploration.json`, and say it in lines that aren't part of the verdict."""
    import dataclasses
    import json

    from conformance.exploring import explore

    click.echo(f"exploring for {seconds:g} s", err=True)
    result = explore(assembly.context, seconds)
    content = json.dumps(dataclasses.asdict(result), indent=2, ensure_ascii=False)
    (out / "exploration.json").write_text(assembly.redactor.text(content) + "\n", encoding="utf-8")
    number = len(result.findings)
    ended = f"; it ended early: {result.ended}" if result.ended else ""
    lines = [f"Exploration, apart from the verdict: {number} findings in {result.requests} requests{ended}"]
    for finding in result.findings:
        lines += [f"  {finding.title}: {finding.detail}", *(f"    {line}" for line in finding.curl.split("\n"))]
    return [assembly.redactor.text(line) for line in lines]


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), show_default=True, help="Port; 0 takes a free one.")
@click.option("--data", type=EXISTING, help="Folder that keeps state over restarts; without it nothing is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print URL, tokens and workspace as one JSON line.")
@click.option("--defect", "defects", metavar="ID", multiple=True, help="A deliberately wrong behaviour; repeatable.")
@click.option("--release", metavar="ID", help="Release that it speaks (2023.4).")
def mock(
    host: str, port: int, data: Path | None, as_json: bool, defects: tuple[str, ...], release: str | None
) -> NoReturn:
    """Serve the embedded instance until Ctrl-C."""
    from conformance.mock.server import serve

    spoken = _named_release(release).id
    sys.exit(serve(host=host, port=port, data=data, as_json=as_json, defects=defects, release=spoken))


@cli.command()
@click.option("--format", "style", type=click.Choice(STYLES), default=STYLES[0], show_default=True)
@click.option("--release", metavar="ID", help="Release whose contract is listed (2023.4).")
def requirements(style: str, release: str | None) -> None:
    """List what the contract promises, with the checks of each promise."""
    from conformance.listing import render_requirements
    from conformance.runner import checks_by_requirement, collect_checks
    from conformance.settings import Settings

    named = _named_release(release)
    checks = checks_by_requirement(collect_checks(Settings(release=named.id)))
    click.echo(render_requirements(named, checks, style))


@cli.command()
@click.argument("endpoint")
@click.argument("file", type=click.Path(path_type=str))
@click.option("--status", type=click.IntRange(100, 599), metavar="N", help="The reply's HTTP status.")
@click.option("--release", metavar="ID|auto", help="Release whose contract judges (auto: any that it fits).")
def check(endpoint: str, file: str, status: int | None, release: str | None) -> NoReturn:
    """Judge one saved reply offline: FILE holds the body that ENDPOINT answered, - reads standard input."""
    from conformance.saved_reply import judge_saved_reply

    lines, conforms = judge_saved_reply(endpoint, file, status, _settings(None, {"release": release}).release)
    for line in lines:
        click.echo(line)
    sys.exit(CONFORMANT if conforms else NOT_CONFORMANT)


@cli.group()
def contract() -> None:
    """Show the releases that have a contract, and what changes between two of them."""


@contract.command("list")
@click.option("--format", "style", type=click.Choice(STYLES), default=STYLES[0], show_default=True)
def list_releases(style: str) -> None:
    """List the releases, what each extends, and how much it promises."""
    from conformance.upgrading import render_releases

    click.echo(render_releases(style))


@contract.command()
@click.argument("old")
@click.argument("new")
@click.option("--format", "style", type=click.Choice(STYLES), default=STYLES[0], show_default=True)
def diff(old: str, new: str, style: str) -> None:
    """Print what changes from release OLD to release NEW, for someone who upgrades: calls, fields, promises."""
    from conformance.contract import load_release
    from conformance.upgrading import render_changes

    click.echo(render_changes(load_release(old), load_release(new), style))


@cli.command()
@click.option("--release", "releases", metavar="ID|all", multiple=True, help="Only this release; repeatable (all).")
@click.option("--whole", is_flag=True, help="Run all there is for a release, not only what it changes.")
@click.option("--defect", "defects", metavar="ID", multiple=True, help="Only this defect; repeatable.")
@click.option("--jobs", type=int, metavar="N", help="Processes at a time (the machine's cores).")
@click.option("--all-checks", is_flag=True, help="Run all checks on each defect, not those of its neighbourhood.")
@click.option(
    "--only",
    type=click.Choice(["defects", "variants", "null-targets"]),
    multiple=True,
    help="Only this part; repeatable. Without it all three.",
)
@click.option("--out", type=EXISTING, default=Path("reports"), show_default=True, help="Folder for the kill matrix.")
def selftest(
    releases: tuple[str, ...],
    whole: bool,
    defects: tuple[str, ...],
    jobs: int | None,
    all_checks: bool,
    only: tuple[str, ...],
    out: Path,
) -> NoReturn:
    """Prove the suite's own detection power: every defect caught for its own reason, and no false alarm.

    Of each release after the first, the cases are run that it changes against the one before; --whole runs all.
    """
    from conformance.selftest.command import selftest as run_selftest

    code = run_selftest(
        defects or None,
        releases=None if "all" in releases else releases or None,
        whole=whole,
        jobs=jobs,
        all_checks=all_checks,
        matrix=not only or "defects" in only,
        variants=not only or "variants" in only,
        null_targets=not only or "null-targets" in only,
        out=out,
        report=click.echo,
    )
    sys.exit(code)


def _named_release(flag: str | None) -> Release:
    """The release of the flag, the environment or the file; the default one where it would be found out."""
    from conformance.contract import DEFAULT_RELEASE, load_release

    settings = _settings(None, {"release": flag})
    return load_release(settings.named_release or DEFAULT_RELEASE)


def main() -> NoReturn:
    """The entry point: every failure ends as one line on standard error and its exit code."""
    try:
        cli.main(standalone_mode=False)
        sys.exit(0)
    except click.exceptions.Abort:
        _fail("interrupted", INTERRUPTED)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)
    except click.ClickException as error:
        _fail(error.format_message(), USAGE)
    except UsageError as error:
        _fail(str(error), USAGE)
    except NotTestable as error:
        _fail(f"not testable: {error}", NOT_TESTABLE)
    except ConformanceError as error:
        _fail(str(error), SUITE_FAILED)
    except BrokenPipeError:
        # The reader of our output went away; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(SUITE_FAILED)


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    click.echo(f"wallaroo-conformance: {line}", err=True)
    sys.exit(code)
