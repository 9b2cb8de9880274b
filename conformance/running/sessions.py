"""The run's sessions with its target: bounded as the settings say, and recorded in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from conformance.evidence.recorder import Recorder
from conformance.instance.breaker import Breaker
from conformance.instance.credentials import TokenSource
from conformance.instance.session import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    REPLY_DEADLINE,
    UPLOAD_TIMEOUT,
    Session,
)
from conformance.running.canary import PATIENCE
from conformance.running.means import Means
from conformance.settings import Settings


@dataclass(frozen=True)
class Sessions:
    """Makes sessions. Those of the checks share a breaker: an instance that stopped answering isn't asked any more."""

    settings: Settings
    means: Means
    recorder: Recorder
    breaker: Breaker = field(default_factory=lambda: Breaker(monotonic))

    def of(self, token: TokenSource) -> Session:
        """A session with the token; a recording answers it where one is played back."""
        settings = self.settings
        return Session(
            self.means.credentials.target,
            token,
            self.recorder,
            ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
            connect_timeout=settings.connect_timeout or CONNECT_TIMEOUT,
            read_timeout=settings.read_timeout or READ_TIMEOUT,
            upload_timeout=settings.upload_timeout or UPLOAD_TIMEOUT,
            deadline=settings.reply_deadline or REPLY_DEADLINE,
            breaker=self.breaker,
            sleep=self.means.sleep,
            playback=self.means.playback,
        )

    def apart(self, patience: float) -> Session:
        """One whose failures say nothing of the instance; it waits so many seconds for a reply."""
        settings = self.settings
        return Session(
            self.means.credentials.target,
            self.means.credentials.token,
            self.recorder,
            ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
            connect_timeout=settings.connect_timeout or CONNECT_TIMEOUT,
            read_timeout=PATIENCE,
            deadline=patience,
            upload_timeout=PATIENCE,
            sleep=self.means.sleep,
        )
