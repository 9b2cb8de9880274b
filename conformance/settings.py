"""One typed Settings for the command and the pytest plugin: flag, then environment, then file, then default."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from conformance.contract import AUTO, DEFAULT_RELEASE, PROFILES, release_ids
from conformance.environment import variable
from conformance.errors import UsageError

CONFIG_FILE = "wallaroo-conformance.toml"

SECRETS = ("TOKEN", "OTHER_TOKEN", "EXPIRED_TOKEN")
"""Environment names (behind the prefix) that hold credentials; no flag and no file takes their values."""


@dataclass(frozen=True)
class Settings:
    """What a run is pointed at and how far it goes. Paths are as the user gave them.

    The four times are in seconds, None for the session's own bounds (`conformance.instance.session`).
    """

    target: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    release: str = AUTO
    profile: str = "core"
    workspace_id: int | None = None
    token_file: Path | None = None
    other_token_file: Path | None = None
    expired_token_file: Path | None = None
    ca_bundle: Path | None = None
    onnx_model: Path | None = None
    pytorch_model: Path | None = None
    pytorch_input_schema: Path | None = None
    pytorch_output_schema: Path | None = None
    out: Path | None = None
    connect_timeout: float | None = None
    read_timeout: float | None = None
    upload_timeout: float | None = None
    reply_deadline: float | None = None
    format: tuple[str, ...] = ()
    waivers: Path | None = None
    product: Path | None = None
    sign_key: Path | None = None
    bundle: Path | None = None
    strict: bool = False
    keep_models: bool = False
    allow_waivers: bool = False

    @property
    def embedded(self) -> bool:
        """Whether the run starts the embedded instance itself."""
        return self.target is None and self.suffix is None

    @property
    def named_release(self) -> str | None:
        """The release, where it is known without asking the instance: the given one, or the embedded instance's."""
        if self.release != AUTO:
            return self.release
        return DEFAULT_RELEASE if self.embedded else None


MAX_SECONDS = 86_400.0
"""The longest of the four times that may be set, in seconds. Ours."""

_SWITCHES = ("strict", "keep_models", "allow_waivers")
_TIMES = ("connect_timeout", "read_timeout", "upload_timeout", "reply_deadline")
_PATHS = {f.name for f in fields(Settings) if "Path" in str(f.type)}
NAMES = tuple(f.name for f in fields(Settings))


def flag(name: str) -> str:
    """The command-line spelling of a setting."""
    return "--" + name.replace("_", "-")


def resolve(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    config: Path | None = None,
    spell: Mapping[str, str] | None = None,
) -> Settings:
    """Merge flags, environment and file over the defaults.

    `flags` maps setting names to values, None where not given. `config` is a TOML file; without it
    `wallaroo-conformance.toml` of the working directory is read if there is one.
    Raises UsageError with one line that names the flag, the variable or the file's key.
    """
    values: dict[str, Any] = {}
    for name, value in _from_file(config).items():
        values[name] = _convert(name, value, f"{config or CONFIG_FILE}: {name.replace('_', '-')}")
    for name in NAMES:
        where = variable(name.upper())
        if environ.get(where):
            values[name] = _convert(name, environ[where], where)
    for name, value in flags.items():
        if value is not None and value is not False and value != ():
            values[name] = _convert(name, value, (spell or {}).get(name, flag(name)))
    settings = Settings(**values)
    _check(settings)
    return settings


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_FILE)
    if config is None and not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read the configuration file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the configuration file {path} isn't TOML: {error}") from None
    values = {key.replace("-", "_"): value for key, value in document.items()}
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        hint = " (credentials come from the environment or a file of their own)" if "token" in unknown else ""
        raise UsageError(f"the configuration file {path} has unknown keys: {', '.join(unknown)}{hint}")
    return values


def _convert(name: str, value: Any, where: str) -> Any:
    if name == "workspace_id":
        text = str(value).strip()
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise UsageError(f"{where} takes a workspace's number, 1 or more, not {text!r}")
        return int(text)
    if name in _SWITCHES:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "on"):
            return True
        if str(value).lower() in ("0", "false", "no", "off"):
            return False
        raise UsageError(f"{where} takes true or false, not {value!r}")
    if name in _TIMES:
        return _seconds(value, where)
    if name in _PATHS:
        return Path(value)
    if name == "format":
        return _formats(value, where)
    if not isinstance(value, str):
        raise UsageError(f"{where} takes text, not {value!r}")
    return value


def _formats(value: Any, where: str) -> tuple[str, ...]:
    """The formats' names of a list, or of a text with commas or spaces between them."""
    from conformance.report.formats import chosen

    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{where} takes a list of formats, not {value!r}")
    try:
        return chosen(names)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _seconds(value: Any, where: str) -> float:
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds <= MAX_SECONDS:
        raise UsageError(f"{where} takes seconds, more than 0 and at most {MAX_SECONDS:.0f}, not {value!r}")
    return seconds


def _check(settings: Settings) -> None:
    if settings.target and (settings.prefix or settings.suffix):
        raise UsageError("give either --target or --prefix and --suffix, not both")
    if settings.prefix and not settings.suffix:
        raise UsageError("--prefix needs --suffix, the instance's own domain")
    if settings.release not in (AUTO, *release_ids()):
        raise UsageError(f"no contract for release {settings.release!r}; known: {AUTO}, {', '.join(release_ids())}")
    if settings.profile not in PROFILES:
        raise UsageError(f"no profile {settings.profile!r}; known: {', '.join(PROFILES)}")
    for name in sorted(_PATHS - {"out", "bundle"}):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise UsageError(f"{flag(name)}: there is no file {str(path)!r}")
    if settings.out is not None and settings.out.exists() and not settings.out.is_dir():
        raise UsageError(f"--out: {str(settings.out)!r} is a file; give a folder")
    schemas = (settings.pytorch_input_schema, settings.pytorch_output_schema)
    if settings.pytorch_model and not all(schemas):
        raise UsageError("--pytorch-model needs --pytorch-input-schema and --pytorch-output-schema with it")
    if any(schemas) and not settings.pytorch_model:
        raise UsageError("--pytorch-input-schema and --pytorch-output-schema go with --pytorch-model")
