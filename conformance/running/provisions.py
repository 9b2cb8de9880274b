"""What a run brings along: where the instance is, the tokens for it, and the model files to upload."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from conformance import fixtures
from conformance.environment import variable
from conformance.errors import UsageError
from conformance.instance.credentials import EnvironmentToken, FileToken, TokenSource
from conformance.instance.modelfile import ModelFile
from conformance.instance.target import Target
from conformance.report.circumstances import UploadedFile
from conformance.settings import Settings

if TYPE_CHECKING:
    from conformance.mock import MockInstance


SHIPPED_MODELS = {"onnx": "fraud_classifier", "pytorch": "multi_io"}
"""By framework, the file of the package that is uploaded where the settings name none."""


@dataclass(frozen=True)
class Credentials:
    """An instance and the tokens for it: the run's own, a second user's, and one that is expired."""

    target: Target
    token: TokenSource
    other: TokenSource | None = None
    expired: TokenSource | None = None

    @classmethod
    def of_settings(cls, settings: Settings, environ: Mapping[str, str]) -> Self:
        """Those of a live instance. Raises UsageError where the URL or a token can't be used, or none is given."""
        if settings.target:
            target = Target.parse(settings.target)
        else:
            target = Target.from_prefix_suffix(settings.prefix or "", settings.suffix or "")
        token = _token(settings.token_file, environ, "TOKEN")
        if token is None:
            raise UsageError(
                "no access token: set WALLAROO_CONFORMANCE_TOKEN or give --token-file with a file that holds it"
            )
        other = _token(settings.other_token_file, environ, "OTHER_TOKEN")
        return cls(target, token, other, _token(settings.expired_token_file, environ, "EXPIRED_TOKEN"))

    @classmethod
    def of_mock(cls, mock: MockInstance) -> Self:
        """Those of an embedded instance."""
        return cls(Target.parse(mock.url), at_hand(mock.token), at_hand(mock.other_token), at_hand(mock.expired_token))

    @classmethod
    def handed(cls, given: Mapping[str, Any]) -> Self:
        """Those that another process handed over with `to_hand`."""
        others = (at_hand(given[name]) if given[name] else None for name in ("other", "expired"))
        return cls(Target.parse(given["target"]), at_hand(given["token"]), *others)

    def to_hand(self) -> dict[str, Any]:
        """Plain values for another process: xdist's channel carries no Secret."""
        return {
            "target": self.target.base_url,
            "token": str(self.token.token()),
            "other": str(self.other.token()) if self.other else None,
            "expired": str(self.expired.token()) if self.expired else None,
        }


def _token(path: Path | None, environ: Mapping[str, str], name: str) -> TokenSource | None:
    if path is not None:
        return FileToken(path)
    if environ.get(variable(name)):
        return EnvironmentToken(variable(name), environ)
    return None


def at_hand(token: str) -> TokenSource:
    """A token that is at hand, and in no environment and no file."""
    return EnvironmentToken("embedded instance", {"embedded instance": token})


def shipped_onnx_model() -> ModelFile:
    """The ONNX file that comes with the package."""
    return ModelFile.from_path(fixtures.load(SHIPPED_MODELS["onnx"]).path, framework="onnx")


def onnx_model(settings: Settings) -> ModelFile:
    """The ONNX file of the settings, else the shipped one."""
    return ModelFile.from_path(settings.onnx_model, framework="onnx") if settings.onnx_model else shipped_onnx_model()


def pytorch_model(settings: Settings) -> ModelFile:
    """The PyTorch file of the settings with its schemas, else the shipped one.

    Raises UsageError where a schema file doesn't hold base64 of an Arrow schema.
    """
    if settings.pytorch_model:
        return ModelFile.from_path(
            settings.pytorch_model,
            framework="pytorch",
            input_schema=_schema(settings.pytorch_input_schema, "--pytorch-input-schema"),
            output_schema=_schema(settings.pytorch_output_schema, "--pytorch-output-schema"),
        )
    shipped = fixtures.load(SHIPPED_MODELS["pytorch"])
    return ModelFile.from_path(
        shipped.path,
        framework="pytorch",
        input_schema=shipped.input_schema,
        output_schema=shipped.output_schema,
    )


def described(file: ModelFile) -> UploadedFile:
    """A model file as the statement names it."""
    shipped = any(file.sha256 == fixtures.load(name).sha256 for name in SHIPPED_MODELS.values())
    return UploadedFile(
        file.file_name, file.framework, file.size, file.sha256, shipped, file.input_schema, file.output_schema
    )


def _schema(path: Path | None, flag: str) -> str:
    from conformance.instance.arrow import decode_schema
    from conformance.instance.errors import SchemaDecodeError

    text = ""
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text(encoding="ascii").strip() if path else ""
    try:
        decode_schema(text)
    except SchemaDecodeError as error:
        raise UsageError(f"{flag}: {path} doesn't hold base64 of an Arrow schema: {error}") from None
    return text
