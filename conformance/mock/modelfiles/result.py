"""What an inspection says, and the failure its parts raise inside the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["onnx", "torchscript", "other"]


@dataclass(frozen=True)
class TensorInfo:
    """One input or output of a model.

    `element_type` is the ONNX name in lower case ("float", "int64"), or None where the file doesn't say.
    `shape` has an int for a fixed dimension, a name for a symbolic one and None for an unknown one; None as a
    whole where the file gives no shape.
    """

    name: str
    element_type: str | None = None
    shape: tuple[int | str | None, ...] | None = None


@dataclass(frozen=True)
class Inspection:
    """The verdict on one file. `kind` is what the file looks like, whether or not it is sound.

    `reason` is one line, empty when `ok`. `native` says that a load without a container is plausible.
    """

    ok: bool
    kind: Kind
    reason: str = ""
    inputs: tuple[TensorInfo, ...] = ()
    outputs: tuple[TensorInfo, ...] = ()
    native: bool = False


class RefusedFileError(Exception):
    """The file can't be taken. The message is the one line that `Inspection.reason` carries."""


def printable(text: str, limit: int = 80) -> str:
    """A name from an untrusted file, fit for one line: no control characters, at most `limit` characters."""
    shown = "".join(character if character.isprintable() else "?" for character in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."
