"""State that outlives the process, however the process ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from conformance.errors import UsageError
from conformance.mock import MockInstance
from conformance.mock.tables import FORMAT

from .client import Client, eventually

SERVE = "import sys; from conformance.mock import serve; sys.exit(serve(data=sys.argv[1], as_json=True))"
MEBIBYTE = 1024 * 1024


@contextmanager
def process(data: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """An instance in a process of its own; yields it with the line it announces itself by."""
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(data)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server, json.loads(server.stdout.readline())
    finally:
        server.kill()
        server.communicate(timeout=30)


def client_of(mock: MockInstance) -> Client:
    return Client(mock, mock.token, mock.workspace_id)


def begin_upload(line: dict[str, Any], metadata: dict[str, Any], sent: int) -> socket.socket:
    """Send the headers, the metadata and the first `sent` bytes of a larger file; the connection stays open."""
    url = urlsplit(line["url"])
    start = (
        '--edge\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n'
        f"{json.dumps(metadata)}\r\n"
        '--edge\r\nContent-Disposition: form-data; name="file"; filename="half.onnx"\r\n\r\n'
    )
    head = (
        f"POST /v1/api/models/upload_and_convert HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f"Authorization: Bearer {line['token']}\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
        f"Content-Length: {len(start) + 100 * MEBIBYTE}\r\n\r\n"
    )
    connection = socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=30)
    connection.sendall(head.encode() + start.encode() + bytes(sent))
    return connection


def wait_for_incoming(data: Path, size: int) -> None:
    """Until the server has written at least `size` bytes of an upload."""
    eventually(lambda: sum(path.stat().st_size for path in (data / "incoming").iterdir()) >= size)


def test_models_tokens_and_accounts_survive_a_restart_on_another_port(tmp_path: Path) -> None:
    with MockInstance(tmp_path, step_delay=0) as mock:
        first = client_of(mock)
        version_id = first.upload("fraud", b"bytes")
        before = first.converted(version_id), first.models(), first.versions(model_id="fraud")
        kept = mock.user, mock.other_user, mock.client_secret, mock.workspace_id, mock.other_workspace_id

    with MockInstance(tmp_path, step_delay=0) as mock:
        second = Client(mock, first.token, mock.workspace_id)
        assert second.url != first.url
        assert (second.version(version_id), second.models(), second.versions(model_id="fraud")) == before
        assert kept == (
            mock.user, mock.other_user, mock.client_secret, mock.workspace_id, mock.other_workspace_id,
        )  # fmt: skip
        assert second.upload("fraud") > version_id


def test_without_a_directory_nothing_is_kept() -> None:
    with MockInstance() as mock:
        client_of(mock).upload("fraud")
    with MockInstance() as mock:
        assert client_of(mock).models() == []


def test_a_killed_process_keeps_what_it_had_answered(tmp_path: Path) -> None:
    with process(tmp_path) as (server, line):
        with MockInstance() as shape:
            metadata = client_of(shape).metadata("fraud", workspace_id=line["workspace_id"])
        parts: Any = {
            "metadata": (None, json.dumps(metadata), "application/json"),
            "file": ("model.onnx", b"bytes", "application/octet-stream"),
        }
        response = requests.post(
            f"{line['url']}/v1/api/models/upload_and_convert",
            files=parts,
            headers={"Authorization": f"Bearer {line['token']}"},
            timeout=30,
        )
        assert response.status_code == 202
        server.send_signal(signal.SIGKILL)
        server.wait(30)

    with MockInstance(tmp_path, step_delay=0) as mock:
        client = Client(mock, line["token"], mock.workspace_id)
        (version,) = client.versions(model_id="fraud")
        assert client.converted(version["id"])["status"] in ("ready", "error")


def test_a_process_killed_in_mid_upload_leaves_nothing_half_visible(tmp_path: Path) -> None:
    with process(tmp_path) as (server, line):
        with MockInstance() as shape:
            metadata = client_of(shape).metadata("half", workspace_id=line["workspace_id"])
        connection = begin_upload(line, metadata, 5 * MEBIBYTE)
        wait_for_incoming(tmp_path, 3 * MEBIBYTE)
        server.send_signal(signal.SIGKILL)
        server.wait(30)
        connection.close()

    assert list((tmp_path / "incoming").iterdir())
    with MockInstance(tmp_path) as mock:
        client = client_of(mock)
        assert client.models() == []
        assert client.versions(model_id="half") == []
        assert not list((tmp_path / "incoming").iterdir())
        assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_a_client_that_leaves_in_mid_upload_leaves_nothing(tmp_path: Path) -> None:
    with MockInstance(tmp_path) as mock:
        client = client_of(mock)
        line = {"url": mock.url, "token": mock.token}
        connection = begin_upload(line, client.metadata("half"), 5 * MEBIBYTE)
        wait_for_incoming(tmp_path, 3 * MEBIBYTE)
        connection.close()

        eventually(lambda: not list((tmp_path / "incoming").iterdir()))
        assert client.models() == []


def test_stopping_doesnt_wait_for_an_upload_under_way(tmp_path: Path) -> None:
    with MockInstance(tmp_path) as mock:
        metadata = client_of(mock).metadata("half")
        connection = begin_upload({"url": mock.url, "token": mock.token}, metadata, 5 * MEBIBYTE)
        wait_for_incoming(tmp_path, 3 * MEBIBYTE)
    connection.close()

    with MockInstance(tmp_path) as mock:
        assert client_of(mock).models() == []


def test_files_that_no_version_names_are_swept_at_the_start(tmp_path: Path) -> None:
    with MockInstance(tmp_path) as mock:
        client_of(mock).upload("fraud", b"bytes")
    orphan = tmp_path / "files" / "ab" / ("ab" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"renamed, but never committed")

    with MockInstance(tmp_path):
        kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert orphan not in kept
    assert len(kept) == 1


def test_the_secrets_on_disk_are_their_owners_alone(tmp_path: Path) -> None:
    with MockInstance(tmp_path) as mock:
        holding = [
            path for path in tmp_path.rglob("*") if path.is_file() and mock.user.password.encode() in path.read_bytes()
        ]

    assert [path.name for path in holding] == ["identity.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600


def test_one_directory_serves_one_instance_at_a_time(tmp_path: Path) -> None:
    with MockInstance(tmp_path), pytest.raises(UsageError, match="in use"):
        MockInstance(tmp_path).start()
    with MockInstance(tmp_path) as mock:
        assert client_of(mock).models() == []


def test_a_taken_port_is_one_clear_line() -> None:
    with MockInstance() as mock:
        port = int(mock.url.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"port {port}") as refused:
            MockInstance(port=port).start()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 70000)])
def test_an_impossible_address_is_one_clear_line(host: str, port: int) -> None:
    with pytest.raises(UsageError, match=re.escape(host)) as refused:
        MockInstance(host=host, port=port).start()
    assert "\n" not in str(refused.value)


def test_ipv6_loopback_works_where_the_machine_has_it() -> None:
    try:
        mock = MockInstance(host="::1")
        mock.start()
    except UsageError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    try:
        assert mock.url.startswith("http://[::1]:")
        assert client_of(mock).models() == []
    finally:
        mock.stop()


def spoil_identity(folder: Path) -> None:
    (folder / "identity.json").write_text("{}")


def spoil_state(folder: Path) -> None:
    (folder / "state.sqlite3").write_bytes(b"not a database" * 1000)


def be_another_database(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite3") as database:
        database.execute("CREATE TABLE something_else (id INTEGER)")
    database.close()


def be_of_an_older_layout(folder: Path) -> None:
    with MockInstance(folder):
        pass
    with sqlite3.connect(folder / "state.sqlite3") as database:
        database.execute(f"PRAGMA user_version = {FORMAT - 1}")
    database.close()


@pytest.mark.parametrize("spoil", [spoil_identity, spoil_state, be_another_database, be_of_an_older_layout])
def test_a_directory_that_isnt_an_instances_is_one_clear_line(tmp_path: Path, spoil: Any) -> None:
    spoil(tmp_path)

    with pytest.raises(UsageError, match=re.escape(str(tmp_path))) as refused:
        MockInstance(tmp_path).start()
    assert "\n" not in str(refused.value)


def test_a_file_in_place_of_the_directory_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="--data"):
        MockInstance(tmp_path / "file").start()


def test_starting_and_stopping_can_be_repeated_and_leaves_no_thread() -> None:
    threads = threading.active_count()
    mock = MockInstance()
    for _ in range(3):
        mock.start()
        assert client_of(mock).models() == []
        mock.stop()
        mock.stop()
    assert threading.active_count() == threads
