"""`selftest`: the suite judged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from conformance.cli.options import EXISTING


@click.command()
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
