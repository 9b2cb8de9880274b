"""Where a secret would leave, the run ends with its place: nothing is written, and what holds it is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.errors import ConformanceError
from conformance.evidence.redaction import Redactor
from conformance.mock import MockInstance
from conformance.running.canary import Canary
from conformance.running.guarding import Guard
from tests.commands import command_line, sabotaged

SECRET = "an-opaque-token-of-somebody"
RECORDING, EXPLORATION = "exchanges.ndjson", "exploration.json"


def folder(path: Path, **texts: str) -> Path:
    for name, text in {RECORDING: '{"check":null}\n', **texts}.items():
        (path / name).write_text(text)
    return path


def refusal(guard: Guard, directory: Path, present: set[str], rendered: dict[str, bytes]) -> str:
    with pytest.raises(ConformanceError) as refused:
        guard.check(directory, present, rendered)
    said = str(refused.value)
    assert SECRET not in said
    assert "\n" not in said
    return said


def test_what_holds_no_secret_passes(tmp_path):
    Guard(Redactor([SECRET])).check(folder(tmp_path), {RECORDING}, {"report.html": b"<p>fine</p>"})
    assert (tmp_path / RECORDING).exists()


def test_a_recording_with_a_secret_is_deleted_and_that_is_said(tmp_path):
    folder(tmp_path, **{RECORDING: f'{{"a":1}}\n{{"request":{{"path":"/?q={SECRET}"}}}}\n'})
    said = refusal(Guard(Redactor([SECRET])), tmp_path, {RECORDING}, {})
    assert "exchanges.ndjson, line 2, /request/path: a credential of the run" in said
    assert "exchanges.ndjson is deleted, and no report is written" in said
    assert not (tmp_path / RECORDING).exists()


def test_each_file_with_a_secret_is_deleted_and_no_other(tmp_path):
    folder(tmp_path, **{RECORDING: f'"{SECRET}"', EXPLORATION: f'"{SECRET}"', "notes.txt": SECRET, "fine.json": "{}"})
    said = refusal(Guard(Redactor([SECRET])), tmp_path, {RECORDING, EXPLORATION, "fine.json"}, {})
    assert "exchanges.ndjson and exploration.json are deleted" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fine.json", "notes.txt"]


def test_a_rendered_file_with_a_secret_leaves_the_recording_alone(tmp_path):
    said = refusal(Guard(Redactor([SECRET])), folder(tmp_path), {RECORDING}, {"junit.xml": f"<a>{SECRET}".encode()})
    assert "junit.xml, line 1, column 4: a credential of the run; no report is written" in said
    assert (tmp_path / RECORDING).exists()


def test_without_anything_known_the_shapes_of_secrets_are(tmp_path):
    assert "URL" in refusal(Guard(), folder(tmp_path), {RECORDING}, {"README.md": b"https://me:hush@example.com"})


def test_a_recording_that_does_not_show_the_canary_proves_nothing(tmp_path):
    canary = Canary("canary-" + "0f" * 16, planted=True, failure="GET /[redacted]: too slow")
    said = refusal(Guard(Redactor([canary.secret]), canary), folder(tmp_path), {RECORDING}, {})
    assert "doesn't show that the canary was removed from a URL's query" in said
    assert (tmp_path / RECORDING).exists()


def test_a_failure_that_tells_the_canary_is_a_leak(tmp_path):
    canary = Canary("canary-" + "0f" * 16, planted=True)
    canary.failure = f"GET /{canary.secret}: too slow"
    said = refusal(Guard(Redactor([canary.secret]), canary), folder(tmp_path), {RECORDING}, {})
    assert "the text of a failure" in said
    assert canary.secret not in said


SABOTAGE = {
    "nothing is redacted": "Redactor.exchange = lambda self, exchange: exchange",
    "no header is": "Redactor.header = lambda self, name, value: value",
    "no text is": "Redactor.text = lambda self, text: text",
    "no JSON body is": (
        "old = Redactor._walk\n"
        "Redactor._walk = lambda self, value, name='': value if name == 'body' else old(self, value, name)"
    ),
    "no part of a form is": (
        "old = Redactor._walk\n"
        "Redactor._walk = lambda self, value, name='': value if name == 'parts' else old(self, value, name)"
    ),
}
DROPPED = (
    "from conformance.evidence.recorder import Recorder\n"
    "old = Recorder.record\n"
    "Recorder.record = lambda self, x: x if self.current_check == 'canary' else old(self, x)"
)


@pytest.mark.parametrize("sabotage", SABOTAGE.values(), ids=SABOTAGE.keys())
def test_a_redactor_that_fails_ends_the_run_with_the_place_and_no_report(tmp_path, sabotage):
    done = sabotaged(sabotage, command_line("run", "-k", "documentation_page", "--out", "out"), tmp_path)
    assert done.returncode == 4, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "a secret was about to leave the run: exchanges.ndjson, line " in last
    assert "/request/" in last
    assert list((tmp_path / "out").iterdir()) == []
    assert "Traceback" not in done.stderr


def test_a_live_instance_s_token_is_named_by_its_place_and_not_shown(tmp_path):
    with MockInstance() as mock:
        done = sabotaged(
            SABOTAGE["no header is"],
            command_line("run", "--target", mock.url, "-k", "documentation_page", "--out", "out", "--format", "all"),
            tmp_path,
            WALLAROO_CONFORMANCE_TOKEN=mock.token,
        )
    assert done.returncode == 4, done.stderr
    assert "a credential of the run" in done.stderr
    assert mock.token not in done.stdout + done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_recorder_that_drops_the_canary_ends_the_run(tmp_path):
    done = sabotaged(DROPPED, command_line("run", "-k", "documentation_page", "--out", "out"), tmp_path)
    assert done.returncode == 4, done.stderr
    assert "nothing proves that secrets are" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [RECORDING]


def test_a_secret_in_a_page_ends_the_run_before_any_report(tmp_path):
    sabotage = (
        "from conformance.report import junit\n"
        "old = junit.render\n"
        "junit.render = lambda run: old(run) + ('<!-- https://me:' + 'hush@example.com -->').encode()"
    )
    done = sabotaged(sabotage, command_line("run", "-k", "documentation_page", "--out", "out"), tmp_path)
    assert done.returncode == 4, done.stderr
    assert "junit.xml, line " in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [RECORDING]


def test_the_plugin_ends_with_the_place_too(tmp_path):
    arguments = ["-q", "-p", "no:cacheprovider", "--pyargs", "conformance.suite", "-k", "documentation_page"]
    command = f"import pytest\nsys.exit(pytest.main({[*arguments, '--conformance-out', 'out']!r}))"
    done = sabotaged(SABOTAGE["no header is"], command, tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "a secret was about to leave the run: exchanges.ndjson, line " in done.stdout + done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert "Traceback" not in done.stdout + done.stderr


def test_a_sound_run_says_nothing_of_it(tmp_path):
    done = sabotaged("", command_line("run", "-k", "documentation_page", "--out", "out"), tmp_path)
    assert done.returncode == 3
    assert "secret" not in done.stderr
    assert json.loads((tmp_path / "out" / "statement.json").read_text())["exit_code"] == 3
