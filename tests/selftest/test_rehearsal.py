"""A run on an instance that somebody else started: which checks are run, under which names, within which bounds."""

from __future__ import annotations

import pytest

from conformance.mock import MockInstance
from conformance.running.assembly import Assembly
from conformance.running.checkrun import requirement_ids
from conformance.running.means import Rehearsal
from conformance.running.runner import Listener, run_suite
from conformance.settings import Settings


@pytest.fixture(scope="module")
def mock():
    with MockInstance() as running:
        yield running


def test_the_chosen_checks_are_run_and_no_others(mock):
    assembly = Assembly.make(Settings(), {}, source=Rehearsal(mock, "0badcafe"))
    result = run_suite(assembly, Listener(), select=lambda item: "list.models" in requirement_ids(item))
    assembly.close()
    assert result.outcomes
    assert all("list.models" in outcome.requirements for outcome in result.outcomes)
    assert result.run_id == "0badcafe"


def test_choosing_no_check_at_all_is_an_error_of_the_suite(mock):
    assembly = Assembly.make(Settings(), {}, source=Rehearsal(mock, "0badcafe"))
    result = run_suite(assembly, Listener(), select=lambda item: False)
    assembly.close()
    assert result.verdict.verdict == "suite-error"


def test_the_instance_is_left_running(mock):
    for _ in range(2):
        assembly = Assembly.make(Settings(), {}, source=Rehearsal(mock, "0badcafe"))
        assert assembly.context.models(workspace_id=mock.workspace_id).list(mock.workspace_id).status == 200
        assembly.close()


def test_the_checks_wait_as_they_are_told(mock):
    waited: list[float] = []
    assembly = Assembly.make(Settings(), {}, source=Rehearsal(mock, "0badcafe", waited.append))
    assembly.context.sleep(900.0)
    assembly.close()
    assert waited == [900.0]
