"""Proof without the suite: the same exchanges with a right and with a wrong instance, and what differs."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE
from conformance.errors import ConformanceError
from conformance.mock.defects.client import Client
from conformance.mock.server import MockInstance

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour
    from conformance.mock.defects.defect import Defect, Probe

STEP_DELAY = 0.002
"""Seconds between two statuses of a conversion. Ours: probes that wait for its end should be quick."""


class ProbeFailed(ConformanceError):
    """A defect shows nothing: the wrong instance behaves as the right one does."""


class Prover:
    """Proves defects of a release against one right instance that all of them share; a context manager."""

    def __init__(self, release: str = DEFAULT_RELEASE) -> None:
        self.release = release
        self._right = MockInstance(step_delay=STEP_DELAY, release=release)
        self._seen: dict[Probe, str] = {}
        self._runs = 0

    def __enter__(self) -> Prover:
        self._right.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._right.stop()

    def right(self, probe: Probe) -> str:
        """What the probe sees of the right instance, looked at once."""
        if probe not in self._seen:
            self._seen[probe] = self._look(self._right, probe)
        return self._seen[probe]

    def prove(self, defect: Defect) -> str:
        """One line of evidence. Raises ProbeFailed where the defect shows nothing."""
        right, wrong = self.right(defect.probe), self.look(defect.behaviour(), defect.probe)
        if wrong == right:
            raise ProbeFailed(f"the defect {defect.id} shows nothing: {right}")
        return f"{wrong} (rightly: {right})"

    def look(self, behaviour: Behaviour, probe: Probe) -> str:
        """What the probe sees of an instance that behaves so."""
        with MockInstance(behaviour=behaviour, step_delay=STEP_DELAY, release=self.release) as mock:
            return self._look(mock, probe)

    def _look(self, mock: MockInstance, probe: Probe) -> str:
        self._runs += 1
        client = Client(mock, str(self._runs))
        try:
            return probe(client)
        finally:
            client.close()


def prove(defect: Defect, release: str = DEFAULT_RELEASE) -> str:
    """One line of evidence that the defect is real in a release. Raises ProbeFailed where it shows nothing."""
    with Prover(release) as prover:
        return prover.prove(defect)
