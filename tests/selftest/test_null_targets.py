"""Peers that are no instance: the command on some of them, and the judge of how it ended."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from conformance.selftest.null_runs import GIVEN, MADE, run_null_target, run_null_targets
from conformance.selftest.null_servers import RawServer, reply
from conformance.selftest.null_targets import Ending, Served, catalogue

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system can't tell a process's memory")

TARGETS = catalogue()
ISSUE = {
    "closed-port", "silent", "drip", "endless-body", "large-body", "gzip-bomb", "invalid-utf-8", "nested-json",
    "constant-upload-and-convert", "constant-list", "constant-get-by-id", "constant-list-versions",
    "constant-get-config-by-id", "constant-get", "constant-400", "echo", "html", "redirect-away", "redirect-loop",
    "unknown-authority", "reset", "other-name",
}  # fmt: skip


def test_every_kind_of_null_target_is_there():
    assert set(TARGETS) >= ISSUE


@pytest.mark.parametrize(
    ("name", "workspace"),
    [
        ("closed-port", GIVEN),
        ("reset", MADE),
        ("large-body", GIVEN),
        ("redirect-away", GIVEN),
        ("unknown-authority", MADE),
        ("other-name", GIVEN),
        ("nested-json", GIVEN),
    ],
)
def test_the_command_ends_as_it_must(name, workspace):
    verdict = run_null_target(TARGETS[name], workspace)
    assert verdict.problems == ()
    assert verdict.max_rss_mib > 10


def tattling(stack, folder) -> Served:
    """Redirects within the host to where the token is expected: as if the client had been fooled."""
    server = stack.enter_context(RawServer(lambda call: call.send(reply(b'{"models": []}'))))
    return Served(server.url, elsewhere=server)


def test_a_bad_end_is_noticed():
    wrong = replace(TARGETS["closed-port"], given=Ending(1, r"^CONFORMANT"), serve=tattling)
    (given, *_) = run_null_targets([wrong], 2)
    assert "the token went to another host" in given.problems
    assert any("the last line is" in problem for problem in given.problems)


def test_a_run_that_takes_too_long_is_ended():
    verdict = run_null_target(TARGETS["silent"], GIVEN, seconds=0.5)
    assert verdict.exit_code is None
    assert verdict.problems == ("the run didn't end within 0.5 s",)


def test_the_command_is_told_a_release_or_has_to_find_it_out():
    closed = TARGETS["closed-port"]
    told = [(verdict.workspace, verdict.release) for verdict in run_null_targets([closed], 1, release="2024.1")]
    assert told == [(GIVEN, "2024.1"), (MADE, "2024.1")]
    found_out = run_null_targets([closed], 2, found_out=True)
    assert [(verdict.workspace, verdict.release) for verdict in found_out][-1] == (GIVEN, "auto")
    assert not any(verdict.problems for verdict in found_out)
