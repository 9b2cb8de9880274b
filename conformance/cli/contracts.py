"""`requirements`, `check` and `contract`: what is promised, and what one reply or one upgrade makes of it."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from conformance.cli.codes import CONFORMANT, NOT_CONFORMANT
from conformance.cli.options import STYLES, named_release, settings_of


@click.command()
@click.option("--format", "style", type=click.Choice(STYLES), default=STYLES[0], show_default=True)
@click.option("--release", metavar="ID", help="Release whose contract is listed (2023.4).")
def requirements(style: str, release: str | None) -> None:
    """List what the contract promises, with the checks of each promise."""
    from conformance.listing import render_requirements
    from conformance.running.runner import checks_by_requirement, collect_checks
    from conformance.settings import Settings

    named = named_release(release)
    checks = checks_by_requirement(collect_checks(Settings(release=named.id)))
    click.echo(render_requirements(named, checks, style))


@click.command()
@click.argument("endpoint")
@click.argument("file", type=click.Path(path_type=str))
@click.option("--status", type=click.IntRange(100, 599), metavar="N", help="The reply's HTTP status.")
@click.option("--release", metavar="ID|auto", help="Release whose contract judges (auto: any that it fits).")
def check(endpoint: str, file: str, status: int | None, release: str | None) -> NoReturn:
    """Judge one saved reply offline: FILE holds the body that ENDPOINT answered, - reads standard input."""
    from conformance.saved_reply import judge_saved_reply

    lines, conforms = judge_saved_reply(endpoint, file, status, settings_of(None, {"release": release}).release)
    for line in lines:
        click.echo(line)
    sys.exit(CONFORMANT if conforms else NOT_CONFORMANT)


@click.group()
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
