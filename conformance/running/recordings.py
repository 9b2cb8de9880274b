"""Where a run's exchanges are recorded: one file, and one for each worker process until they are joined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.bundle.certification import drop_old
from conformance.errors import UsageError
from conformance.report.writer import EXCHANGES


@dataclass(frozen=True)
class Recordings:
    """The recordings in a run's folder, as one of its processes sees them; nothing is recorded without a folder.

    `worker` is the name of a worker process, None for the one that leads the run.
    """

    folder: Path | None
    worker: str | None = None

    @property
    def own(self) -> Path | None:
        """This process's file."""
        if self.folder is None:
            return None
        return self.folder / (EXCHANGES if self.worker is None else f"exchanges.{self.worker}.ndjson")

    def of_workers(self) -> list[Path]:
        """The workers' files, for the process that leads the run."""
        if self.folder is None or self.worker is not None:
            return []
        return sorted(self.folder.glob("exchanges.gw*.ndjson"))

    def drop_old(self) -> None:
        """Remove what an earlier run left in the folder: a recording is appended to, and must not hold two runs.

        Raises UsageError where something can't be removed.
        """
        if self.worker is not None or self.folder is None:
            return
        drop_old(self.folder)
        for old in (self.folder / EXCHANGES, *self.of_workers()):
            try:
                old.unlink(missing_ok=True)
            except OSError as error:
                raise UsageError(f"can't replace {old}: {error.strerror}; choose another folder") from None

    def join(self) -> None:
        """Append the workers' files to the run's one."""
        parts = self.of_workers()
        if not parts or self.own is None:
            return
        with self.own.open("ab") as whole:
            for part in parts:
                whole.write(part.read_bytes())
                part.unlink()
