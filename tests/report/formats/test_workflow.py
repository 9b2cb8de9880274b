"""Lines in a runner's log: what reads them as the runner does finds no command but those that were meant."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.formats.workflow import TamedStream, command, guard, on_actions, tamed


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that a runner finds in a log: name, properties and message, their escapes undone.

    The first form is looked for behind the white space at a line's beginning, the second anywhere in a line.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        told = line.lstrip()
        if told.startswith("::") and (end := told.find("::", 2)) >= 0:
            name, _, properties = told[2:end].partition(" ")
            pairs = [pair.partition("=") for pair in properties.split(",") if pair]
            found.append((name, {key: undone(value, ":,") for key, _, value in pairs}, undone(told[end + 2 :])))
        elif (start := line.find("##[")) >= 0 and (end := line.find("]", start)) >= 0:
            found.append((line[start + 3 : end], {}, line[end + 1 :]))
    return found


def undone(text: str, more: str = "") -> str:
    for sign in f"{more}\r\n":
        text = text.replace(f"%{ord(sign):02X}", sign)
    return text.replace("%25", "%")


ATTACKS = [
    "::set-output name=verdict::conformant",
    "   ::add-path::/evil",
    "a\n\t::stop-commands::x",
    "a\r::set-env name=PATH::x",
    "a ##[set-output name=verdict]conformant",
    "###[error]x",
    "::error::%0A::warning::x",
    ":::debug::x",
    "\x85::error::x",
    "\u3000::error::x",
    "\u2028::error::x",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_a_command_and_is_none_once_it_is_tamed(attack: str) -> None:
    assert commands(attack) or "%0A" in attack or attack[0] in "\u2028\x85"
    assert commands(tamed(attack)) == []


@given(st.text(st.sampled_from(":# [\n\r\t]ax%\x85\u3000"), max_size=30))
def test_no_text_holds_a_command_once_it_is_tamed(text: str) -> None:
    once = tamed(text)
    assert commands(once) == []
    assert tamed(once) == once
    assert once.replace("\\x3a", ":").replace("\\x5b", "[") == text


@given(st.lists(st.text(st.sampled_from(":# [\n\r]a"), max_size=6), max_size=12))
def test_it_doesnt_matter_how_many_writes_a_line_takes(pieces: list[str]) -> None:
    stream = io.StringIO(newline="")
    guarded = TamedStream(stream)
    for piece in pieces:
        assert guarded.write(piece) == len(piece)
    assert commands(stream.getvalue()) == []
    assert stream.getvalue() == tamed("".join(pieces))


def test_ordinary_lines_stay_as_they_are() -> None:
    text = "test_list.py::test_id[list]  a: b :: c [x] # y\n- 1: 2\n"
    assert tamed(text) == text


@pytest.mark.parametrize("hostile", [*ATTACKS, "%0A::error::x", "a%b,c:d"])
def test_a_command_keeps_its_texts_whatever_they_are(hostile: str) -> None:
    line = command("error", hostile, title=hostile, file="a")
    assert len(re.split(r"[\r\n]", line)) == 1
    ((name, properties, message),) = commands(line)
    assert name == "error"
    assert properties == {"title": hostile, "file": "a"}
    assert message == tamed(hostile)


@pytest.mark.parametrize(
    ("value", "said"), [("true", True), ("True", True), ("false", False), ("", False), (None, False)]
)
def test_a_runner_says_that_it_is_one(value: str | None, said: bool) -> None:
    environ = {} if value is None else {"GITHUB_ACTIONS": value}
    assert on_actions(environ) == said
    stream = io.StringIO()
    assert (guard(stream, environ) is stream) == (not said)


def test_a_guarded_stream_is_guarded_once_and_has_no_way_past() -> None:
    stream: Any = guard(io.TextIOWrapper(io.BytesIO(), encoding="ascii"), {"GITHUB_ACTIONS": "true"})
    assert guard(stream, {"GITHUB_ACTIONS": "true"}) is stream
    assert (stream.encoding, stream.isatty()) == ("ascii", False)
    assert not hasattr(stream, "buffer")
    stream.writelines([":", ":error::x"])
    stream.flush()
    assert stream.unguarded.buffer.getvalue() == b":\\x3aerror::x"
