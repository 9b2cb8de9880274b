"""The directory that holds an instance's state, locked while the instance runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from conformance.errors import UsageError


class DataFolder:
    """A directory that stays (`durable`), or a temporary one that goes with the instance."""

    def __init__(self, data: Path | None) -> None:
        """Make and lock it. Raises UsageError where that can't be done."""
        self.durable = data is not None
        self._lock: int | None = None
        if data is None:
            self.path = Path(tempfile.mkdtemp(prefix="wallaroo-conformance-"))
            return
        self.path = data
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(data / "lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise UsageError(f"{data} is in use by another instance: stop it or use another --data.") from None
        except OSError as error:
            self.close()
            raise UsageError(f"{data} can't be used as --data: {error.strerror}.") from None

    def close(self) -> None:
        """Let go of the directory; remove a temporary one."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if not self.durable:
            shutil.rmtree(self.path, ignore_errors=True)
