"""An instance as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

COMMAND = "import sys; from conformance.mock import serve; sys.exit(serve(as_json=sys.argv[1] == 'json'))"
CHUNK = bytes(1024 * 1024)


def start(style: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, style], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_json_line_is_all_a_client_needs_and_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with start("json") as server:
        assert server.stdout is not None
        line = json.loads(server.stdout.readline())
        headers = {"Authorization": f"Bearer {line['token']}"}
        body = {"workspace_id": line["workspace_id"]}
        response = requests.post(f"{line['url']}/v1/api/models/list", json=body, headers=headers, timeout=30)
        server.send_signal(number)
        out, err = server.communicate(timeout=30)

    assert set(line) == {
        "url", "release", "token", "workspace_id", "other_token", "expired_token", "token_endpoint", "pid",
    }  # fmt: skip
    assert (line["pid"], line["release"]) == (server.pid, "2023.4")
    assert response.json() == {"models": []}
    assert (server.returncode, out, err) == (0, "", "")


def test_the_line_for_people_names_the_address_and_no_token() -> None:
    with start("text") as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)

    assert re.search(r"http://127\.0\.0\.1:\d+", line)
    assert not re.search(r"[\w-]{20,}\.[\w-]{20,}", line)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_a_large_upload_leaves_memory_flat() -> None:
    size = 300
    with start("json") as server:
        assert server.stdout is not None
        line = json.loads(server.stdout.readline())
        metadata = json.dumps(
            {
                "name": "large",
                "visibility": "private",
                "workspace_id": line["workspace_id"],
                "conversion": {"framework": "onnx", "requirements": []},
            }
        )

        def body() -> Iterator[bytes]:
            yield (
                '--edge\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n'
                f'{metadata}\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n'
            ).encode()
            for _ in range(size):
                yield CHUNK
            yield b"\r\n--edge--\r\n"

        headers = {"Authorization": f"Bearer {line['token']}", "Content-Type": "multipart/form-data; boundary=edge"}
        url = f"{line['url']}/v1/api/models/upload_and_convert"
        response = requests.post(url, data=body(), headers=headers, timeout=120)
        status = Path(f"/proc/{server.pid}/status").read_text()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)

    assert response.status_code == 202
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 200 * 1024


def test_importing_the_package_loads_no_server() -> None:
    """The command imports it for its help; what only a running instance needs must wait."""
    code = (
        "import sys, conformance.mock; print(sorted({'uvicorn', 'starlette', 'joserfc', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
