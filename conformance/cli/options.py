"""The flags that several subcommands take, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from conformance.contract import Release
    from conformance.settings import Settings

EXISTING = click.Path(path_type=Path)
STYLES = ("table", "markdown", "json")


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


def settings_of(config: Path | None, flags: dict[str, Any]) -> Settings:
    from conformance.settings import resolve

    return resolve(flags, os.environ, config)


def named_release(flag: str | None) -> Release:
    """The release of the flag, the environment or the file; the default one where it would be found out."""
    from conformance.contract import DEFAULT_RELEASE, load_release

    settings = settings_of(None, {"release": flag})
    return load_release(settings.named_release or DEFAULT_RELEASE)
