"""Model files: digests, sizes, and files that can't be sent."""

from __future__ import annotations

import hashlib
import os

import pytest

from conformance.errors import UsageError
from conformance.instance import ModelFile, Models

CONTENT = bytes(range(256)) * 9000


class Provider:
    size = len(CONTENT)
    sha256 = hashlib.sha256(CONTENT).hexdigest()

    def chunks(self):
        yield CONTENT[:7]
        yield CONTENT[7:]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("kind", ["path", "bytes", "provider"])
def test_each_source_knows_its_bytes(path, kind):
    file = {
        "path": lambda: ModelFile.from_path(path, "onnx"),
        "bytes": lambda: ModelFile.from_bytes(CONTENT, "onnx", "model.onnx"),
        "provider": lambda: ModelFile.from_provider(Provider(), "onnx", "model.onnx"),
    }[kind]()
    assert (file.size, file.sha256) == (len(CONTENT), Provider.sha256)
    assert b"".join(file.chunks()) == b"".join(file.chunks()) == CONTENT
    assert (file.file_name, file.framework) == ("model.onnx", "onnx")


def test_schemas_and_names_are_carried(path):
    file = ModelFile.from_path(path, "pytorch", file_name="other.pt", input_schema="a", output_schema="b")
    assert (file.file_name, file.input_schema, file.output_schema) == ("other.pt", "a", "b")
    changed = file.with_schemas(None, "c")
    assert (changed.input_schema, changed.output_schema, changed.sha256) == (None, "c", file.sha256)


def test_a_file_that_cannot_be_used_is_a_usage_error(tmp_path):
    empty = tmp_path / "empty.onnx"
    empty.touch()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, problem in [
        (tmp_path / "missing", "No such file"),
        (tmp_path, "isn't a file"),
        (fifo, "isn't a file"),
        (empty, "is empty"),
    ]:
        with pytest.raises(UsageError, match=problem) as caught:
            ModelFile.from_path(path, "onnx")
        assert str(path) in str(caught.value)


def test_a_file_changed_since_it_was_hashed_is_not_sent(path, tools):
    file = ModelFile.from_path(path, "onnx")
    path.write_bytes(bytes(len(CONTENT)))
    os.utime(path, ns=(1, 1))
    with pytest.raises(UsageError, match="has changed since it was hashed"):
        list(file.chunks())
    with pytest.raises(UsageError, match="has changed"):
        Models(tools.session(tools.peer(tools.reply())), 1).upload(file, name="x")


def test_an_upload_from_a_path_is_recorded_with_its_digest(path, tools):
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    Models(session, 1).upload(ModelFile.from_path(path, "onnx"), name="x")
    part = session.recorder.exchanges[0].request.parts[1]
    assert (part.filename, part.size, part.sha256, part.text) == ("model.onnx", len(CONTENT), Provider.sha256, None)
    assert CONTENT in peer.requests[0].body
