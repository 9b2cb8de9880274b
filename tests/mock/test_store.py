"""The state: all or nothing, and ids that are never used twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from conformance.mock.records import Metadata, Upload
from conformance.mock.store import FIRST_IDS, Store

METADATA = Metadata("fraud", "private", 5, "onnx", {"framework": "onnx"}, None, None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty state with one workspace."""
    store = Store(tmp_path / "state.sqlite3", durable=True)
    assert store.add_workspace("first", "ada", 1) == FIRST_IDS["workspaces"]
    return store


def add_version(store: Store, model_id: int) -> int:
    return store.add_version(
        model_id, Upload("upload", sha256="ab" * 32), METADATA, uuid="u", sha="s", file_name="f", converts=True,
        status="ready", task_id="t", runtime="onnx", created_at=2, created_by="ada", created_on_version="2023.4.0",
    )  # fmt: skip


def test_the_first_ids_differ_by_kind(store: Store) -> None:
    with store.transaction():
        model_id = store.add_model("fraud", FIRST_IDS["workspaces"], 1)
        version = store.version(add_version(store, model_id))

    assert version is not None
    assert (model_id, version.id, version.config_id) == (
        FIRST_IDS["models"],
        FIRST_IDS["versions"],
        FIRST_IDS["configs"],
    )
    assert len(set(FIRST_IDS.values())) == len(FIRST_IDS)


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def break_off() -> None:
        with store.transaction():
            add_version(store, store.add_model("fraud", FIRST_IDS["workspaces"], 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert store.models() == []
    assert store.versions_matching("fraud", None) == []
    assert store.digests() == set()


def test_state_is_there_when_opened_again_and_ids_go_on(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        first = store.add_model("fraud", FIRST_IDS["workspaces"], 1)
        add_version(store, first)
    store.close()

    again = Store(tmp_path / "state.sqlite3", durable=True)
    assert [model.id for model in again.models()] == [first]
    with again.transaction():
        assert again.add_model("churn", FIRST_IDS["workspaces"], 1) == first + 1
    again.close()


def test_a_version_needs_a_model_and_a_model_a_workspace(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        add_version(store, 999)
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.add_model("fraud", 999, 1)


def test_the_journal_is_a_write_ahead_log(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        store.add_model("fraud", FIRST_IDS["workspaces"], 1)

    assert (tmp_path / "state.sqlite3-wal").exists()
