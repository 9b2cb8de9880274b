"""Putting a run together: settings and credentials in, the checks' means and the judged result out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import fixtures
from conformance.checkrun import CheckRun
from conformance.contract import load_release
from conformance.errors import ConformanceError, UsageError
from conformance.evidence.reading import read_exchanges
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor
from conformance.instance.breaker import Breaker
from conformance.instance.credentials import EnvironmentToken, FileToken, TokenSource
from conformance.instance.modelfile import ModelFile
from conformance.instance.session import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    REPLY_DEADLINE,
    UPLOAD_TIMEOUT,
    Session,
)
from conformance.instance.target import Target
from conformance.report.run import RunResult
from conformance.settings import ENVIRONMENT_PREFIX, Settings
from conformance.suite.context import SuiteContext

if TYPE_CHECKING:
    from conformance.mock import MockInstance
    from conformance.report.outcome import CheckOutcome

EXCHANGES = "exchanges.ndjson"


@dataclass(frozen=True)
class Rehearsal:
    """A run on an embedded instance that somebody else started and will stop: the suite's own test.

    `run_id` makes the run repeatable, `sleep` is how the checks wait.
    """

    mock: MockInstance
    run_id: str
    sleep: Callable[[float], None] = time.sleep


class Assembly:
    """One run's parts. Made once a process; with xdist the controller hands its workers what they must share."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        handed: Mapping[str, Any] | None,
        rehearsal: Rehearsal | None = None,
        run_id: str | None = None,
    ) -> None:
        self.settings = settings
        self.started_at = _now()
        self._began = time.monotonic()
        self._mock: MockInstance | None = None
        self._rehearsal = rehearsal
        self._breaker = Breaker(time.monotonic)
        self._worker = handed["worker"] if handed else None
        self.run_id = run_id or _run_id(handed, rehearsal)
        self.release = load_release(settings.release)
        self.redactor = Redactor()
        credentials = self._embedded(handed) if settings.embedded else _from_environment(settings, environ)
        self._credentials = credentials
        self.target = credentials.target
        for source in (credentials.token, credentials.other, credentials.expired):
            if source:
                self.redactor.add(source.token())
        self._drop_old_recordings()
        self.recorder = Recorder(self._recording(), self.redactor, prefix=self._worker or "main")
        self.context = self._context(handed)
        self.checkrun = CheckRun(self.release, self.recorder, self.target.base_url)

    @classmethod
    def make(
        cls,
        settings: Settings,
        environ: Mapping[str, str],
        handed: Mapping[str, Any] | None = None,
        rehearsal: Rehearsal | None = None,
        run_id: str | None = None,
    ) -> Assembly:
        """Assemble a run. Raises UsageError for credentials, URLs or files that can't be used."""
        return cls(settings, environ, handed, rehearsal, run_id)

    def check_prerequisites(self) -> str | None:
        """Reach the instance, try the credentials and have a workspace. Returns why nothing can be tested, or None."""
        if self.context.prerequisite_failure is None:
            try:
                workspace_id = self.context.workspace_id()
                if self.settings.workspace_id is not None:
                    reply = self.context.models().list(workspace_id)
                    if reply.status in (401, 403):
                        self.context.prerequisite_failure = (
                            f"credentials refused: list answered {reply.status}; "
                            "check WALLAROO_CONFORMANCE_TOKEN or --token-file"
                        )
            except ConformanceError as failure:
                self.context.prerequisite_failure = str(failure)
        return self.context.prerequisite_failure

    def handover(self, worker: str) -> dict[str, Any]:
        """What an xdist worker needs beyond its options: plain values, over the channel that no log shows."""
        handed: dict[str, Any] = {
            "worker": worker,
            "run_id": self.run_id,
            "workspace_id": self.context.workspace,
            "prerequisite_failure": self.context.prerequisite_failure,
        }
        if self.settings.embedded:
            handed["embedded"] = {
                "target": self.target.base_url,
                "token": _plain(self._credentials.token),
                "other": _plain(self._credentials.other),
                "expired": _plain(self._credentials.expired),
            }
        return handed

    def result(self, outcomes: Sequence[CheckOutcome], suite_errors: Sequence[str] = ()) -> RunResult:
        """Judge what the checks found by the contract."""
        exchanges = list(self.recorder.exchanges)
        for part in self._worker_recordings():
            exchanges += read_exchanges(part)
        return RunResult.judged(
            run_id=self.run_id,
            started_at=self.started_at,
            ended_at=_now(),
            seconds=time.monotonic() - self._began,
            target="embedded instance" if self.settings.embedded else self.target.base_url,
            release=self.release.id,
            profile=self.settings.profile,
            requirements=self.release.requirements.values(),
            outcomes=outcomes,
            exchanges=exchanges,
            strict=self.settings.strict,
            workspace_id=self.context.workspace,
            blocked=self.context.prerequisite_failure,
            suite_errors=suite_errors,
        )

    def merge_recordings(self) -> None:
        """Join the recordings of xdist's workers into the run's one."""
        parts = self._worker_recordings()
        path = self._recording()
        if not parts or path is None:
            return
        with path.open("ab") as whole:
            for part in parts:
                whole.write(part.read_bytes())
                part.unlink()

    def close(self) -> None:
        """Close connections and stop the embedded instance."""
        self.context.session.close()
        self.recorder.close()
        if self._mock is not None:
            self._mock.stop()

    def _embedded(self, handed: Mapping[str, Any] | None) -> _Credentials:
        if handed:
            given = handed["embedded"]
            return _Credentials(
                Target.parse(given["target"]),
                _given(given["token"]),
                _given(given["other"]) if given["other"] else None,
                _given(given["expired"]) if given["expired"] else None,
            )
        if self._rehearsal is not None:
            return _of_mock(self._rehearsal.mock)
        from conformance.mock import MockInstance

        self._mock = MockInstance()
        self._mock.start()
        return _of_mock(self._mock)

    def _recording(self) -> Path | None:
        if self.settings.out is None:
            return None
        name = EXCHANGES if self._worker is None else f"exchanges.{self._worker}.ndjson"
        return self.settings.out / name

    def _drop_old_recordings(self) -> None:
        # The recorder appends; a folder that is used again must not hold two runs in one recording.
        if self._worker is None and self.settings.out is not None:
            for old in (self.settings.out / EXCHANGES, *self._worker_recordings()):
                try:
                    old.unlink(missing_ok=True)
                except OSError as error:
                    raise UsageError(f"can't replace {old}: {error.strerror}; choose another folder") from None

    def _worker_recordings(self) -> list[Path]:
        if self.settings.out is None or self._worker is not None:
            return []
        return sorted(self.settings.out.glob("exchanges.gw*.ndjson"))

    def _context(self, handed: Mapping[str, Any] | None) -> SuiteContext:
        settings = self.settings
        other = self._credentials.other
        return SuiteContext(
            release=self.release,
            session=self._session(self._credentials.token),
            recorder=self.recorder,
            run_id=self.run_id,
            profile=settings.profile,
            onnx_model=_onnx(settings),
            pytorch_model=_pytorch(settings),
            workspace=handed["workspace_id"] if handed else settings.workspace_id,
            other_session=self._session(other) if other else None,
            expired_token=self._credentials.expired.token() if self._credentials.expired else None,
            prerequisite_failure=handed["prerequisite_failure"] if handed else None,
            sleep=self._rehearsal.sleep if self._rehearsal else time.sleep,
        )

    def _session(self, token: TokenSource) -> Session:
        settings = self.settings
        return Session(
            self.target,
            token,
            self.recorder,
            ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
            connect_timeout=settings.connect_timeout or CONNECT_TIMEOUT,
            read_timeout=settings.read_timeout or READ_TIMEOUT,
            upload_timeout=settings.upload_timeout or UPLOAD_TIMEOUT,
            deadline=settings.reply_deadline or REPLY_DEADLINE,
            breaker=self._breaker,
        )


class _Credentials:
    def __init__(
        self, target: Target, token: TokenSource, other: TokenSource | None, expired: TokenSource | None
    ) -> None:
        self.target = target
        self.token = token
        self.other = other
        self.expired = expired


def new_run_id() -> str:
    """Eight hexadecimal digits that no other run has."""
    return secrets.token_hex(4)


def _run_id(handed: Mapping[str, Any] | None, rehearsal: Rehearsal | None) -> str:
    if handed:
        return str(handed["run_id"])
    return rehearsal.run_id if rehearsal else new_run_id()


def _of_mock(mock: MockInstance) -> _Credentials:
    return _Credentials(
        Target.parse(mock.url), _given(mock.token), _given(mock.other_token), _given(mock.expired_token)
    )


def _from_environment(settings: Settings, environ: Mapping[str, str]) -> _Credentials:
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
    return _Credentials(target, token, other, _token(settings.expired_token_file, environ, "EXPIRED_TOKEN"))


def _token(path: Path | None, environ: Mapping[str, str], name: str) -> TokenSource | None:
    if path is not None:
        return FileToken(path)
    if environ.get(ENVIRONMENT_PREFIX + name):
        return EnvironmentToken(ENVIRONMENT_PREFIX + name, environ)
    return None


def _plain(source: TokenSource | None) -> str | None:
    # xdist's channel carries plain strings only, not a Secret.
    return str(source.token()) if source else None


def _given(token: str) -> TokenSource:
    return EnvironmentToken("embedded instance", {"embedded instance": token})


def _onnx(settings: Settings) -> ModelFile:
    if settings.onnx_model:
        return ModelFile.from_path(settings.onnx_model, framework="onnx")
    shipped = fixtures.load("fraud_classifier")
    return ModelFile.from_path(shipped.path, framework="onnx")


def _pytorch(settings: Settings) -> ModelFile:
    if settings.pytorch_model:
        return ModelFile.from_path(
            settings.pytorch_model,
            framework="pytorch",
            input_schema=_schema(settings.pytorch_input_schema, "--pytorch-input-schema"),
            output_schema=_schema(settings.pytorch_output_schema, "--pytorch-output-schema"),
        )
    shipped = fixtures.load("multi_io")
    return ModelFile.from_path(
        shipped.path,
        framework="pytorch",
        input_schema=shipped.input_schema,
        output_schema=shipped.output_schema,
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
