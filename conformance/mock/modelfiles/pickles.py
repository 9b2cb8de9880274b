"""The pickles inside TorchScript files, followed opcode by opcode and never unpickled.

A small machine keeps the stack and the memo as names and numbers, so that what each call would call is known;
what it can't resolve is refused. Source of the opcodes and names: PyTorch's own loader for these files
(torch/csrc/jit/serialization/unpickler.cpp), which knows no others.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from .references import Global
from .result import RefusedFileError, printable

# A module of a thousand layers stays well under these; they bound what a hostile pickle can make us hold.
MAX_OPCODES = 1_000_000
MAX_REFERENCES = 20_000

_PROTOCOL = 2
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}


class Instance(NamedTuple):
    """An object of a scripted class."""

    cls: Global


class Storage(NamedTuple):
    """A tensor's bytes, kept in the archive under `key`."""

    key: str
    least_bytes: int


class Pickle(NamedTuple):
    """What one pickle refers to. `root` is the class of its topmost object, None where it is no instance."""

    globals: frozenset[Global]
    storages: frozenset[Storage]
    root: Global | None


class Budget:
    """Opcodes left to follow, shared by the pickles of one file."""

    def __init__(self, opcodes: int = MAX_OPCODES) -> None:
        self._opcodes = self._left = opcodes

    def charge(self) -> None:
        """Count one opcode; RefusedFileError when none is left."""
        self._left -= 1
        if self._left < 0:
            raise RefusedFileError(f"the pickles have over {self._opcodes} opcodes")


def follow(data: bytes, entry: str, budget: Budget) -> Pickle:
    """Follow one pickle; `entry` names it in refusals."""
    try:
        return _Machine(budget).run(data)
    except RefusedFileError as refusal:
        raise RefusedFileError(f"{printable(entry)}: {refusal}") from refusal
    # IndexError: the stack lacks what is taken. KeyError: no such opcode, or no such entry of the memo.
    except (ValueError, OverflowError, IndexError, KeyError) as error:
        raise RefusedFileError(f"{printable(entry)}: a cut short or damaged pickle") from error


class _Opaque:
    """A value whose content doesn't matter here."""


_OPAQUE: Final = _Opaque()
_MARK: Final = _Opaque()


class _Machine:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._protocol = 0
        self._stopped = False
        self._globals: set[Global] = set()
        self._storages: set[Storage] = set()

    def run(self, data: bytes) -> Pickle:
        file = io.BytesIO(data)
        while not self._stopped:
            self._budget.charge()
            self._step(file)
        if file.tell() != len(data):
            raise RefusedFileError("bytes after the pickle's end")
        if self._protocol != _PROTOCOL:
            raise RefusedFileError(f"pickle protocol {self._protocol}; TorchScript files have {_PROTOCOL}")
        top = self._pop()
        if self._stack:
            raise RefusedFileError("the pickle makes more than one object")
        root = top.cls if isinstance(top, Instance) else None
        return Pickle(frozenset(self._globals), frozenset(self._storages), root)

    def _step(self, file: io.BytesIO) -> None:
        """Follow one opcode. Its argument is decoded only when TorchScript files have such an opcode."""
        opcode = _OPCODES[file.read(1).decode("latin-1")]
        handler = _HANDLERS.get(opcode.name)
        if handler is None:
            raise RefusedFileError(f"the pickle opcode {opcode.name}, which no TorchScript file has")
        if opcode.name in ("GLOBAL", "INST"):
            # pickletools would resolve escapes in these names, which no unpickler does.
            handler(self, Global(_line(file), _line(file)))
        else:
            handler(self, opcode.arg.reader(file) if opcode.arg else None)

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise IndexError
        return value

    def _top(self) -> Any:
        if self._stack[-1] is _MARK:
            raise IndexError
        return self._stack[-1]

    def _pop_to_mark(self) -> list[Any]:
        taken: list[Any] = []
        while (value := self._stack.pop()) is not _MARK:
            taken.append(value)
        return taken[::-1]

    def protocol(self, argument: Any) -> None:
        self._protocol = argument

    def mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def push(self, argument: Any) -> None:
        self._stack.append(argument)

    def push_opaque(self, _: Any) -> None:
        self._stack.append(_OPAQUE)

    def push_empty_tuple(self, _: Any) -> None:
        self._stack.append(())

    def tuple_of(self, count: int) -> None:
        self._stack.append(tuple([self._pop() for _ in range(count)][::-1]))

    def tuple_to_mark(self, _: Any) -> None:
        self._stack.append(tuple(self._pop_to_mark()))

    def fill_to_mark(self, _: Any) -> None:
        self._pop_to_mark()
        self._top()

    def fill_one(self, count: int) -> None:
        for _ in range(count):
            self._pop()
        self._top()

    def collect_to_mark(self, _: Any) -> None:
        self._pop_to_mark()
        self._stack.append(_OPAQUE)

    def put(self, argument: Any) -> None:
        self._memo[argument] = self._top()

    def get(self, argument: Any) -> None:
        self._stack.append(self._memo[argument])

    def stop(self, _: Any) -> None:
        self._top()
        self._stopped = True

    def stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise RefusedFileError("a global that can't be resolved")
        self.refer(Global(module, name))

    def inst(self, argument: Any) -> None:
        self.refer(argument)
        raise RefusedFileError("the pickle opcode INST, which no TorchScript file has")

    def refer(self, reference: Global) -> None:
        if not reference.allowed:
            raise RefusedFileError(
                f"a forbidden global: {printable(reference.path)}, which no TorchScript file refers to"
            )
        self._globals.add(reference)
        self._check_references()
        self._stack.append(reference)

    def _check_references(self) -> None:
        if len(self._globals) + len(self._storages) > MAX_REFERENCES:
            raise RefusedFileError(f"over {MAX_REFERENCES} classes and tensors")

    def reduce(self, _: Any) -> None:
        arguments, called = self._pop(), self._pop()
        if not isinstance(called, Global) or not called.callable:
            raise RefusedFileError("the pickle calls something that can't be resolved")
        # TorchScript passes a scripted enum's value bare.
        if not (isinstance(arguments, tuple) or called.scripted):
            raise RefusedFileError("the pickle calls something without a tuple of arguments")
        self._stack.append(_OPAQUE)

    def new_object(self, _: Any) -> None:
        _arguments, cls = self._pop(), self._pop()
        if not isinstance(cls, Global) or not cls.scripted:
            raise RefusedFileError("the pickle makes an object of a class that the file doesn't bring along")
        self._stack.append(Instance(cls))

    def build(self, _: Any) -> None:
        self._pop()
        if not isinstance(self._top(), Instance):
            raise RefusedFileError("the pickle sets the state of something that isn't a scripted object")

    def persistent(self, _: Any) -> None:
        reference = self._pop()
        match reference:
            case ("storage", Global() as cls, str(key), str(), int(elements)) if (
                cls.element_bytes is not None and elements >= 0
            ):
                self._storages.add(Storage(key, elements * cls.element_bytes))
                self._check_references()
                self._stack.append(_OPAQUE)
            case _:
                raise RefusedFileError("a persistent id that isn't a tensor's storage")


def _line(file: io.BytesIO) -> str:
    line = file.readline()
    if not line.endswith(b"\n"):
        raise ValueError
    return line[:-1].decode("ascii")


_HANDLERS: Final[dict[str, Callable[[_Machine, Any], None]]] = {
    "PROTO": _Machine.protocol,
    "MARK": _Machine.mark,
    "NONE": _Machine.push_opaque,
    "NEWTRUE": _Machine.push_opaque,
    "NEWFALSE": _Machine.push_opaque,
    "EMPTY_LIST": _Machine.push_opaque,
    "EMPTY_DICT": _Machine.push_opaque,
    "BINFLOAT": _Machine.push_opaque,
    "BININT": _Machine.push,
    "BININT1": _Machine.push,
    "BININT2": _Machine.push,
    "LONG1": _Machine.push,
    "BINUNICODE": _Machine.push,
    "SHORT_BINUNICODE": _Machine.push,
    "EMPTY_TUPLE": _Machine.push_empty_tuple,
    "TUPLE": _Machine.tuple_to_mark,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "LIST": _Machine.collect_to_mark,
    "DICT": _Machine.collect_to_mark,
    "APPEND": lambda machine, _: machine.fill_one(1),
    "APPENDS": _Machine.fill_to_mark,
    "SETITEM": lambda machine, _: machine.fill_one(2),
    "SETITEMS": _Machine.fill_to_mark,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": lambda machine, _: machine.put(len(machine._memo)),
    "FRAME": lambda machine, _: None,
    "GLOBAL": _Machine.refer,
    "STACK_GLOBAL": _Machine.stack_global,
    "INST": _Machine.inst,
    "NEWOBJ": _Machine.new_object,
    "BUILD": _Machine.build,
    "REDUCE": _Machine.reduce,
    "BINPERSID": _Machine.persistent,
    "STOP": _Machine.stop,
}
