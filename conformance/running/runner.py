"""Running the suite from the command: the same pytest modules, in this process, with nothing of the user's pytest.

The user's `pytest.ini`, `conftest.py`, `PYTEST_ADDOPTS` and other plugins have no say: a verdict depends on the suite
and the instance alone.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from conformance import plugin, suite
from conformance.contract import DEFAULT_RELEASE
from conformance.errors import UsageError
from conformance.report.outcome import CheckOutcome
from conformance.report.run import RunResult
from conformance.running.assembly import Assembly
from conformance.running.checkrun import requirement_ids
from conformance.settings import Settings

SUITE_FOLDER = Path(suite.__file__).parent
_LOG_TAIL = 12


@dataclass
class Listener:
    """What the command wants to hear while the checks run."""

    on_collected: Callable[[int], None] = field(default=lambda _total: None)
    on_start: Callable[[str], None] = field(default=lambda _title: None)
    on_outcome: Callable[[CheckOutcome], None] = field(default=lambda _outcome: None)


Chooses = Callable[[pytest.Item], bool]
"""Says whether a check is run."""

Order = Callable[[list[pytest.Item]], list[pytest.Item]]
"""Puts the checks, which come as they stand in the suite, into another order."""


def run_suite(
    assembly: Assembly,
    listener: Listener,
    *,
    select: str | Chooses | None = None,
    modules: Collection[Path] = (),
    order: Order | None = None,
) -> RunResult:
    """Run the checks of the assembly's profile and judge them.

    `select` is a pytest `-k` expression, or says for each check whether it is run; `modules` are the suite's files that
    are looked through for checks, all of them where none is named; `order` arranges them, by default as they stand.
    Raises UsageError for an expression that selects nothing.
    """
    session = _Session(assembly, listener, chooses=select if callable(select) else None, order=order)
    arguments = ["-k", select] if isinstance(select, str) and select else []
    assembly.select = select if isinstance(select, str) and select else None
    code, log = _pytest(arguments, session, modules)
    errors = []
    if assembly.select and code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise UsageError(f"-k {assembly.select!r} selects none of the checks; `requirements` lists them")
    if assembly.select and code == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(f"-k {assembly.select!r} isn't an expression of pytest's; such as \"list and not times\"")
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        tail = " ".join(log.split("\n")[-_LOG_TAIL:]).strip()
        errors.append(assembly.redactor.text(f"pytest ended with {code!r}: {tail}"))
    return assembly.result(session.outcomes, errors)


def collect_checks(settings: Settings) -> list[pytest.Item]:
    """The release's checks, without asking an instance anything; all profiles."""
    release = settings.named_release or DEFAULT_RELEASE
    session = _Session(None, Listener(), replace(settings, profile="full", release=release))
    code, log = _pytest(["--collect-only"], session)
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the suite can't be collected: {log[-2000:]}")
    return session.items


def _pytest(arguments: list[str], session: _Session, modules: Collection[Path] = ()) -> tuple[int, str]:
    output = io.StringIO()
    base = [
        *map(str, modules or [SUITE_FOLDER]),
        f"--rootdir={SUITE_FOLDER}",
        f"--confcutdir={SUITE_FOLDER}",
        "-c",
        str(SUITE_FOLDER / "pytest.ini"),
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:unraisableexception",
        "-p",
        "no:threadexception",
        # The checks assert through helpers of their own, so rewriting their modules would buy nothing.
        "--assert=plain",
        "-q",
        # The plugin says in its own words how a check ended; rendering tracebacks takes longer than the checks.
        "--tb=line",
    ]
    with tempfile.TemporaryDirectory(prefix="wallaroo-conformance-", ignore_cleanup_errors=True) as scratch:
        # A folder of its own: pytest's own numbered folders would stay behind, with the user's models in them.
        base += ["--basetemp", str(Path(scratch) / "checks")]
        # plugin is registered as an object, before its entry point could be: autoload is off.
        with _quiet_pytest(scratch), contextlib.redirect_stdout(output):
            code = pytest.main([*base, *arguments], plugins=[plugin, session])
    return int(code), output.getvalue()


@contextlib.contextmanager
def _quiet_pytest(scratch: str) -> Iterator[None]:
    changed = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": None,
        "PYTEST_PLUGINS": None,
        # hypothesis would leave its tables of characters in the working directory.
        "HYPOTHESIS_STORAGE_DIRECTORY": scratch,
    }
    before = {name: os.environ.get(name) for name in changed}
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class _Session:
    """Hands the assembly to the plugin and passes on what happens."""

    def __init__(
        self,
        assembly: Assembly | None,
        listener: Listener,
        settings: Settings | None = None,
        chooses: Chooses | None = None,
        order: Order | None = None,
    ) -> None:
        self.assembly = assembly
        self.listener = listener
        self.chooses = chooses
        self.order = order
        self.settings = settings or (assembly.settings if assembly else None)
        self.outcomes: list[CheckOutcome] = []
        self.items: list[pytest.Item] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.COMMANDED] = True
        if self.settings is not None:
            config.stash[plugin.SETTINGS] = self.settings
        if self.assembly is not None:
            config.stash[plugin.ASSEMBLY] = self.assembly

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self.chooses is not None:
            chosen = {item: self.chooses(item) for item in items}
            config.hook.pytest_deselected(items=[item for item in items if not chosen[item]])
            items[:] = [item for item in items if chosen[item]]
        if self.order is not None:
            items[:] = self.order(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = [item for item in session.items if plugin.is_check(item)]
        self.listener.on_collected(len(self.items))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.listener.on_start(nodeid.rpartition("::")[2])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for outcome in plugin.outcomes_in(report):
            self.outcomes.append(outcome)
            self.listener.on_outcome(outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if plugin.ASSEMBLY in config.stash:
            del config.stash[plugin.ASSEMBLY]  # its maker closes it: the result still needs its exchanges


def checks_by_requirement(items: list[pytest.Item]) -> dict[str, list[str]]:
    """Requirement id to the names of its checks, parameters left out."""
    found: dict[str, list[str]] = {}
    for item in items:
        name = item.nodeid.rpartition("/")[2].partition("[")[0]
        for requirement_id in requirement_ids(item):
            names = found.setdefault(requirement_id, [])
            if name not in names:
                names.append(name)
    return found
