"""Putting a run together: settings and credentials in, the checks' means and the judged result out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from conformance.bundle.certification import Certification
from conformance.contract import DEFAULT_RELEASE, Release, load_release
from conformance.errors import ConformanceError, UsageError
from conformance.evidence.reading import read_exchanges
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor
from conformance.instance.identity import identity_of
from conformance.report.certificate import TargetIdentity
from conformance.report.findings import Cleaning, Identification, OwnDocument
from conformance.report.run import RunResult
from conformance.report.waivers import load, require_promised
from conformance.report.waiving import in_force
from conformance.running.canary import CHECK as CANARY
from conformance.running.canary import Canary
from conformance.running.checkrun import CheckRun
from conformance.running.cleaning import clean_up
from conformance.running.guarding import Guard
from conformance.running.identification import identify
from conformance.running.means import Means, Rehearsal
from conformance.running.openapi_document import FetchedDocument, compared, fetch
from conformance.running.provisions import shipped_onnx_model
from conformance.running.recordings import Recordings
from conformance.running.replay import Replay
from conformance.running.sessions import Sessions
from conformance.settings import Settings
from conformance.suite.context import SuiteContext

if TYPE_CHECKING:
    from conformance.evidence.exchange import Exchange
    from conformance.report.outcome import CheckOutcome

EXAMINATION, CLEANING = "identification", "cleaning"
"""What the recording names as the check of exchanges before the first check, and after the last."""


class Assembly:
    """One run's parts. Made once a process; with xdist the controller hands its workers what they must share."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        handed: Mapping[str, Any] | None,
        source: Rehearsal | Replay | None = None,
        run_id: str | None = None,
    ) -> None:
        self.settings = settings
        self.started_at = source.started_at if isinstance(source, Replay) else _now()
        self._began = time.monotonic()
        self.select: str | None = None
        self._source = source
        self._worker = handed["worker"] if handed else None
        self.run_id = run_id or _run_id(handed, source)
        self.identification: Identification | None = None
        self.document: OwnDocument | None = None
        # Somebody else's instance isn't looked at, and a worker is told what the controller found.
        self._examined = isinstance(source, Rehearsal) or handed is not None
        self.waivers = load(settings.waivers) if settings.waivers else ()
        if isinstance(source, Replay):
            self.waivers = source.waivers
        self._refusal: UsageError | None = None
        self._reached = False
        self.certification = self._certification(environ)
        release = load_release((handed or {}).get("release") or settings.named_release or DEFAULT_RELEASE)
        self.redactor = Redactor()
        self.canary = Canary(handed["canary"]) if handed else Canary.new()
        if source is None:
            self.redactor.add(self.canary.secret)
        self._means = Means.of(settings, environ, release, handed, source)
        credentials = self._means.credentials
        self.target = credentials.target
        for token in (credentials.token, credentials.other, credentials.expired):
            if token:
                self.redactor.add(token.token())
        self.recordings = Recordings(settings.out, self._worker)
        self.recordings.drop_old()
        self.recorder = Recorder(self.recordings.own, self.redactor, prefix=self._worker or "main")
        self.sessions = Sessions(settings, self._means, self.recorder)
        self.context = self._context(handed, release)
        self.checkrun = CheckRun(release, self.recorder, self.target.base_url)
        if settings.allow_waivers:
            holding = in_force(self.waivers, self._label(), date.fromisoformat(self.started_at[:10]))
            self.checkrun.waived = frozenset(waiver.requirement for waiver in holding)

    @classmethod
    def make(
        cls,
        settings: Settings,
        environ: Mapping[str, str],
        handed: Mapping[str, Any] | None = None,
        source: Rehearsal | Replay | None = None,
        run_id: str | None = None,
    ) -> Assembly:
        """Assemble a run. Raises UsageError for credentials, URLs or files that can't be used.

        `source` is what the run has in place of an instance of its own: one that somebody else has, or a recording.
        """
        return cls(settings, environ, handed, source, run_id)

    @property
    def release(self) -> Release:
        """The release whose contract holds: the one named, or once the instance was examined the one found out."""
        return self.context.release

    def check_prerequisites(self) -> str | None:
        """Reach the instance, try the credentials and have a workspace. Returns why nothing can be tested, or None.

        The instance is only asked the first time.
        """
        if self.context.prerequisite_failure is None and not self._reached:
            try:
                workspace_id = self.context.workspace_id()
                if self.settings.workspace_id is not None:
                    reply = self.context.models().list(workspace_id)
                    if reply.status in (401, 403):
                        self.context.prerequisite_failure = (
                            f"credentials refused: list answered {reply.status}; "
                            "check WALLAROO_CONFORMANCE_TOKEN or --token-file"
                        )
                self._reached = True
            except ConformanceError as failure:
                self.context.prerequisite_failure = str(failure)
        return self.context.prerequisite_failure

    def examine(self) -> bool:
        """Look at the instance before its first check: can it be tested, what does it say itself, which release is it.

        Done once; returns whether this call did it. Whatever the instance does ends in `identification` and `document`.
        Raises UsageError, each time, for a waiver of what the release doesn't promise.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._examined:
            return False
        self._examined = True
        if self.settings.named_release is not None:
            self._require_promised()
        blocked = self.check_prerequisites()
        fetched: FetchedDocument | None = None
        self.recorder.begin(EXAMINATION)
        try:
            try:
                fetched = None if blocked else fetch(self.context.session)
            except ConformanceError as failure:
                blocked = str(failure)
            if self.settings.named_release is None:
                self.identification = self._identified(blocked, fetched)
                self.context.release = self.checkrun.release = load_release(self.identification.release)
                if not blocked:
                    self._require_promised()
            if fetched is not None:
                self.document = compared(self.release, fetched, self.redactor)
            if not blocked and self._source is None:
                self.recorder.begin(CANARY)
                self.canary.plant(self.release.endpoints["list_versions"], self.sessions.apart)
        finally:
            self.recorder.begin(None)
        return True

    def told(self) -> list[str]:
        """What the look at the instance found, in lines for a terminal."""
        found, lines = self.identification, []
        if found is not None:
            lines.append(f"release {found.release} ({found.told}): {'; '.join(found.reasons)}")
        if self.document is not None:
            lines.append(f"OpenAPI document at {self.document.url} {self.document.count()}")
        return lines

    def clean_up(self) -> Cleaning | None:
        """Delete the run's models where the release can, and say what is left.

        None where there is nothing to do: no workspace was written to, or the instance goes with the run.
        """
        if self.settings.embedded or self.context.prerequisite_failure or self.context.workspace is None:
            return None
        self.recorder.begin(CLEANING)
        try:
            return clean_up(self.context, keep=self.settings.keep_models)
        finally:
            self.recorder.begin(None)

    def handover(self, worker: str) -> dict[str, Any]:
        """What an xdist worker needs beyond its options: plain values, over the channel that no log shows."""
        handed: dict[str, Any] = {
            "worker": worker,
            "run_id": self.run_id,
            "release": self.release.id,
            "workspace_id": self.context.workspace,
            "prerequisite_failure": self.context.prerequisite_failure,
            "canary": self.canary.secret,
        }
        if self.settings.embedded:
            handed["embedded"] = self._means.credentials.to_hand()
        return handed

    def result(
        self, outcomes: Sequence[CheckOutcome], suite_errors: Sequence[str] = (), cleaning: Cleaning | None = None
    ) -> RunResult:
        """Judge what the checks found by the contract."""
        exchanges = list(self.recorder.exchanges)
        for part in self.recordings.of_workers():
            exchanges += read_exchanges(part)
        judged = RunResult.judged(
            run_id=self.run_id,
            started_at=self.started_at,
            ended_at=_now(),
            seconds=time.monotonic() - self._began,
            target=self._label(),
            release=self.release.id,
            profile=self.settings.profile,
            requirements=self.release.requirements.values(),
            outcomes=outcomes,
            exchanges=exchanges,
            strict=self.settings.strict,
            workspace_id=self.context.workspace,
            blocked=self.context.prerequisite_failure,
            suite_errors=suite_errors,
            identification=self.identification,
            document=self.document,
            cleaning=cleaning,
            circumstances=self._means.described(self.settings, self.select),
            waivers=self.waivers,
            allow_waivers=self.settings.allow_waivers,
        )
        return self.certification.on(replace(judged, identity=self._identity(exchanges)))

    def close(self) -> None:
        """Close connections and stop the embedded instance."""
        self.context.session.close()
        self.recorder.close()
        if self._means.mock is not None:
            self._means.mock.stop()

    def _identified(self, blocked: str | None, fetched: FetchedDocument | None) -> Identification:
        if blocked is not None:
            return Identification(self.release.id, ("the instance can't be asked",), "assumed")
        return identify(
            self.context.session,
            self.context.workspace_id(),
            shipped_onnx_model(),
            self.context.name(EXAMINATION, "probe"),
            fetched.content if fetched else None,
        )

    @property
    def guard(self) -> Guard:
        """What keeps the run's secrets from leaving it."""
        return Guard(self.redactor, self.canary)

    def _require_promised(self) -> None:
        """Refuse waivers of what the release doesn't promise, and leave nothing of the look on the instance."""
        try:
            require_promised(self.waivers, self.release.id, self.release.requirements, self._label())
        except UsageError as refusal:
            self._refusal = refusal
            self.clean_up()
            raise

    def _identity(self, exchanges: Sequence[Exchange]) -> TargetIdentity | None:
        found = self.document
        where = None if found is None else found.url if self.settings.embedded else self.target.url(found.url)
        sha256 = None if found is None else found.sha256
        return identity_of(self._label(), self.context.session, exchanges, where, sha256)

    def _certification(self, environ: Mapping[str, str]) -> Certification:
        """What this run is certified with; nothing in a worker, or where a recording is judged again."""
        settings = self.settings
        if self._worker is not None or self._source is not None:
            return Certification()
        if settings.bundle is not None and settings.out is None:
            raise UsageError("--bundle needs a folder for the reports with it")
        return Certification.of(
            environ,
            product_file=settings.product,
            sign_key=settings.sign_key,
            archive=settings.bundle,
            folder=settings.out,
        )

    def _label(self) -> str:
        """The target as the reports name it."""
        if isinstance(self._source, Replay):
            return self._source.target
        return "embedded instance" if self.settings.embedded else self.target.base_url

    def _context(self, handed: Mapping[str, Any] | None, release: Release) -> SuiteContext:
        settings = self.settings
        means = self._means
        own, other, expired = means.credentials.token, means.credentials.other, means.credentials.expired
        return SuiteContext(
            release=release,
            session=self.sessions.of(own),
            recorder=self.recorder,
            run_id=self.run_id,
            profile=settings.profile,
            onnx_model=means.onnx_model,
            pytorch_model=means.pytorch_model,
            workspace=handed["workspace_id"] if handed else settings.workspace_id,
            other_session=self.sessions.of(other) if other else None,
            expired_token=expired.token() if expired else None,
            prerequisite_failure=handed["prerequisite_failure"] if handed else None,
            sleep=means.sleep,
        )


def new_run_id() -> str:
    """Eight hexadecimal digits that no other run has."""
    return secrets.token_hex(4)


def _run_id(handed: Mapping[str, Any] | None, source: Rehearsal | Replay | None) -> str:
    if handed:
        return str(handed["run_id"])
    return source.run_id if source else new_run_id()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
