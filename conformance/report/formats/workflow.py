"""Lines in the log of a GitHub Actions runner, which takes some of them for commands.

A runner reads all that a step prints. A line that begins, after white space, with two colons and a name is a command,
and so is a number sign, another and a bracket anywhere in a line: `set-output`, `add-path`, `stop-commands` and others.
What an instance answered must never stand there so. Sources: GitHub's documentation "Workflow commands for GitHub
Actions"; the runner's own reader of commands (both forms).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TextIO, cast

# The last character of either form is written as an escape: no reader takes what is left for a command.
_COMMAND = re.compile(r"(?:(?<=[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|\A)([^\S\n\r]*:):|(##)\[")
_LINE_ENDS = re.compile(r"[\n\r]")
_REMEMBERED = 256


def on_actions(environ: Mapping[str, str]) -> bool:
    """Whether a runner of GitHub Actions reads what is printed."""
    return environ.get("GITHUB_ACTIONS", "").lower() == "true"


def tamed(text: str) -> str:
    """`text` in which no runner finds a command; what could begin one is shown as an escape."""
    return _COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] else f"{found[2]}\\x5b", text)


def command(name: str, message: str, **properties: str) -> str:
    """One command, in which neither the message nor a property can end the line or begin another.

    The escapes are those that the runner undoes: of %, CR and LF, in properties also of colon and comma.
    """
    told = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{name}{' ' if told else ''}{told}::{_escaped(tamed(message))}"


def _escaped(text: str, more: str = "") -> str:
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def guard(stream: TextIO, environ: Mapping[str, str]) -> TextIO:
    """`stream`, tamed where a runner reads it."""
    tame = on_actions(environ) and not isinstance(stream, TamedStream)
    # It has all of the stream's own methods but the way past it.
    return cast(TextIO, TamedStream(stream)) if tame else stream


class TamedStream:
    """A text stream on which everything that is printed is tamed, however many writes a line takes.

    `unguarded` is the stream behind it, for commands that are meant.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = stream
        self._line = ""

    def write(self, text: str) -> int:
        """Print `text`, tamed; returns how many characters of it were taken: all."""
        known = len(self._line)
        whole = tamed(self._line + text)
        self.unguarded.write(whole[known:])
        line = _LINE_ENDS.split(whole)[-1]
        # Of a line that began otherwise only its last two characters could still become a command.
        self._line = line[-_REMEMBERED:] if line.strip() in ("", ":") else f"x{line[-2:]}"
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Print each of `lines`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        # Who found the bytes' stream behind this one would print past it.
        if name in ("buffer", "detach"):
            raise AttributeError(name)
        return getattr(self.unguarded, name)
