"""`mock`: the embedded instance served on its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from conformance.cli.options import EXISTING, named_release


@click.command()
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

    spoken = named_release(release).id
    sys.exit(serve(host=host, port=port, data=data, as_json=as_json, defects=defects, release=spoken))
