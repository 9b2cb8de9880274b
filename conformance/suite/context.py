"""What a run hands to its checks: the instance's client, the contract and the files to upload."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from conformance.contract import Release
from conformance.errors import ConformanceError, NotTestable
from conformance.evidence.recorder import Recorder
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.instance.workspaces import Workspaces

CONVERSION_BUDGET = 900.0
"""Seconds to wait for a conversion: ours. The client of 2023.4.0 gives up after ten minutes."""

POLL_INTERVALS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between looks at a conversion; the last repeats. The vendor's client looks every 5 s."""


RELEASE = pytest.StashKey[Callable[[], Release]]()
"""In the session's stash: gives the release that the checks are collected for."""


@dataclass
class SuiteContext:
    """One run's means. `run_id` makes names unique; `workspace` is the one workspace that the run writes to."""

    release: Release
    session: Session
    recorder: Recorder
    run_id: str
    profile: str
    onnx_model: ModelFile
    pytorch_model: ModelFile
    workspace: int | None = None
    other_session: Session | None = None
    expired_token: str | None = None
    prerequisite_failure: str | None = None
    sleep: Callable[[float], None] = time.sleep
    _second_workspace: int | None = field(default=None, repr=False)

    def name(self, scope: str, label: str = "model") -> str:
        """A model's name that no other run and no other check uses, the same for the same run and scope.

        Lower-case letters, digits and dashes, below 64 characters. Source: documentation site, naming; client 2023.4.0.
        """
        # The recorder's prefix tells workers of one run apart, who each make the shared models.
        digest = hashlib.sha256(f"{self.run_id}/{self.recorder.prefix}/{scope}/{label}".encode()).hexdigest()[:10]
        return f"conf-{self.run_id}-{label}-{digest}"

    def workspace_id(self) -> int:
        """The workspace that the run writes to: the given one, or one that it makes.

        Raises NotTestable where none can be had; once that is known, each call says so without asking again.
        """
        if self.prerequisite_failure is not None:
            raise NotTestable(self.prerequisite_failure)
        if self.workspace is None:
            try:
                self.workspace = self._create_workspace(f"conf-{self.run_id}")
            except NotTestable as failure:
                self.prerequisite_failure = str(failure)
                raise
        return self.workspace

    def second_workspace_id(self) -> int:
        """Another workspace of the same user, made when first asked for. Raises NotTestable where none can be had."""
        if self._second_workspace is None:
            suffix = hashlib.sha256(self.recorder.prefix.encode()).hexdigest()[:6]
            self._second_workspace = self._create_workspace(f"conf-{self.run_id}-b{suffix}")
        return self._second_workspace

    def _create_workspace(self, name: str) -> int:
        try:
            return _workspace_id(Workspaces(self.session).create(name))
        except NotTestable:
            raise
        except ConformanceError as failure:
            raise NotTestable(f"no workspace could be made: {failure}; give --workspace-id") from failure

    def models(self, *, workspace_id: int | None = None) -> Models:
        """The release's endpoints, bound to the run's workspace."""
        placed = self.workspace_id() if workspace_id is None else workspace_id
        return Models(self.session, placed, release=self.release)


def _workspace_id(reply: Reply) -> int:
    if reply.status in (401, 403):
        raise NotTestable(
            f"credentials refused: workspaces/create answered {reply.status}; "
            "check WALLAROO_CONFORMANCE_TOKEN or --token-file"
        )
    body = reply.json() if reply.status < 300 else None
    workspace_id = body.get("workspace_id") if isinstance(body, dict) else None
    if not isinstance(workspace_id, int) or isinstance(workspace_id, bool) or workspace_id < 1:
        raise NotTestable(
            f"no workspace could be made: workspaces/create answered {reply.status} without a workspace_id; "
            "give --workspace-id"
        )
    return workspace_id
