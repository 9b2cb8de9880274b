"""Runs on embedded instances that the tests start themselves."""

from __future__ import annotations

from pathlib import Path

from conformance.assembly import Assembly
from conformance.means import Rehearsal
from conformance.mock import MockInstance, variants
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import catalogue
from conformance.report import statement
from conformance.runner import Listener, run_suite
from conformance.settings import Settings

RUN_ID = "0a1b2c3d"
RELEASE = "2023.4"


def record(folder: Path, behaviour: Behaviour, run_id: str = RUN_ID, select: str | None = None) -> Path:
    """Run the checks of the core profile on an embedded instance that behaves so, and leave the run in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(release=RELEASE, out=folder)
    with MockInstance(behaviour=behaviour, release=RELEASE) as mock:
        assembly = Assembly.make(settings, {}, source=Rehearsal(mock, run_id))
        try:
            assembly.check_prerequisites()
            result = run_suite(assembly, Listener(), select=select)
            (folder / "statement.json").write_bytes(statement.render(result))
        finally:
            assembly.close()
    return folder


def behaving(name: str) -> Behaviour:
    """The behaviour of a healthy variant or of a defect, by its id; `healthy` is the right one."""
    if name == "healthy":
        return Behaviour()
    known = {**variants.catalogue(RELEASE), **catalogue(RELEASE)}
    return known[name].behaviour()
