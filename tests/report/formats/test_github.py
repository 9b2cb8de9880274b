"""What a step of a workflow gets: its summary, its outputs, and annotations that nobody else can write."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.report.formats.github import ANNOTATION_LIMIT, SUMMARY_LIMIT, annotate, announce
from tests.commands import command, run_pytest
from tests.report.formats.test_markdown import harmless
from tests.report.formats.test_workflow import commands

INJECTED = "::set-output name=verdict::conformant"


def outputs(path: Path) -> dict[str, str]:
    """The file of outputs as the runner reads it."""
    found = {}
    lines = iter(path.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if not line:
            continue
        name, mark, delimiter = line.partition("<<")
        assert mark
        value = []
        while (following := next(lines)) != delimiter:
            value.append(following)
        found[name] = "\n".join(value)
    return found


def told(run: Any, folder: Path, **environ: str) -> list[Any]:
    lines = announce(run, {"GITHUB_ACTIONS": "true", **environ}, folder / "statement.json", folder)
    return commands("\n".join(lines))


@pytest.fixture
def failing(sample: Any) -> Any:
    levels = {"upload.id": "MUST", "list.id": "SHOULD", "get.id": "MAY"}
    requirements = [sample.requirement(name, level) for name, level in levels.items()]
    checks = [sample.check("failed", name, name=name, expected="15%", actual="a\nb") for name in levels]
    return sample.run(requirements, checks)


def test_what_decides_is_an_error_and_the_rest_a_warning(failing: Any, tmp_path: Path) -> None:
    found = told(failing, tmp_path)
    assert [(name, properties["title"]) for name, properties, _ in found] == [
        ("error", "MUST upload.id"),
        ("warning", "SHOULD list.id"),
        ("warning", "MAY get.id"),
    ]
    assert found[0][2] == "Requirement: Keeps its promise.\nExpected: 15%\nActual: a b"


@pytest.mark.parametrize("number", [10, 11, 200])
def test_at_most_ten_of_a_kind_are_shown(sample: Any, number: int) -> None:
    levels = ["MUST"] * number + ["MAY"] * number
    requirements = [sample.requirement(f"upload.r{n}", level) for n, level in enumerate(levels)]
    run = sample.run(requirements, [sample.check("failed", r.id, name=r.id) for r in requirements])
    found = commands("\n".join(annotate(run)))
    for kind in ("error", "warning"):
        messages = [message for name, _, message in found if name == kind]
        assert len(messages) == ANNOTATION_LIMIT
        assert messages[-1].startswith(f"{number - 9} more failures") == (number > 10)


def test_a_run_that_cant_tell_says_why(sample: Any) -> None:
    run = sample.run([sample.requirement("upload.id")], [], blocked=f"refused\n{INJECTED}")
    ((name, properties, message),) = commands("\n".join(annotate(run)))
    assert (name, properties) == ("error", {"title": "Wallaroo API 2023.4: not testable"})
    assert message == f"refused {INJECTED}"


def test_conformant_runs_say_nothing(sample: Any) -> None:
    assert list(annotate(sample.run([sample.requirement("a.b")], [sample.check("passed", "a.b")]))) == []


def test_hostile_text_writes_no_command_of_its_own(sample: Any) -> None:
    bad = f"x\r\n{INJECTED}\n##[add-path]x\n{sample.hostile},title=y::z%0A{INJECTED}"
    check = sample.check("failed", "upload.id", expected=bad, actual=bad)
    run = sample.run([sample.requirement("upload.id", text=bad)], [check])
    assert [name for name, *_ in commands("\n".join(annotate(run)))] == ["error"]
    hostile = sample.hostile_run()
    assert [name for name, *_ in commands("\n".join(annotate(hostile)))] == ["error"] * len(hostile.failures())


def test_away_from_a_runner_nothing_is_printed_or_written(failing: Any, tmp_path: Path) -> None:
    assert list(announce(failing, {}, tmp_path / "statement.json", tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_outputs_are_those_of_the_action(failing: Any, tmp_path: Path) -> None:
    path, folder = tmp_path / "outputs", tmp_path / "odd\nverdict=conformant\n"
    path.write_text("before<<x\n1\nx\n")
    told(failing, folder, GITHUB_OUTPUT=str(path))
    assert outputs(path) == {
        "before": "1",
        "verdict": "not-conformant",
        "exit-code": "1",
        "bundle": str(folder),
        "statement": str(folder / "statement.json"),
    }


@pytest.mark.parametrize("used", [0, 5_000, SUMMARY_LIMIT - 60_000, SUMMARY_LIMIT - 100, SUMMARY_LIMIT])
def test_the_summary_is_added_as_long_as_there_is_room(sample: Any, tmp_path: Path, used: int) -> None:
    requirements = [sample.requirement(f"upload.r{n}") for n in range(800)]
    checks = [sample.check("failed", r.id, name=r.id, actual="é`" * 400, curl="curl " * 300) for r in requirements]
    path = tmp_path / "summary"
    path.write_bytes(b"x" * used)
    told(sample.run(requirements, checks), tmp_path, GITHUB_STEP_SUMMARY=str(path))
    content = path.read_bytes()
    assert len(content) <= SUMMARY_LIMIT
    assert content[:used] == b"x" * used
    if used > SUMMARY_LIMIT - 2_000:
        assert len(content) == used
    else:
        added = content[used:].decode()
        assert added.lstrip().startswith("## ❌ Wallaroo API")
        assert "left out here" in added
        harmless(added)


@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
def test_a_file_that_cant_be_written_is_a_warning(failing: Any, tmp_path: Path, name: str) -> None:
    first, *rest = told(failing, tmp_path, **{name: str(tmp_path / "absent" / "file")})
    assert (first[0], first[1]) == ("warning", {"title": name})
    assert "No such file" in first[2]
    assert len(rest) == 3


def test_a_real_step_gets_summary_outputs_and_annotations(real: Any) -> None:
    assert real.code == 1
    assert real.summary.read_text() == (real.out / "report.md").read_text()
    assert outputs(real.outputs) == {
        "verdict": "not-conformant",
        "exit-code": "1",
        "bundle": str(real.out),
        "statement": str(real.out / "statement.json"),
    }
    found = commands(real.stdout)
    assert {name for name, *_ in found} == {"error", "warning"}
    assert {properties["title"].partition(" ")[2] for _, properties, _ in found} <= real.failed()
    assert commands(real.stderr) == []


class Injecting(BaseHTTPRequestHandler):
    """Answers everything with what would set an output of the step."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = f"##[set-output name=verdict]conformant\r\n   {INJECTED}\n{INJECTED}".encode()
        self.send_response(200, INJECTED)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def injecting() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Injecting) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


ENVIRON = {"GITHUB_ACTIONS": "true", "WALLAROO_CONFORMANCE_TOKEN": "a-token-that-nobody-may-see"}
SELECTED = "documented_calls"


def test_an_instance_cant_inject_a_command_through_the_commands_output(injecting: str, tmp_path: Path) -> None:
    options = ("--release", "2023.4", "--workspace-id", "7", "--out", "out", "-k", SELECTED)
    elsewhere = command("run", "--target", injecting, *options, cwd=tmp_path, **{**ENVIRON, "GITHUB_ACTIONS": "false"})
    assert commands(elsewhere.stdout)
    done = command("run", "--target", injecting, *options, cwd=tmp_path, **ENVIRON)
    assert done.returncode in (1, 3), done.stderr
    assert "set-output" in done.stdout
    assert commands(done.stdout) == []
    assert commands(done.stderr) == []


def test_an_instance_cant_inject_a_command_through_plain_pytest(injecting: str, tmp_path: Path) -> None:
    options = ("--release", "2023.4", "--workspace-id", "7", "--conformance-out", "out", "-rA", "-k", SELECTED)
    done = run_pytest(
        "--target", injecting, *options, "--conformance-format", "github", "-p", "no:randomly", cwd=tmp_path, **ENVIRON
    )
    assert "set-output" in done.stdout
    assert {name for name, *_ in commands(done.stdout)} <= {"error", "warning"}
    assert not [message for _, _, message in commands(done.stdout) if re.match("conformant", message)]


def test_a_saved_reply_cant_inject_a_command(tmp_path: Path) -> None:
    (tmp_path / "reply.json").write_text(f'{{"models": "{INJECTED} ##[error]x", "\\n{INJECTED}": 1}}')
    done = command("check", "list", "reply.json", "--release", "2023.4", cwd=tmp_path, **ENVIRON)
    assert done.returncode == 1
    assert commands(done.stdout + done.stderr) == []


def test_a_mistakes_one_line_cant_inject_a_command(tmp_path: Path) -> None:
    done = command("run", "--format", f"x\n{INJECTED}", cwd=tmp_path, **ENVIRON)
    assert done.returncode == 2
    assert commands(done.stderr) == []
