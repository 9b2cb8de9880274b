"""The pytest plugin: options, the run's means, and verdicts. Idle where no check of `conformance.suite` is collected.

Loaded through the `pytest11` entry point, so plain `pytest --pyargs conformance.suite --target URL` works as the
command does. A failed SHOULD is reported as an expected failure; under `--strict-levels` as a failure.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import ConformanceError

if TYPE_CHECKING:
    from conformance.contract import Release
    from conformance.report.outcome import CheckOutcome
    from conformance.running.assembly import Assembly
    from conformance.settings import Settings
    from conformance.suite.context import SuiteContext

OPTIONS = {
    "target": ("--target", "URL of the instance; without it the embedded one is started"),
    "prefix": ("--prefix", "the instance's prefix, for https://{prefix.}api.{suffix}"),
    "suffix": ("--suffix", "the instance's suffix, for https://{prefix.}api.{suffix}"),
    "release": ("--release", "release whose contract holds, or auto to find it out (default: auto)"),
    "profile": ("--profile", "core or full (default: core)"),
    "workspace_id": ("--workspace-id", "workspace to upload to; without it the run makes one"),
    "token_file": ("--token-file", "file with the access token, read again when it changes"),
    "other_token_file": ("--other-token-file", "file with a second user's token, for the full profile"),
    "expired_token_file": ("--expired-token-file", "file with an expired token, for the full profile"),
    "ca_bundle": ("--ca-bundle", "file with the certificate authorities to trust"),
    "onnx_model": ("--onnx-model", "ONNX file to upload in place of the shipped one"),
    "pytorch_model": ("--pytorch-model", "PyTorch file to upload in place of the shipped one"),
    "pytorch_input_schema": ("--pytorch-input-schema", "file with its input schema, base64 of Arrow"),
    "pytorch_output_schema": ("--pytorch-output-schema", "file with its output schema, base64 of Arrow"),
    "connect_timeout": ("--connect-timeout", "seconds for a connection, TLS included (default: 10)"),
    "read_timeout": ("--read-timeout", "seconds without a byte of a reply (default: 30)"),
    "upload_timeout": ("--upload-timeout", "seconds for 1 MiB of an upload to be taken (default: 120)"),
    "reply_deadline": ("--reply-deadline", "seconds from a request to its whole reply (default: 60)"),
    "waivers": ("--waivers", "TOML file with the gaps that are accepted, each until a day"),
    "format": ("--conformance-format", "also write markdown, sarif, github, badge, har or all; repeatable"),
    "product": ("--conformance-product", "TOML file on the product that is certified"),
    "sign_key": ("--conformance-sign-key", "private key to sign the bundle with, of wallaroo-conformance keygen"),
    "bundle": ("--conformance-bundle", "file (.tar.gz) to pack the bundle into; never overwrites one"),
    "out": ("--conformance-out", "folder for the bundle: statement.json, junit.xml, report.html and so on"),
}
SWITCHES = {
    "strict": ("--strict-levels", "a failed SHOULD fails the run"),
    "allow_waivers": ("--allow-waivers", "what is waived doesn't fail the session"),
    "keep_models": ("--keep-models", "leave the run's models on an instance that can delete them"),
}
OUTCOME = "wallaroo_conformance_outcome"
HANDOVER = "wallaroo_conformance"
SUITE = "conformance.suite."

ASSEMBLY = pytest.StashKey["Assembly"]()
SETTINGS = pytest.StashKey["Settings"]()
OUTCOMES = pytest.StashKey["list[CheckOutcome]"]()
COMMANDED = pytest.StashKey[bool]()
"""Set by the command, which gathers the outcomes and writes the reports itself."""
TOLD = pytest.StashKey[bool]()
"""Set once it was said what the look at the instance found."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options in a group of their own in `pytest --help`."""
    group = parser.getgroup("wallaroo-conformance", "Wallaroo conformance, for the checks of conformance.suite")
    for name, (spelling, text) in OPTIONS.items():
        action = "append" if name == "format" else "store"
        group.addoption(spelling, dest=f"conformance_{name}", metavar=name.upper(), help=text, action=action)
    for name, (spelling, text) in SWITCHES.items():
        group.addoption(spelling, dest=f"conformance_{name}", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and let xdist's controller hand over what its workers share."""
    config.addinivalue_line("markers", "requirement(*ids): the requirements of the contract that a check tests")
    config.stash[OUTCOMES] = []
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Handover(), "wallaroo-conformance-handover")


def is_check(item: pytest.Item) -> bool:
    """Whether a collected item is one of the suite's checks, whoever else's tests run beside them."""
    module = getattr(item, "module", None)
    return module is not None and module.__name__.startswith(SUITE)


def settings_of(config: pytest.Config) -> Settings:
    """The session's settings, from its options, the environment and the configuration file."""
    if SETTINGS not in config.stash:
        from conformance.settings import resolve

        options = OPTIONS | SWITCHES
        flags = {name: config.getoption(f"conformance_{name}") for name in options}
        spell = {name: spelling for name, (spelling, _) in options.items()}
        try:
            config.stash[SETTINGS] = resolve(flags, os.environ, spell=spell)
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[SETTINGS]


def assembly_of(config: pytest.Config) -> Assembly:
    """The session's means, put together when the first check needs them."""
    if ASSEMBLY not in config.stash:
        from conformance.running.assembly import Assembly

        try:
            handed = getattr(config, "workerinput", {}).get(HANDOVER)
            config.stash[ASSEMBLY] = Assembly.make(settings_of(config), os.environ, handed)
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[ASSEMBLY]


def release_of(config: pytest.Config) -> Release:
    """The release that the checks are collected for; the instance is asked where nothing names it."""
    from conformance.contract import load_release

    named = settings_of(config).named_release
    return load_release(named) if named is not None else _examined(config).release


def _examined(config: pytest.Config) -> Assembly:
    """The session's means, after a look at the instance before the first check."""
    assembly = assembly_of(config)
    with _told_in_a_line(assembly):
        assembly.examine()
    return assembly


@contextlib.contextmanager
def _told_in_a_line(assembly: Assembly) -> Iterator[None]:
    """What goes wrong inside ends pytest with one line without secrets, and exit code 4."""
    from conformance.running.guarding import crashed

    try:
        yield
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None
    except Exception as error:
        raise pytest.UsageError(str(crashed(error, assembly.redactor))) from None


def _tell(config: pytest.Config) -> None:
    """Say once what the look at the instance found; while modules are collected pytest would swallow it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or COMMANDED in config.stash or ASSEMBLY not in config.stash or TOLD in config.stash:
        return
    config.stash[TOLD] = True
    reporter.ensure_newline()
    for line in config.stash[ASSEMBLY].told():
        reporter.write_line(_shown(line))


class _Handover:
    """xdist's controller makes the workspace and starts the embedded instance once, for all workers."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if any("conformance" in str(argument) for argument in node.config.invocation_params.args):
            node.workerinput[HANDOVER] = _examined(node.config).handover(node.gateway.id)
            _tell(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let the suite know for which release its checks are collected."""
    if metafunc.module.__name__.startswith(SUITE):
        from conformance.contract import load_release
        from conformance.suite.context import RELEASE

        def release() -> Release:
            try:
                return release_of(metafunc.config)
            except pytest.UsageError:
                # Here it would be told as an error of the module; choosing the checks runs into it again.
                return load_release()

        metafunc.config.stash.setdefault(RELEASE, release)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of the release and the profile; refuse a check that no promise stands behind."""
    checks = [item for item in items if is_check(item)]
    if not checks:
        return
    from conformance.running.checkrun import check_id, own_ids, requirement_ids, unknown_anywhere

    release, profile = release_of(config), settings_of(config).profile
    left_out = []
    for item in checks:
        ids = requirement_ids(item)
        if _has_no_case(item):
            left_out.append(item)
            continue
        unknown = unknown_anywhere(name for name in ids if name not in release.requirements)
        if unknown or not ids:
            named = f"unknown requirements {', '.join(unknown)}" if unknown else "no requirement"
            raise pytest.UsageError(f"check {check_id(item)} names {named}")
        if not any(release.requirements[name].in_profile(profile) for name in own_ids(release, ids)):
            left_out.append(item)
    if left_out:
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left_out)


def _has_no_case(item: pytest.Item) -> bool:
    """Whether the item only stands for a check without parameters in this release: pytest leaves one, to be skipped."""
    skips = item.iter_markers("skip")
    return any(str(mark.kwargs.get("reason", "")).startswith("got empty parameter set") for mark in skips)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Look at the instance before the first check, also where its release was named."""
    if not session.config.option.collectonly and any(is_check(item) for item in session.items):
        _examined(session.config)
        _tell(session.config)


@pytest.fixture(scope="session")
def conformance_context(pytestconfig: pytest.Config) -> SuiteContext:
    """The run's means for the checks: the instance's client, the contract and the files to upload."""
    return assembly_of(pytestconfig).context


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """A check's own exchanges and assertions start to count before its fixtures are made."""
    if is_check(item):
        assembly_of(item.config).checkrun.begin(item)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A check that passes without a reply or without an assertion has proven nothing and fails."""
    result = yield
    if is_check(item):
        assembly_of(item.config).checkrun.require_substance()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn how a check ended into its outcome, and a failure that isn't fatal into an expected one."""
    report = yield
    if not is_check(item) or (call.when != "call" and call.excinfo is None):
        return report
    checkrun, redact = assembly_of(item.config).checkrun, assembly_of(item.config).redactor.text
    outcome = checkrun.outcome(item, call.excinfo.value if call.excinfo else None)
    report.user_properties = [*report.user_properties, (OUTCOME, json.dumps(outcome.to_json()))]
    if outcome.verdict in ("failed", "not-testable"):
        lines = (outcome.reason,) if outcome.reason else (f"Expected: {outcome.expected}", f"Actual: {outcome.actual}")
        shown = [_shown(line) for line in lines]
        report.longrepr = "\n".join(line for line in (*shown, _shown(outcome.curl or "")) if line)
        if checkrun.decides(outcome, strict=settings_of(item.config).strict):
            report.outcome = "failed"
        else:
            report.outcome = "skipped"
            report.wasxfail = shown[-1]
    elif report.longrepr is not None and (told := report.longreprtext) != (fit := _shown(redact(told))):
        # A crashed check's traceback quotes whatever the error said.
        report.longrepr = fit
    report.sections = [(name, _shown(redact(text))) for name, text in report.sections]
    return report


def _shown(text: str) -> str:
    """`text` as it may stand in a log: on a runner of GitHub Actions without what it would take for a command."""
    from conformance.report.formats.workflow import on_actions, tamed

    return tamed(text) if on_actions(os.environ) else text


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Gather outcomes on the controller, from this process or from xdist's workers; the command does so itself."""
    if not hasattr(session.config, "workerinput") and COMMANDED not in session.config.stash:
        session.config.pluginmanager.register(_Collector(session), "wallaroo-conformance-collector")


def outcomes_in(report: pytest.TestReport) -> list[CheckOutcome]:
    """The outcome that a report carries, from this process or from an xdist worker's."""
    from conformance.report.outcome import CheckOutcome

    return [CheckOutcome.from_json(json.loads(str(v))) for name, v in report.user_properties if name == OUTCOME]


class _Collector:
    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.config = session.config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.config.stash[OUTCOMES].extend(outcomes_in(report))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        outcomes = self.config.stash[OUTCOMES]
        if ASSEMBLY not in self.config.stash or not outcomes:
            return
        assembly = self.config.stash[ASSEMBLY]
        with _told_in_a_line(assembly):
            self._finish(assembly, outcomes, terminalreporter)

    def _finish(self, assembly: Assembly, outcomes: list[CheckOutcome], terminalreporter: Any) -> None:
        assembly.select = _selection(self.config)
        result = assembly.result(outcomes, cleaning=assembly.clean_up())
        terminalreporter.section("Wallaroo conformance")
        terminalreporter.write_line(f"target {result.target} · release {result.release} · profile {result.profile}")
        for line in result.cleaning.lines(result.run_id) if result.cleaning else ():
            terminalreporter.write_line(_shown(line))
        for waiver in result.idle_waivers:
            terminalreporter.write_line(_shown(f"waiver of {waiver.requirement}: {waiver.says}"))
        if any(waiver.fails for waiver in result.idle_waivers) and self.session.exitstatus == pytest.ExitCode.OK:
            self.session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if assembly.settings.out is not None:
            from conformance.running.finishing import finish

            assembly.recordings.join()
            settings = assembly.settings
            paths = finish(assembly.settings.out, result, settings.format, assembly.certification, guard=assembly.guard)
            terminalreporter.write_line(f"reports in {assembly.settings.out}")
            terminalreporter.write_line(_shown(paths.bundle or ""))
            if "github" in assembly.settings.format:
                from conformance.report.formats.github import announce

                bundle = assembly.settings.bundle or paths.directory
                for line in announce(result, os.environ, paths.statement, bundle):
                    terminalreporter.write_line(line)
        terminalreporter.write_line(f"verdict: {result.verdict.verdict}")


def _selection(config: pytest.Config) -> str | None:
    """What chose the checks beside release and profile; None where all of the suite was collected."""
    names = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "last_failed", "stepwise")
    chosen = [str(value) for name in names if (value := getattr(config.option, name, None))]
    folder = str(Path(__file__).parent / "suite")
    whole = any(argument in (SUITE.rstrip("."), folder, f"{folder}/") for argument in config.args)
    return None if whole and not chosen else "; ".join(chosen) or "a part of the suite"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded instance and close what the run opened."""
    if ASSEMBLY in config.stash:
        config.stash[ASSEMBLY].close()
        del config.stash[ASSEMBLY]
