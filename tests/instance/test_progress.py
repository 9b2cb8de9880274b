"""The bar: for large files on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from conformance.instance.progress import PROGRESS_BYTES, shown_by, upload_progress, wants_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("size", "stream", "environ", "wanted"),
    [
        (PROGRESS_BYTES + 1, Terminal(), {}, True),
        (PROGRESS_BYTES + 1, Terminal(), {"CI": "false"}, True),
        (PROGRESS_BYTES, Terminal(), {}, False),
        (PROGRESS_BYTES + 1, io.StringIO(), {}, False),
        (PROGRESS_BYTES + 1, Terminal(), {"CI": "true"}, False),
        (PROGRESS_BYTES + 1, Terminal(), {"CI": "1"}, False),
    ],
)
def test_a_bar_is_for_large_files_on_a_terminal(size, stream, environ, wanted):
    assert wants_bar(size, stream, environ) is wanted
    with upload_progress("uploading", size, stream, environ) as advance:
        assert (advance is not None) is wanted


def test_the_bar_shows_the_label_and_how_far_it_is():
    terminal = Terminal()
    with upload_progress("uploading [x]", 16 << 20, terminal, {"TERM": "xterm"}) as advance:
        advance(16 << 20)
    assert "uploading [x]" in terminal.getvalue()
    assert "16.0/16.0 MiB" in terminal.getvalue()


def test_a_listener_is_told_in_place_of_a_bar():
    told, terminal = [], Terminal()
    with shown_by(lambda *said: told.append(said)):
        with upload_progress("a", PROGRESS_BYTES + 2, terminal, {}) as advance:
            advance(5)
            advance(PROGRESS_BYTES)
        with upload_progress("small", PROGRESS_BYTES, terminal, {}) as advance:
            assert advance is None
    assert told == [("a", 5, PROGRESS_BYTES + 2), ("a", PROGRESS_BYTES + 5, PROGRESS_BYTES + 2)]
    assert terminal.getvalue() == ""
    with upload_progress("a", PROGRESS_BYTES + 1, terminal, {"TERM": "xterm"}) as advance:
        advance(1)
    assert terminal.getvalue()
