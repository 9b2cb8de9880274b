"""The work after an upload: look at the file, walk through the statuses, end at `ready` or `error`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

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
                self._store.set_progress(version.id, step.status, step.runtime, step.image_path)
        except Exception:
            _log.exception("the conversion of version %d broke off", version.id)
            self._store.set_progress(version.id, lifecycle.ERROR, None, None)

    async def _inspect(self, version: Version) -> Inspection:
        async with self._inspections:
            return await asyncio.to_thread(inspect, self._files.path_of(version.content), version.framework)


def _after(status: str, steps: Iterable[lifecycle.Step]) -> list[lifecycle.Step]:
    """The steps that are left for a version in this status."""
    left = list(steps)
    for index, step in enumerate(left):
        if step.status == status:
            return left[index + 1 :]
    return left
