"""`keygen` and `verify`: a key to sign bundles with, and a stranger's look at a bundle."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from conformance.cli.codes import CONFORMANT
from conformance.cli.options import EXISTING

if TYPE_CHECKING:
    from conformance.bundle.findings import Findings

VERIFIED, REFUSED = CONFORMANT, 1


@click.command()
@click.option(
    "--out",
    type=EXISTING,
    default=Path("wallaroo-conformance.key"),
    show_default=True,
    help="File for the private key; the public one goes beside it, with .pub.",
)
def keygen(out: Path) -> None:
    """Make an Ed25519 key to sign bundles with.

    The private key is readable by its owner alone, and encrypted where WALLAROO_CONFORMANCE_SIGN_KEY_PASSPHRASE
    is set. A file that is there already is never overwritten.
    """
    from conformance.bundle.keys import make_key_pair

    made = make_key_pair(out, os.environ)
    click.echo(f"private key {made.private} (keep it)")
    click.echo(f"public key  {made.public} (give it to whoever verifies)")
    click.echo(f"key id      {made.key_id}")


@click.command()
@click.argument("bundle", type=EXISTING)
@click.option("--key", type=EXISTING, help="Public key that must have signed it, the .pub file of keygen.")
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True)
def verify(bundle: Path, key: Path | None, style: str) -> NoReturn:
    """Verify BUNDLE, a run's folder or its .tar.gz, offline.

    Checks the signature, the digest of each file, that none is missing or added, and that the recorded exchanges,
    judged again, come to the stated verdict. Exit code 0 verified, 1 refused, 2 bad usage.
    """
    from conformance.bundle.keys import load_public_key
    from conformance.bundle.verifying import verify as verified

    findings = verified(bundle, load_public_key(key) if key else None, _judged_again)
    if style == "json":
        click.echo(json.dumps(findings.to_json(), indent=2))
    else:
        for line in _lines(bundle, findings):
            click.echo(line)
    sys.exit(VERIFIED if findings.verified else REFUSED)


def _judged_again(folder: Path) -> Iterable[str]:
    from conformance.running.rejudging import rejudge

    return rejudge(folder).differences


def _lines(bundle: Path, findings: Findings) -> Iterable[str]:
    from conformance.report.text import one_line

    told = findings.told
    if told:
        yield one_line(f"run {told['run']['id']} of {told['target']}, {told['run']['started_at']}")
        yield one_line(f"release {told['release']}, profile {told['profile']}, suite {told['suite_version']}")
        yield one_line(f"verdict {told['verdict']} ({told['result']})")
    if findings.checked_key:
        yield f"signed with key {findings.checked_key}, the one that was given"
    yield from (f"note: {note}" for note in findings.notes)
    yield from (f"refused: {problem}" for problem in findings.problems)
    name = one_line(str(bundle))
    if findings.verified:
        whose = (
            "" if findings.checked_key else "; whose word it is wasn't checked" if findings.key_ids else "; unsigned"
        )
        yield f"VERIFIED: {name} (every digest fits, and judged again it is {told['verdict']}{whose})"
    else:
        number = len(findings.problems)
        yield f"REFUSED: {name} ({number} {'problem' if number == 1 else 'problems'})"
