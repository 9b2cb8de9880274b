"""TorchScript files: an archive of pickles, source text and tensors; no torch, no unpickling.

Source of the layout: PyTorch's description of its serialization format (torch/csrc/jit/docs/serialization.md)
and the documented model file.
"""

from __future__ import annotations

import re
from typing import IO

from .archive import Archive
from .pickles import Budget, Pickle, follow
from .references import Global
from .result import Inspection, RefusedFileError, TensorInfo, printable

MAX_PICKLE_BYTES = 16 * 2**20
MAX_SOURCE_BYTES = 4 * 2**20
_MAX_VERSION_BYTES = 32

_CUSTOM_CLASSES = "__torch__.torch.classes"
# The folder in which each pickle's tensors lie.
_TENSOR_FOLDERS = {"data.pkl": "data", "constants.pkl": "constants"}

_ARGUMENT = re.compile(r"(\w+): ([\w.\[\], ]+)(?:=.*)?", re.ASCII | re.DOTALL)
_TENSORS = re.compile(r"Tensor|Tuple\[Tensor(?:, Tensor)*\]", re.ASCII)
_MAX_SIGNATURE = 4096


def inspect_torchscript(file: IO[bytes], size: int) -> Inspection:
    """Inspect a TorchScript file of `size` bytes; RefusedFileError says why it isn't one."""
    archive = Archive(file, size)
    _check_layout(archive)
    pickles = _pickles(archive)
    for name, folder in _TENSOR_FOLDERS.items():
        _check_tensors(archive, pickles[name], folder)
    sources = _sources(archive, pickles)
    root = pickles["data.pkl"].root
    if root is None or root not in sources:
        raise RefusedFileError("not a TorchScript module: data.pkl holds something else")
    inputs, outputs, plain = _signature(sources[root], root)
    custom = any(_is_custom(reference) for pickle in pickles.values() for reference in pickle.globals)
    native = plain and not custom
    return Inspection(ok=True, kind="torchscript", inputs=inputs, outputs=outputs, native=native)


def _pickles(archive: Archive) -> dict[str, Pickle]:
    budget = Budget()
    names = [name for name in archive.sizes if name.endswith("pkl")]
    return {name: follow(archive.read(name, MAX_PICKLE_BYTES), name, budget) for name in names}


def _check_layout(archive: Archive) -> None:
    for name in ("data.pkl", "version"):
        if name not in archive.sizes:
            raise RefusedFileError(f"not TorchScript: the archive has no {name}")
    if not any(name.startswith("code/") and name.endswith(".py") for name in archive.sizes):
        raise RefusedFileError(
            "not TorchScript: the archive has no code/; save the model with torch.jit.save, not torch.save"
        )
    if "constants.pkl" not in archive.sizes:
        raise RefusedFileError("not TorchScript: the archive has no constants.pkl")
    version = archive.read("version", _MAX_VERSION_BYTES).strip()
    if not (version.isdigit() and int(version) >= 1):
        raise RefusedFileError("not TorchScript: its version isn't a positive number")


def _check_tensors(archive: Archive, pickle: Pickle, folder: str) -> None:
    for storage in pickle.storages:
        name = f"{folder}/{storage.key}"
        held = archive.sizes.get(name)
        # An empty tensor's bytes are never asked for.
        if held is None and storage.least_bytes > 0:
            raise RefusedFileError(f"the tensor {printable(name)!r} is missing")
        if held is not None and held < storage.least_bytes:
            raise RefusedFileError(
                f"the tensor {printable(name)!r} has {held} bytes where {storage.least_bytes} are needed"
            )


def _sources(archive: Archive, pickles: dict[str, Pickle]) -> dict[Global, str]:
    """The source text of each class that the pickles use; all source text is read, so damage is seen."""
    texts: dict[str, str] = {}
    needed = {
        reference: f"code/{reference.module.replace('.', '/')}.py"
        for pickle in pickles.values()
        for reference in pickle.globals
        if reference.scripted and not _is_custom(reference)
    }
    wanted = set(needed.values())
    for name in archive.sizes:
        if name.startswith("code/") and name.endswith(".py"):
            try:
                text = archive.read(name, MAX_SOURCE_BYTES).decode("utf-8")
            except UnicodeDecodeError as error:
                raise RefusedFileError(f"{printable(name)}: source text that isn't UTF-8") from error
            if name in wanted:
                texts[name] = text
    for reference, name in needed.items():
        if name not in texts:
            raise RefusedFileError(f"the source text of {printable(reference.path)} is missing")
    return {reference: texts[name] for reference, name in needed.items()}


def _signature(source: str, cls: Global) -> tuple[tuple[TensorInfo, ...], tuple[TensorInfo, ...], bool]:
    """Inputs, outputs and whether `forward` of a module takes and gives tensors only.

    A module that doesn't is still TorchScript; it has no inputs or outputs that could be named here.
    """
    unknown: tuple[TensorInfo, ...] = ()
    start = source.find(f"class {cls.name}(Module):\n")
    if start < 0:
        return unknown, unknown, False
    end = source.find("\nclass ", start)
    forward = source.find("\n  def forward(", start, end if end >= 0 else len(source))
    if forward < 0:
        return unknown, unknown, False
    head = source[forward : forward + _MAX_SIGNATURE].removeprefix("\n  def forward(")
    arguments, arrow, rest = head.partition(") -> ")
    returned = rest.partition(":\n")[0]
    matches = [_ARGUMENT.fullmatch(argument.strip()) for argument in arguments.split(",\n")[1:]]
    tensors = [match[1] for match in matches if match and match[2] == "Tensor"]
    if not (arrow and tensors and len(tensors) == len(matches) and _TENSORS.fullmatch(returned)):
        return unknown, unknown, False
    # TorchScript gives outputs no names; their order is what there is.
    outputs = tuple(TensorInfo(f"output_{index + 1}") for index in range(returned.count("Tensor")))
    return tuple(TensorInfo(name) for name in tensors), outputs, True


def _is_custom(reference: Global) -> bool:
    """Whether it is a class compiled into a library, which the file can't bring along."""
    return f"{reference.module}.".startswith(f"{_CUSTOM_CLASSES}.")
