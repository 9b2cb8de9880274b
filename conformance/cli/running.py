"""`run`: the checks on an instance, its verdict and its evidence."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from conformance.cli.options import EXISTING, settings_of, target_options
from conformance.errors import ConformanceError, UsageError

if TYPE_CHECKING:
    from conformance.report.run import RunResult
    from conformance.report.writer import ReportPaths
    from conformance.running.assembly import Assembly
    from conformance.running.runner import Listener

_FORMATS = "markdown, sarif, github, badge, har or all"

EXPLORATION = "exploration.json"


@click.command()
@target_options
@click.option("--out", type=EXISTING, help="Folder for the reports (reports/<UTC time>-<run id>/).")
@click.option("--format", multiple=True, metavar="NAME", help=f"Also write {_FORMATS}; repeatable.")
@click.option("--strict", is_flag=True, help="A SHOULD that fails makes the instance not conformant.")
@click.option("--keep-models", is_flag=True, help="Leave the run's models on an instance that can delete them.")
@click.option("--waivers", type=EXISTING, help="TOML file with the gaps that are accepted, each until a day.")
@click.option("--allow-waivers", is_flag=True, help="Exit with 0 where waivers alone keep the run from conformant.")
@click.option("--product", type=EXISTING, help="TOML file on the product that is certified: vendor, version, contact.")
@click.option("--sign-key", type=EXISTING, help="Private key to sign the bundle with, of keygen. Unsigned without it.")
@click.option("--bundle", type=EXISTING, metavar="FILE.tar.gz", help="Pack the bundle too. Never overwrites a file.")
@click.option("-k", "--select", metavar="EXPR", help="Only the checks whose name matches, as pytest's -k.")
@click.option("--explore", type=click.FloatRange(min=0), metavar="SECONDS", help="Then explore freely; no verdict.")
def run(config: Path | None, select: str | None, explore: float | None, **flags: Any) -> NoReturn:
    """Run the checks and say whether the instance conforms.

    The access token comes from WALLAROO_CONFORMANCE_TOKEN or --token-file, never from a flag.
    """
    from dataclasses import replace

    from conformance.instance.progress import shown_by
    from conformance.report.progress import Progress
    from conformance.report.terminal import summary
    from conformance.report.writer import prepare_directory
    from conformance.running.assembly import Assembly, new_run_id
    from conformance.running.finishing import finish
    from conformance.running.guarding import crashed
    from conformance.running.runner import Listener

    settings = settings_of(config, flags)
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
                result = _checked(assembly, listener, select)
        exploring = bool(explore) and not blocked
        found = _explored(assembly, explore, settings.out) if explore and exploring else []
        if not blocked:
            result = replace(result, cleaning=assembly.clean_up())
        present = (EXPLORATION,) if exploring else ()
        paths = finish(settings.out, result, settings.format, assembly.certification, present, assembly.guard)
    except (ConformanceError, click.ClickException):
        raise
    except Exception as error:
        # A traceback would show the error's own text, whatever that holds.
        raise crashed(error, assembly.redactor) from None
    finally:
        assembly.close()
    for line in found:
        click.echo(line)
    summary(result, paths)
    if "github" in settings.format:
        _announce(result, paths, settings.bundle or settings.out)
    sys.exit(result.verdict.exit_code)


def _announce(result: RunResult, paths: ReportPaths, bundle: Path) -> None:
    """Show the result where the step of a workflow shows it; the commands go past what keeps others out of the log."""
    from conformance.report.formats.github import announce

    stream = getattr(sys.stdout, "unguarded", sys.stdout)
    for line in announce(result, os.environ, paths.statement, bundle):
        print(line, file=stream, flush=True)


def _checked(assembly: Assembly, listener: Listener, select: str | None) -> RunResult:
    """Run the checks. What the look at the instance left there goes again where nothing can be run."""
    from conformance.running.runner import run_suite

    try:
        return run_suite(assembly, listener, select=select)
    except UsageError:
        assembly.clean_up()
        raise


def _explored(assembly: Assembly, seconds: float, out: Path) -> list[str]:
    """Explore, keep what was found in a file, and say it in lines that aren't part of the verdict."""
    import dataclasses
    import json

    from conformance.running.exploring import explore

    click.echo(f"exploring for {seconds:g} s", err=True)
    result = explore(assembly.context, seconds)
    content = json.dumps(dataclasses.asdict(result), indent=2, ensure_ascii=False)
    (out / EXPLORATION).write_text(assembly.redactor.text(content) + "\n", encoding="utf-8")
    number = len(result.findings)
    ended = f"; it ended early: {result.ended}" if result.ended else ""
    lines = [f"Exploration, apart from the verdict: {number} findings in {result.requests} requests{ended}"]
    for finding in result.findings:
        lines += [f"  {finding.title}: {finding.detail}", *(f"    {line}" for line in finding.curl.split("\n"))]
    return [assembly.redactor.text(line) for line in lines]
