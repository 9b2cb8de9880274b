"""What a run works with: credentials, model files, how it waits, and a recording in place of an instance."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.contract import Release
from conformance.evidence.playback import Playback
from conformance.instance.credentials import TokenSource
from conformance.instance.modelfile import ModelFile
from conformance.report.circumstances import Circumstances
from conformance.running.provisions import Credentials, described, onnx_model, pytorch_model
from conformance.running.replay import Replay
from conformance.settings import Settings

if TYPE_CHECKING:
    from conformance.mock import MockInstance


@dataclass(frozen=True)
class Rehearsal:
    """A run on an embedded instance that somebody else started and will stop: the suite's own test.

    `run_id` makes the run repeatable, `sleep` is how the checks wait.
    """

    mock: MockInstance
    run_id: str
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Means:
    """`mock` is an embedded instance that ends with it, `circumstances` are those of a run that is judged again."""

    credentials: Credentials
    onnx_model: ModelFile
    pytorch_model: ModelFile
    sleep: Callable[[float], None] = time.sleep
    playback: Playback | None = None
    mock: MockInstance | None = None
    circumstances: Circumstances | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        environ: Mapping[str, str],
        release: Release,
        handed: Mapping[str, Any] | None,
        source: Rehearsal | Replay | None,
    ) -> Means:
        """Those of a run; an embedded instance is started where it needs one of its own.

        Raises UsageError for credentials, URLs or files that can't be used.
        """
        if isinstance(source, Replay):
            return cls(
                source.credentials(),
                source.onnx_model(),
                source.pytorch_model(),
                _no_wait,
                source.playback,
                circumstances=source.circumstances,
            )
        files = onnx_model(settings), pytorch_model(settings)
        if not settings.embedded:
            return cls(Credentials.of_settings(settings, environ), *files)
        if handed:
            return cls(Credentials.handed(handed["embedded"]), *files)
        if source is not None:
            return cls(Credentials.of_mock(source.mock), *files, source.sleep)
        from conformance.mock import MockInstance

        mock = MockInstance(release=release.id)
        mock.start()
        return cls(Credentials.of_mock(mock), *files, mock=mock)

    def described(self, settings: Settings, select: str | None) -> Circumstances:
        """What the statement says of them, so that the run's exchanges can be judged again."""
        if self.circumstances is not None:
            return self.circumstances
        return Circumstances(
            onnx_model=described(self.onnx_model),
            pytorch_model=described(self.pytorch_model),
            release=settings.named_release,
            workspace_id=settings.workspace_id,
            select=select,
            token_is_jwt=_is_jwt(self.credentials.token),
            other_user=self.credentials.other is not None,
            expired_token=self.credentials.expired is not None,
            curl=shutil.which("curl") is not None,
        )


def _is_jwt(source: TokenSource) -> bool:
    from conformance.suite.tokens import is_jwt

    return is_jwt(str(source.token()))


def _no_wait(_seconds: float) -> None:
    """What is judged again has waited already."""
