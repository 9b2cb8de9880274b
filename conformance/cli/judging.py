"""`judge`: recorded exchanges judged by today's suite, without a target."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from conformance.cli.options import EXISTING

if TYPE_CHECKING:
    from conformance.running.rejudging import Rejudged

DIFFERENCES_SHOWN = 20


@click.command()
@click.argument("recording", type=EXISTING)
@click.option("--release", metavar="ID|auto", help="Release whose contract judges (as the run was judged; auto).")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def judge(recording: Path, release: str | None, style: str) -> NoReturn:
    """Judge RECORDING again with this version of the suite, offline.

    A run's folder or bundle (.tar.gz) is judged whole: the same checks run, and the recording answers in place of the
    instance. A HAR file, or an exchanges.ndjson on its own, is judged exchange by exchange: that can show a broken
    promise, and never certifies.
    """
    with _folder(recording) as folder:
        if folder is not None:
            from conformance.running.rejudging import rejudge

            code = _tell_run(rejudge(folder, release), style)
        else:
            code = _tell_exchanges(recording, release, style)
    sys.exit(code)


@contextlib.contextmanager
def _folder(recording: Path) -> Iterator[Path | None]:
    """The folder of the run that `recording` is, None where it is none."""
    if recording.is_dir():
        yield recording
    elif recording.name.endswith((".tar.gz", ".tgz")):
        from conformance.bundle.packing import unpacked

        with unpacked(recording) as folder:
            yield folder
    else:
        whole = recording.name == "exchanges.ndjson" and (recording.parent / "statement.json").is_file()
        yield recording.parent if whole else None


def _tell_run(judged: Rejudged, style: str) -> int:
    from conformance.report import statement
    from conformance.report.terminal import summary
    from conformance.report.text import printable

    if style == "json":
        click.echo(json.dumps(statement.build(judged.result), indent=2))
        return judged.result.verdict.exit_code
    summary(judged.result)
    number = len(judged.differences)
    click.echo()
    if not number:
        click.echo("The run's own statement says the same.")
    else:
        click.echo(f"The run's own statement says otherwise in {number} places:")
    for line in judged.differences[:DIFFERENCES_SHOWN]:
        click.echo(f"  {printable(line)}")
    if number > DIFFERENCES_SHOWN:
        click.echo(f"  … and {number - DIFFERENCES_SHOWN} more")
    return judged.result.verdict.exit_code


def _tell_exchanges(recording: Path, release: str | None, style: str) -> int:
    from conformance.contract import AUTO
    from conformance.exchange_judging import lines
    from conformance.exchange_judging.files import judged_file

    judged = judged_file(recording, release or AUTO)
    if style == "json":
        click.echo(json.dumps(judged.to_json(), indent=2))
    else:
        for line in lines(judged, str(recording)):
            click.echo(line)
    return judged.exit_code
