"""What a run is judged again from: its recording and what the statement says of its circumstances."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance import fixtures
from conformance.evidence.exchange import Exchange
from conformance.evidence.playback import Playback
from conformance.instance.modelfile import ModelFile
from conformance.instance.target import Target
from conformance.report.circumstances import Circumstances, UploadedFile
from conformance.report.waivers import Waiver
from conformance.running.provisions import SHIPPED_MODELS, Credentials, at_hand

PLACEHOLDER = "http://embedded.invalid"
"""The target of a run on an embedded instance, whose address meant nothing. Source: RFC 6761, section 6.4."""


MAX_STAND_IN = 128 * 2**20
"""Bytes of the largest model file that is stood in for, in memory. Ours."""

_ZIP_END = 22
"""Bytes of a zip's end record without a comment. Source: APPNOTE.TXT, section 4.3.16."""


@dataclass(frozen=True)
class Replay:
    """A recorded run: its id, its target as the statement names it, when it began, and what it was given."""

    run_id: str
    target: str
    started_at: str
    circumstances: Circumstances
    waivers: tuple[Waiver, ...]
    playback: Playback

    @classmethod
    def of(cls, stated: Mapping[str, Any], exchanges: Iterable[Exchange]) -> Replay:
        """The replay of the run of a statement, with these exchanges.

        Raises ValueError where the statement says of its circumstances what can't be.
        """
        circumstances = Circumstances.from_json(stated["circumstances"])
        files = {circumstances.onnx_model.sha256, circumstances.pytorch_model.sha256}
        exact = files <= {fixtures.load(name).sha256 for name in SHIPPED_MODELS.values()}
        return cls(
            stated["run"]["id"],
            stated["target"],
            stated["run"]["started_at"],
            circumstances,
            tuple(_waiver(one) for one in (*stated["waivers"], *stated["idle_waivers"])),
            Playback(exchanges, exact_files=exact),
        )

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


def _waiver(stated: Mapping[str, Any]) -> Waiver:
    names = ("requirement", "reason", "owner", "issue", "target")
    return Waiver(**{name: stated[name] for name in names}, expires=date.fromisoformat(stated["expires"]))


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
    if size > MAX_STAND_IN:
        raise ValueError(f"its own model file of {size} bytes is larger than {MAX_STAND_IN}, which can be stood in for")
    end = b"" if framework == "onnx" else b"PK\x05\x06".ljust(_ZIP_END, b"\0")
    return b"\0" * (size - len(end)) + end[-size:]


def _jwt(subject: str) -> str:
    """A text of the form of an access token, signed by nobody. It ended in 1970."""
    header, claims = {"alg": "RS256", "typ": "JWT", "kid": "none"}, {"sub": f"a user: {subject}", "exp": 0}
    parts = (json.dumps(part).encode() for part in (header, claims, {}))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii") for part in parts)
