"""What a run is judged again from: its recording and what the statement says of its circumstances."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass

from conformance import fixtures
from conformance.evidence.exchange import Exchange
from conformance.evidence.playback import Playback
from conformance.instance.modelfile import ModelFile
from conformance.instance.target import Target
from conformance.provisions import SHIPPED_MODELS, Credentials, at_hand
from conformance.report.circumstances import Circumstances, UploadedFile

PLACEHOLDER = "http://embedded.invalid"
"""The target of a run on an embedded instance, whose address meant nothing. Source: RFC 6761, section 6.4."""


_ZIP_END = 22
"""Bytes of a zip's end record without a comment. Source: APPNOTE.TXT, section 4.3.16."""


@dataclass(frozen=True)
class Replay:
    """A recorded run: its id, its target as the statement names it, and what it was given."""

    run_id: str
    target: str
    circumstances: Circumstances
    playback: Playback

    @classmethod
    def of(cls, run_id: str, target: str, circumstances: Circumstances, exchanges: Iterable[Exchange]) -> Replay:
        """The replay of a run with these exchanges."""
        files = {circumstances.onnx_model.sha256, circumstances.pytorch_model.sha256}
        exact = files <= {fixtures.load(name).sha256 for name in SHIPPED_MODELS.values()}
        return cls(run_id, target, circumstances, Playback(exchanges, exact_files=exact))

    def credentials(self) -> Credentials:
        """Made-up tokens, of the kinds that the run had: none of them is ever sent."""
        had = self.circumstances
        target = Target.parse(self.target if "://" in self.target else PLACEHOLDER)
        return Credentials(
            target,
            at_hand(_jwt("own") if had.token_is_jwt else "a-token-that-is-no-jwt"),
            at_hand(_jwt("other")) if had.other_user else None,
            at_hand(_jwt("expired")) if had.expired_token else None,
        )

    def onnx_model(self) -> ModelFile:
        """The run's ONNX file; a stand-in where it didn't come with the package."""
        return _model(self.circumstances.onnx_model, SHIPPED_MODELS["onnx"])

    def pytorch_model(self) -> ModelFile:
        """The run's PyTorch file; a stand-in where it didn't come with the package."""
        return _model(self.circumstances.pytorch_model, SHIPPED_MODELS["pytorch"])


def _model(file: UploadedFile, shipped: str) -> ModelFile:
    """A model file with all that the run said of its own; where that isn't here, other bytes, as many."""
    fixture = fixtures.load(shipped)
    content = fixture.path.read_bytes() if file.sha256 == fixture.sha256 else _stand_in(file.size, file.framework)
    return ModelFile.from_bytes(
        content,
        framework=file.framework,
        file_name=file.file_name,
        input_schema=file.input_schema,
        output_schema=file.output_schema,
    )


def _stand_in(size: int, framework: str) -> bytes:
    """Bytes of which variants can be made as of a model: those of an archive end as a zip does."""
    end = b"" if framework == "onnx" else b"PK\x05\x06".ljust(_ZIP_END, b"\0")
    return b"\0" * (size - len(end)) + end[-size:]


def _jwt(subject: str) -> str:
    """A text of the form of an access token, signed by nobody. It ended in 1970."""
    header, claims = {"alg": "RS256", "typ": "JWT", "kid": "none"}, {"sub": f"a user: {subject}", "exp": 0}
    parts = (json.dumps(part).encode() for part in (header, claims, {}))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii") for part in parts)
