"""The command `wallaroo-conformance`.

Exit codes: 0 conformant · 1 not conformant · 2 bad usage or configuration · 3 not testable · 4 the suite itself failed.
Heavy packages are imported where a subcommand needs them, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from conformance import __version__
from conformance.cli import certifying, comparing, contracts, judging, proving, running, serving
from conformance.cli.codes import INTERRUPTED, NOT_TESTABLE, SUITE_FAILED, USAGE
from conformance.errors import ConformanceError, NotTestable, UsageError

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wallaroo-conformance")
def cli() -> None:
    """Check whether an instance of the Wallaroo MLOps API keeps its model-management promises."""


for command in (
    running.run,
    serving.mock,
    contracts.requirements,
    contracts.check,
    contracts.contract,
    judging.judge,
    certifying.keygen,
    certifying.verify,
    proving.selftest,
    comparing.diff,
):
    cli.add_command(command)


def main() -> NoReturn:
    """The entry point: every failure ends as one line on standard error and its exit code."""
    _guard_the_log()
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


def _guard_the_log() -> None:
    """On a runner of GitHub Actions, nothing that we print may be a command to it, whoever wrote the text."""
    if os.environ.get("GITHUB_ACTIONS"):
        from conformance.report.formats.workflow import guard

        sys.stdout, sys.stderr = guard(sys.stdout, os.environ), guard(sys.stderr, os.environ)


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    click.echo(f"wallaroo-conformance: {line}", err=True)
    sys.exit(code)
