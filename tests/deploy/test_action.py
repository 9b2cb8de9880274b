"""The GitHub Action: its script executed with the environment that a runner gives, and what its definition promises."""

from __future__ import annotations

import json
import os
import re
import stat
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.deploy.shell import COMMAND, ROOT, executed, loaded
from tests.servers import closed_port

SCRIPT = ROOT / "deploy" / "github" / "run.sh"
ACTION = loaded("action.yml")[0]
STEPS = ACTION["runs"]["steps"]


class Runner:
    """A runner's folders and files, and one step carried out in them."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.temporary = folder / "workspace", folder / "temporary"
        self.workspace.mkdir()
        self.temporary.mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        self.output.touch()
        self.summary.touch()

    def step(self, command: Path = COMMAND, job: dict[str, str] | None = None, **inputs: str) -> SimpleNamespace:
        """The step `run` with the given inputs; `job` is what the job's own environment holds."""
        given = {f"ACTION_{name.upper()}": value for name, value in inputs.items()}
        # A runner sets the variable of an input that wasn't given to nothing.
        absent = {name: "" for step in STEPS if step.get("id") == "run" for name in step["env"]}
        runner = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
        }
        environ = runner | (job or {}) | absent | given | {"ACTION_COMMAND": str(command)}
        done = executed(["bash", str(SCRIPT)], self.workspace, environ)
        return SimpleNamespace(
            code=done.returncode,
            said=done.stdout + done.stderr,
            outputs=outputs(self.output.read_text()),
            written=self.files(),
        )

    def files(self) -> dict[Path, bytes]:
        everything = (*self.temporary.rglob("*"), *self.workspace.rglob("*"), self.output, self.summary)
        return {path: path.read_bytes() for path in everything if path.is_file()}


def outputs(text: str) -> dict[str, str]:
    """A step's outputs as a runner reads them: `name=value` or, up to a mark, `name<<mark`; the last one holds."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, apart, rest = re.fullmatch(r"([\w-]+)(=|<<)(.*)", line).groups()
        found[name] = rest if apart == "=" else "\n".join(iter(lambda: next(lines), rest))
    return found


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def test_a_conformant_instance_passes_the_step_and_leaves_its_outputs(runner, instance):
    """The job's environment says otherwise: expect the inputs to win."""
    job = {"WALLAROO_CONFORMANCE_TARGET": closed_port(), "WALLAROO_CONFORMANCE_TOKEN": "stale"}
    step = runner.step(target=instance.url, token=instance.token, workspace_id=str(instance.workspace_id), job=job)
    assert (step.code, step.outputs["exit-code"], step.outputs["verdict"]) == (0, "0", "conformant"), step.said
    statement = json.loads(Path(step.outputs["statement"]).read_text())
    assert statement["verdict"] == "conformant"
    assert Path(step.outputs["folder"]) in Path(step.outputs["statement"]).parents
    with tarfile.open(step.outputs["bundle"]) as bundle:
        names = {Path(name).name for name in bundle.getnames()}
    assert {"statement.json", "exchanges.ndjson", "junit.xml", "manifest.json"} <= names


def test_an_instance_that_is_not_conformant_fails_the_step_and_still_leaves_its_evidence(runner, wrong_instance):
    step = runner.step(target=wrong_instance.url, token=wrong_instance.token)
    assert (step.code, step.outputs["exit-code"], step.outputs["verdict"]) == (1, "1", "not-conformant"), step.said
    assert Path(step.outputs["bundle"]).is_file()
    assert Path(step.outputs["statement"]).is_file()


def test_the_format_for_github_fills_the_step_s_summary_and_marks_the_failure(runner, wrong_instance):
    step = runner.step(target=wrong_instance.url, token=wrong_instance.token, format="github")
    assert "list-versions.file-name-verbatim" in runner.summary.read_text()
    assert "::error" in step.said


def test_formats_may_stand_apart_by_commas_or_lines_and_the_token_be_the_job_s_own(runner, instance):
    job = {"WALLAROO_CONFORMANCE_TOKEN": instance.token}
    step = runner.step(target=instance.url, format="markdown, sarif\nbadge har", job=job)
    names = {path.suffix for path in step.written if Path(step.outputs["folder"]) in path.parents}
    assert step.code == 0, step.said
    assert {".md", ".sarif", ".svg", ".har"} <= names


def test_no_token_is_said_or_written(runner, instance):
    step = runner.step(target=instance.url, token=instance.token, other_token=instance.other_token)
    for token in (instance.token, instance.other_token):
        assert token not in step.said
        assert [path for path, content in step.written.items() if token.encode() in content] == []


def test_without_a_target_nothing_is_tested_and_nothing_conforms(runner):
    step = runner.step()
    assert step.code == 2
    assert step.outputs == {"exit-code": "2"}
    assert step.said.startswith("::error title=wallaroo-conformance::no target")
    assert list(runner.temporary.iterdir()) == []


def test_the_embedded_instance_is_tested_on_demand_only(runner):
    step = runner.step(target="embedded")
    assert step.outputs["verdict"] == "conformant", step.said


def test_an_instance_that_is_not_there_is_not_testable(runner):
    step = runner.step(target=closed_port(), token="any")
    assert (step.code, step.outputs["exit-code"]) == (3, "3"), step.said
    assert step.outputs.get("verdict", "not-testable") == "not-testable"


@pytest.mark.parametrize(
    "inputs",
    [
        {"target": "embedded", "format": "no-such-format"},
        {"target": "embedded", "profile": "no-such-profile"},
        {"target": "embedded", "product": "no-such-file.toml"},
        {"target": "embedded", "waivers": "no-such-file.toml"},
        {"target": "embedded", "allow_waivers": "perhaps"},
        {"target": "embedded", "sign_key": "no key at all"},
    ],
    ids=lambda inputs: next(name for name in reversed(inputs)),
)
def test_an_input_that_can_t_be_used_fails_with_2_and_no_verdict(runner, inputs):
    step = runner.step(**inputs)
    assert (step.code, step.outputs["exit-code"]) == (2, "2"), step.said
    assert "verdict" not in step.outputs
    assert "Traceback" not in step.said


@pytest.mark.parametrize("name", ["target", "format", "waivers", "product", "profile", "sign_key", "workspace_id"])
def test_an_input_is_never_carried_out(runner, name):
    """Expect the text of each input to reach the command as one argument, whatever a shell could read in it."""
    hostile = "x\"; touch owned; $(touch owned) `touch owned` ' \n touch owned #"
    step = runner.step(**({"target": "embedded"} | {name: hostile}))
    assert step.code != 0
    assert [path for path in step.written if path.name == "owned"] == []


def test_a_signing_key_is_a_file_for_its_user_alone_and_goes_with_the_step(runner, tmp_path):
    made = executed([str(COMMAND), "keygen", "--out", "signing.key"], tmp_path, {})
    assert made.returncode == 0, made.stderr
    key = (tmp_path / "signing.key").read_text()
    step = runner.step(watching(tmp_path), target="embedded", sign_key=key)
    assert step.code == 0, step.said
    modes = (tmp_path / "seen").read_text().split()
    assert modes == [oct(stat.S_IFREG | 0o600)]
    verified = executed([str(COMMAND), "verify", step.outputs["bundle"], "--key", "signing.key.pub"], tmp_path, {})
    assert verified.returncode == 0, verified.stdout + verified.stderr
    secret = "".join(line for line in key.splitlines() if not line.startswith("-"))
    assert secret not in step.said
    assert [path for path, content in step.written.items() if secret.encode() in content] == []


def watching(folder: Path) -> Path:
    """The command, in a wrapper that first notes the mode of the key file that it is given."""
    scripts = folder / "bin"
    scripts.mkdir()
    (scripts / "python").symlink_to(os.path.realpath(COMMAND.parent / "python"))
    wrapper = scripts / "wallaroo-conformance"
    wrapper.write_text(
        f"#!{COMMAND.parent / 'python'}\n"
        "import os, sys\n"
        "key = os.environ['WALLAROO_CONFORMANCE_SIGN_KEY']\n"
        f"open({str(folder / 'seen')!r}, 'w').write(oct(os.stat(key).st_mode))\n"
        f"os.execv({str(COMMAND)!r}, [{str(COMMAND)!r}, *sys.argv[1:]])\n"
    )
    wrapper.chmod(0o755)
    return wrapper


def test_no_expression_stands_in_a_script():
    """An expression inside `run` would be text of the script: whoever can name a branch could write it."""
    assert [step for step in STEPS if "${{" in step.get("run", "")] == []


def test_other_actions_are_named_by_commit():
    used = [step["uses"] for step in STEPS if "uses" in step]
    jobs = loaded(".github/workflows/ci.yml")[0]["jobs"].values()
    used += [step["uses"] for job in jobs for step in job["steps"] if not step.get("uses", "./").startswith("./")]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []


def test_every_input_is_used_and_every_variable_is_read():
    text = (ROOT / "action.yml").read_text()
    steps = text.split("runs:", 1)[1]
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in steps] == []
    script = SCRIPT.read_text()
    settings = re.search(r"^for name in (.*); do$", script, re.MULTILINE).group(1).split()
    read = set(re.findall(r"ACTION_[A-Z_]+", script)) | {f"ACTION_{name}" for name in settings}
    run = next(step for step in STEPS if step.get("id") == "run")
    assert read == set(run["env"])


def test_every_output_is_one_that_the_script_writes():
    written = set(re.findall(r'echo "([a-z-]+)=', SCRIPT.read_text()))
    named = set(re.findall(r"steps\.run\.outputs\.([a-z-]+)", (ROOT / "action.yml").read_text()))
    assert named == written


def test_the_evidence_is_uploaded_also_when_the_run_fails():
    upload = next(step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact@"))
    assert upload["if"].startswith("always() && ")
