"""`diff`: two runs side by side, or one run beside the embedded instance."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

import click

from conformance.cli.options import EXISTING, STYLES
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.comparison import RecordedRun
    from conformance.comparison.layout import Page

PACKED = (".tar.gz", ".tgz")


@click.command()
@click.argument("old", type=EXISTING)
@click.argument("new", type=EXISTING, required=False)
@click.option("--format", "style", type=click.Choice(STYLES), default=STYLES[0], show_default=True)
@click.option("--strict", is_flag=True, help="A SHOULD that no longer passes counts as a MUST does.")
@click.option("--mock", is_flag=True, help="Beside the embedded instance: OLD is the one run that is given.")
def diff(old: Path, new: Path | None, style: str, strict: bool, mock: bool) -> NoReturn:
    """Show what changed from run OLD to run NEW: each a folder, a bundle (.tar.gz) or a statement.json.

    With --mock, show where the instance of one run answered otherwise than the embedded one does.
    Exit code 1: a MUST that passed no longer does.
    """
    if mock:
        if new is not None:
            raise UsageError("--mock takes one run, which the embedded instance is compared with")
        _compare_with_mock(old, style)
    if new is None:
        raise UsageError("give two runs, OLD and NEW, or one and --mock")
    _compare(old, new, style, strict)


def _compare(old: Path, new: Path, style: str, strict: bool) -> NoReturn:
    from conformance.comparison import compare_runs
    from conformance.comparison.runs_page import runs_page

    found = compare_runs(_loaded(old), _loaded(new), strict=strict)
    _show(runs_page(found), found.to_json(), style)
    sys.exit(found.exit_code)


def _compare_with_mock(bundle: Path, style: str) -> NoReturn:
    from conformance.comparison import compare_answers
    from conformance.comparison.answers_page import answers_page
    from conformance.report.progress import Progress
    from conformance.running.mirroring import limits, mirror
    from conformance.running.runner import Listener

    run = _loaded(bundle)
    with TemporaryDirectory(prefix="wallaroo-conformance-") as folder, Progress() as progress:
        mirrored = mirror(run, Path(folder), Listener(progress.begin, progress.start, progress.finish))
    found = compare_answers(run, mirrored, [*limits(run)])
    _show(answers_page(found), found.to_json(), style)
    sys.exit(0)


def _loaded(path: Path) -> RecordedRun:
    """The run in a folder, a statement or a bundle, which is unpacked for as long as it is read."""
    from conformance.comparison import load_run

    if path.is_dir() or not path.name.endswith(PACKED):
        return load_run(path)
    from conformance.bundle.packing import BadArchive, unpacked

    try:
        with unpacked(path) as folder:
            return load_run(folder, str(path))
    except BadArchive as wrong:
        raise UsageError(f"{path} is no bundle: {wrong}") from None


def _show(page: Page, data: dict[str, Any], style: str) -> None:
    from conformance.comparison.layout import show

    if style == "json":
        click.echo(json.dumps(data, indent=2))
    else:
        show(page, style)
