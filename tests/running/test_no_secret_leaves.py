"""No credential is found by a search of everything that a run wrote: screen, errors, every file, the archive."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.mock import MockInstance
from conformance.mock.defects import catalogue
from tests.commands import command, command_line, run_pytest, sabotaged

CANARY = re.compile(rb"canary-[0-9a-f]{32}")
JWT = b"ey" + b"J"
DEFECT = catalogue("2023.4")["upload.file-name.shortened"]


class Talkative(DEFECT.behaviour):
    """Tells in each reply what it was sent, as a proxy does that somebody left in debug mode."""

    def application(self, app: Any) -> Any:
        inner = super().application(app)

        async def telling(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await inner(scope, receive, send)
                return
            sent = dict(scope["headers"]).get(b"authorization", b"")
            extra = [
                (b"x-seen", sent),
                (b"x-forwarded-authorization", sent),
                (b"x-seen-base64", base64.b64encode(b"seen " + sent)),
                (b"link", b"<https://example.com/?q=" + b"".join(b"%%%02x" % byte for byte in sent[7:]) + b">"),
            ]
            state: dict[str, Any] = {}

            async def told(message: Any) -> None:
                if message["type"] == "http.response.start":
                    state["refused"] = message["status"] >= 400
                    kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
                    kept = kept if state["refused"] else message["headers"]
                    message = {**message, "headers": [*kept, *extra]}
                elif state.get("refused") and not message.get("more_body"):
                    escaped = "".join(f"\\u{byte:04x}" for byte in sent)
                    debug = f'{{"msg": "refused: {sent.decode()}", "code": 400, "debug": "{escaped}"}}'
                    message = {**message, "body": debug.encode()}
                await send(message)

            await inner(scope, receive, told)

        return telling


@pytest.fixture(scope="module")
def talkative() -> Iterator[MockInstance]:
    with MockInstance(behaviour=Talkative()) as mock:
        yield mock


def everything(done: subprocess.CompletedProcess[str], folder: Path) -> dict[str, bytes]:
    """All that a run wrote, by where."""
    found = {"standard output": done.stdout.encode(), "standard error": done.stderr.encode()}
    for path in folder.rglob("*"):
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                found |= {f"{path.name}/{one.name}": archive.extractfile(one).read() for one in archive if one.isfile()}
    return found


def spellings(token: str) -> Iterator[bytes]:
    """The token, its parts, and the middle of its base64 wherever that begins."""
    yield token.encode()
    yield from (part.encode() for part in token.split("."))
    yield token[:-1].encode()
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + token.encode())
        yield encoded[8:-8]
        yield base64.encodebytes(b"x" * before + token.encode()).splitlines()[1]


def assert_secret_free(written: dict[str, bytes], *tokens: str) -> None:
    assert len(written) > 2
    for where, content in written.items():
        assert CANARY.search(content) is None, where
        assert JWT not in content, where
        for token in tokens:
            assert not [n for n, spelled in enumerate(spellings(token)) if spelled in content], where


def replies_that_told(folder: Path) -> int:
    lines = (folder / "out" / "exchanges.ndjson").read_text().splitlines()
    exchanges = [json.loads(line) for line in lines]
    headers = [header for exchange in exchanges if exchange["response"] for header in exchange["response"]["headers"]]
    return sum("[redacted]" in value for name, value in headers if name == "x-seen")


def test_a_run_on_the_embedded_instance_with_exploring_and_every_format(tmp_path):
    arguments = ["--explore", "1", "--format", "all", "--bundle", "b.tar.gz", "--profile", "full", "--out", "out"]
    done = command("run", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = everything(done, tmp_path)
    assert {"out/exploration.json", "out/statement.json", "out/exchanges.ndjson", "b.tar.gz"} <= written.keys()
    assert_secret_free(written)


def test_a_run_on_a_live_instance_that_tells_what_it_was_sent(tmp_path, talkative):
    done = command(
        *("run", "--target", talkative.url, "--format", "all", "--bundle", "b.tar.gz", "--out", "out"),
        cwd=tmp_path,
        WALLAROO_CONFORMANCE_TOKEN=talkative.token,
    )
    assert done.returncode == 1, done.stderr
    assert "curl" in done.stdout
    assert "$WALLAROO_CONFORMANCE_TOKEN" in done.stdout
    assert replies_that_told(tmp_path) > 100
    assert_secret_free(everything(done, tmp_path), talkative.token)


def test_a_run_with_tokens_from_files_exploring_it(tmp_path, talkative):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "token").write_text(json.dumps({"access_token": talkative.token}))
    (kept / "other").write_text(talkative.other_token)
    work = tmp_path / "work"
    work.mkdir()
    done = command(
        *("run", "--target", talkative.url, "--profile", "full", "--explore", "1", "--out", "out"),
        *(
            "--token-file",
            str(kept / "token"),
            "--other-token-file",
            str(kept / "other"),
            "-k",
            "authentication or list",
        ),
        cwd=work,
    )
    assert done.returncode in (1, 3), done.stderr
    assert_secret_free(everything(done, work), talkative.token, talkative.other_token)


def test_pytest_with_two_workers(tmp_path, talkative):
    arguments = ["-q", "-n", "2", "--target", talkative.url, "--conformance-out", "out", "-p", "no:randomly"]
    done = run_pytest(*arguments, cwd=tmp_path, autoload=True, WALLAROO_CONFORMANCE_TOKEN=talkative.token)
    assert done.returncode == 1, done.stderr
    written = everything(done, tmp_path)
    assert "out/statement.json" in written
    assert replies_that_told(tmp_path) > 100
    assert_secret_free(written, talkative.token)


CRASHES = {
    "in each check": "Models.list = broken",
    "in the look at the instance": "import conformance.running.assembly as a\na.compared = broken",
    "in the reports": "import conformance.report.statement as s\ns.build = broken",
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_of_the_suite_with_the_token_in_its_message(tmp_path, talkative, crash):
    program = (
        "import os\n"
        "from conformance.instance.models import Models\n"
        "def broken(*a, **k):\n"
        "    raise RuntimeError('it broke with ' + os.environ['WALLAROO_CONFORMANCE_TOKEN'])\n" + crash
    )
    arguments = ["run", "--target", talkative.url, "--release", "2023.4", "-k", "list", "--out", "out"]
    done = sabotaged(program, command_line(*arguments), tmp_path, WALLAROO_CONFORMANCE_TOKEN=talkative.token)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert "it broke with" in "".join(
        content.decode("utf-8", "replace") for content in everything(done, tmp_path).values()
    )
    assert_secret_free(everything(done, tmp_path), talkative.token)


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_of_the_suite_under_pytest(tmp_path, talkative, crash):
    program = (
        "import os, sys, pytest\n"
        "from conformance.instance.models import Models\n"
        "def broken(*a, **k):\n"
        "    raise RuntimeError('it broke with ' + os.environ['WALLAROO_CONFORMANCE_TOKEN'])\n" + crash
    )
    arguments = ["-q", "-p", "no:cacheprovider", "--pyargs", "conformance.suite", "-k", "list", "--release", "2023.4"]
    arguments += ["--target", talkative.url, "--conformance-out", "out", "--junitxml", "pytest.xml", "--maxfail", "3"]
    done = sabotaged(
        program, f"sys.exit(pytest.main({arguments!r}))", tmp_path, WALLAROO_CONFORMANCE_TOKEN=talkative.token
    )
    assert done.returncode not in (0, 5)
    assert "it broke with" in done.stdout + done.stderr
    assert_secret_free(everything(done, tmp_path), talkative.token)
