"""The work after an upload: look at the file, walk through the statuses, end at `ready` or `error`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from conformance.mock import lifecycle
from conformance.mock.behaviour import Behaviour
from conformance.mock.files import Files
from conformance.mock.modelfiles import Inspection, inspect
from conformance.mock.records import Version
from conformance.mock.store import Store

STEP_DELAY = 0.05
"""Seconds between two statuses. Ours: long enough to be polled, short enough not to be waited for."""

_INSPECTIONS_AT_ONCE = 2

_log = logging.getLogger(__name__)


class Conversions:
    """The conversions under way, each a task of the server's event loop."""

    def __init__(self, behaviour: Behaviour, store: Store, files: Files, step_delay: float = STEP_DELAY) -> None:
        self._behaviour = behaviour
        self._store = store
        self._files = files
        self._step_delay = step_delay
        self._tasks: set[asyncio.Task[None]] = set()
        self._inspections = asyncio.Semaphore(_INSPECTIONS_AT_ONCE)

    def begin(self, version: Version) -> None:
        """Convert this version in the background."""
        task = asyncio.get_running_loop().create_task(self._convert(version))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def resume(self) -> None:
        """Take up what an earlier process left unfinished."""
        for version in self._store.versions_in(lifecycle.UNFINISHED):
            self.begin(version)

    async def stop(self) -> None:
        """Break off; a later process resumes."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _convert(self, version: Version) -> None:
        try:
            inspection = await self._inspect(version)
            for step in _after(version.status, self._behaviour.conversion_steps(version, inspection)):
                await asyncio.sleep(self._step_delay)
                if not self._store.set_progress(
                    version.id, step.status, step.runtime, step.image_path, step.error_summary
                ):
                    return  # deleted in the meantime
                self._note(version, f"status: {step.status}")
        except Exception:
            _log.exception("the conversion of version %d broke off", version.id)
            self._store.set_progress(version.id, lifecycle.ERROR, error_summary="the conversion broke off")
            self._note(version, "the conversion broke off", stream="stderr")

    async def _inspect(self, version: Version) -> Inspection:
        async with self._inspections:
            self._note(version, f"reading {version.size} bytes as {version.framework}")
            found = await asyncio.to_thread(inspect, self._files.path_of(version.content), version.framework)
        if found.ok:
            self._note(version, f"the file is sound ({found.kind})")
        else:
            self._note(version, found.reason, stream="stderr")
        return found

    def _note(self, version: Version, text: str, stream: str = "stdout") -> None:
        self._store.add_log(version.id, log_line(time.time_ns(), stream, text))


def _after(status: str, steps: Iterable[lifecycle.Step]) -> list[lifecycle.Step]:
    """The steps that are left for a version in this status."""
    left = list(steps)
    for index, step in enumerate(left):
        if step.status == status:
            return left[index + 1 :]
    return left


def log_line(nanoseconds: int, stream: str, text: str) -> str:
    """A line of a conversion's log, as a container runtime writes it. Source: recorded (2025.2.1, get_upload_logs)."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z {stream} F {text}"
