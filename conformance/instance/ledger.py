"""What a run created on the instance, so that it can be listed and cleaned up afterwards."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["version", "model", "workspace"]


@dataclass(frozen=True, slots=True)
class Created:
    """One thing that the instance made; `exchange` says where it was seen. A workspace has no `workspace_id`."""

    kind: Kind
    id: int
    name: str | None
    workspace_id: int | None
    exchange: str | None


class Ledger:
    """Collects what was created, each thing once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[Kind, int], Created] = {}

    def add(
        self,
        kind: Kind,
        id: int,
        *,
        name: str | None = None,
        workspace_id: int | None = None,
        exchange: str | None = None,
    ) -> None:
        """Note a version, model or workspace; the first note of an id stays."""
        with self._lock:
            self._entries.setdefault((kind, id), Created(kind, id, name, workspace_id, exchange))

    def entries(self, kind: Kind | None = None) -> list[Created]:
        """All entries, or those of one kind, in the order they were made."""
        with self._lock:
            return [entry for entry in self._entries.values() if kind in (None, entry.kind)]

    def __len__(self) -> int:
        return len(self._entries)

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """`{"versions": […], "models": […], "workspaces": […]}`, each entry with id, name, workspace_id, exchange."""
        kinds: tuple[Kind, ...] = ("version", "model", "workspace")
        return {f"{kind}s": [_plain(entry) for entry in self.entries(kind)] for kind in kinds}


def _plain(entry: Created) -> dict[str, Any]:
    return {key: value for key, value in asdict(entry).items() if key != "kind"}
