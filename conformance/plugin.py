"""The pytest plugin: options, the run's means, and verdicts. Idle where no check of `conformance.suite` is collected.

Loaded through the `pytest11` entry point, so plain `pytest --pyargs conformance.suite --target URL` works as the
command does. A failed SHOULD is reported as an expected failure; under `--strict-levels` as a failure.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import ConformanceError

if TYPE_CHECKING:
    from conformance.assembly import Assembly
    from conformance.contract import Release
    from conformance.report.outcome import CheckOutcome
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
    "out": ("--conformance-out", "folder for statement.json, junit.xml, report.html and exchanges.ndjson"),
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
        group.addoption(spelling, dest=f"conformance_{name}", metavar=name.upper(), help=text)
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
        from conformance.assembly import Assembly

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
    assembly.examine()
    return assembly


def _tell(config: pytest.Config) -> None:
    """Say once what the look at the instance found; while modules are collected pytest would swallow it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or COMMANDED in config.stash or ASSEMBLY not in config.stash or TOLD in config.stash:
        return
    config.stash[TOLD] = True
    reporter.ensure_newline()
    for line in config.stash[ASSEMBLY].told():
        reporter.write_line(line)


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
    from conformance.checkrun import check_id, own_ids, requirement_ids, unknown_anywhere

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
    checkrun = assembly_of(item.config).checkrun
    outcome = checkrun.outcome(item, call.excinfo.value if call.excinfo else None)
    report.user_properties = [*report.user_properties, (OUTCOME, json.dumps(outcome.to_json()))]
    if outcome.verdict in ("failed", "not-testable"):
        lines = (outcome.reason,) if outcome.reason else (f"Expected: {outcome.expected}", f"Actual: {outcome.actual}")
        report.longrepr = "\n".join(f"{line}" for line in (*lines, outcome.curl) if line)
        if checkrun.decides(outcome, strict=settings_of(item.config).strict):
            report.outcome = "failed"
        else:
            report.outcome = "skipped"
            report.wasxfail = lines[-1]
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Gather outcomes on the controller, from this process or from xdist's workers; the command does so itself."""
    if not hasattr(session.config, "workerinput") and COMMANDED not in session.config.stash:
        session.config.pluginmanager.register(_Collector(session.config), "wallaroo-conformance-collector")


def outcomes_in(report: pytest.TestReport) -> list[CheckOutcome]:
    """The outcome that a report carries, from this process or from an xdist worker's."""
    from conformance.report.outcome import CheckOutcome

    return [CheckOutcome.from_json(json.loads(str(v))) for name, v in report.user_properties if name == OUTCOME]


class _Collector:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.config.stash[OUTCOMES].extend(outcomes_in(report))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        outcomes = self.config.stash[OUTCOMES]
        if ASSEMBLY not in self.config.stash or not outcomes:
            return
        assembly = self.config.stash[ASSEMBLY]
        assembly.select = _selection(self.config)
        result = assembly.result(outcomes, cleaning=assembly.clean_up())
        terminalreporter.section("Wallaroo conformance")
        terminalreporter.write_line(f"target {result.target} · release {result.release} · profile {result.profile}")
        for line in result.cleaning.lines(result.run_id) if result.cleaning else ():
            terminalreporter.write_line(line)
        if assembly.settings.out is not None:
            from conformance.finishing import finish

            assembly.merge_recordings()
            finish(assembly.settings.out, result)
            terminalreporter.write_line(f"reports in {assembly.settings.out}")
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
