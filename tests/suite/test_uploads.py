"""An upload is told by a list that was read for several, and a refused one leaves nothing in any form of list."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.instance.modelfile import ModelFile
from conformance.suite.assertions import Nonconformity
from conformance.suite.uploads import Uploaded, nothing_created

FILE = ModelFile.from_bytes(b"own bytes", "onnx", "own.onnx")


class Reply:
    """What the functions read of a reply."""

    def __init__(self, body: Any, status: int = 200) -> None:
        self.status = status
        self.text = repr(body)
        self.exchange = self
        self.id = "main-00001"
        self._body = body

    def json(self) -> Any:
        return self._body


class Models:
    """An instance of a release whose list has these models, and whose `get` shows this version of each."""

    workspace_id = 10

    def __init__(self, release_id: str, *models: dict[str, Any], version: dict[str, Any] | None = None) -> None:
        self.release = load_release(release_id)
        self.models = list(models)
        self.version = version or {}

    def list(self, workspace_id: int = 10) -> Reply:
        nested = bool(self.release.model_in_list)
        return Reply({"models": [{"model": model} if nested else model for model in self.models]})

    def get(self, model_id: int) -> Reply:
        return Reply({"models": [self.version]})


def uploaded(models: Models) -> Uploaded:
    instance: Any = models
    reply: Any = Reply({}, 202)
    return Uploaded(instance, FILE, "own", FILE.file_name, reply, 10)


releases = pytest.mark.parametrize("release_id", ["2023.4", "2024.1"])


@releases
def test_the_id_is_taken_from_a_list_and_not_asked_for_again(release_id):
    models = Models(release_id, {"id": 8, "name": "other"}, {"id": 7, "name": "own"})
    found, listing = uploaded(models), models.list()
    models.models.clear()
    found.identify(listing)
    assert found.model_id == 7


@releases
@pytest.mark.parametrize("listed", [[], [{"id": 7}], [{"name": "own"}], [{"id": "7", "name": "own"}]], ids=repr)
def test_a_list_without_the_model_or_its_id_is_not_testable(release_id, listed):
    models = Models(release_id, *listed)
    with pytest.raises(NotTestable, match="doesn't show 'own' with an id"):
        uploaded(models).identify(models.list())


@releases
@pytest.mark.parametrize("key", ["sha", "file_name"])
def test_what_a_refused_upload_leaves_is_found_in_either_form_of_list(release_id, key):
    version = {"sha": FILE.sha256} if key == "sha" else {"file_name": FILE.file_name}
    models: Any = Models(release_id, version=version)
    with pytest.raises(Nonconformity, match="leaves no model behind"), nothing_created(models, FILE, reason="it"):
        models.models.append({"id": 7, "name": "", "updated_at": "now"})


@releases
def test_models_of_others_are_no_trace(release_id):
    models: Any = Models(release_id, {"id": 7, "name": "a", "updated_at": "then"}, version={"sha": "other"})
    with nothing_created(models, FILE, reason="it"):
        models.models[0] = {"id": 7, "name": "a", "updated_at": "now"}
        models.models.append({"id": 8, "name": "b"})
