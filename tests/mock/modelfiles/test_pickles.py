"""Pickles that TorchScript files don't have. None is ever unpickled; what they would call is harmless."""

from __future__ import annotations

import os
import pickle
import struct

import pytest

from conformance.mock.modelfiles.pickles import Budget, Storage, follow
from conformance.mock.modelfiles.references import Global
from conformance.mock.modelfiles.result import RefusedFileError

from .builders import DATA_PICKLE


def test_the_hand_made_pickle_is_followed() -> None:
    """The control of every refusal below."""
    found = follow(DATA_PICKLE, "data.pkl", Budget())
    assert found.root == Global("__torch__", "Doubler")
    assert found.storages == {Storage("0", 8)}
    assert {reference.path for reference in found.globals} == {
        "__torch__.Doubler",
        "torch._utils._rebuild_tensor_v2",
        "torch.FloatStorage",
        "collections.OrderedDict",
    }


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_forbidden_global_is_named_in_every_protocol(protocol: int) -> None:
    data = pickle.dumps(os.getcwd, protocol)
    # Protocol 0 and 1 pickles have no PROTO opcode, and Python names the function's own module.
    with pytest.raises(RefusedFileError, match=r"a forbidden global: (posix|nt|os)\.getcwd"):
        follow(data, "data.pkl", Budget())


def short(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


REFUSED = {
    "a builtin": (b"\x80\x02c__builtin__\neval\n.", r"__builtin__\.eval"),
    "a module": (b"\x80\x02csubprocess\nPopen\n.", r"subprocess\.Popen"),
    "another part of torch": (b"\x80\x02ctorch\nload\n.", r"torch\.load"),
    "a storage that doesn't exist": (b"\x80\x02ctorch\nMyStorage\n.", r"torch\.MyStorage"),
    "a name beside the scripted ones": (b"\x80\x02c__torch__evil\nx\n.", r"__torch__evil\.x"),
    "a path through a scripted name": (
        b"\x80\x04" + short("__torch__") + short("A.__init__") + b"\x93.",
        r"__torch__\.A\.__init__",
    ),
    "names from the memo": (
        b"\x80\x04" + short("os") + b"q\x00" + short("getcwd") + b"q\x01" + b"00h\x00h\x01\x93.",
        "opcode POP",
    ),
    "names from the memo, resolved": (
        b"\x80\x04" + short("os") + b"q\x00" + short("getcwd") + b"q\x01\x86h\x00h\x01\x93.",
        r"os\.getcwd",
    ),
    "names that aren't text": (b"\x80\x04K\x01K\x02\x93.", "can't be resolved"),
    "a name of three words": (b"\x80\x02cos path\ngetcwd\n.", r"os path\.getcwd"),
    "a name with escapes": (b"\x80\x02ccollections\nOrdered\\x44ict\n.", r"Ordered\\x44ict"),
    "a name that isn't ASCII": (b"\x80\x02c__torch__\n\xc3\xa4\n.", "damaged pickle"),
    "a name without an end": (b"\x80\x02ccollections\nOrderedDict", "damaged pickle"),
    "INST": (b"\x80\x02(ios\ngetcwd\n.", r"os\.getcwd"),
    "INST of an allowed name": (b"\x80\x02(icollections\nOrderedDict\n.", "opcode INST"),
    "OBJ": (b"\x80\x02(ccollections\nOrderedDict\no.", "opcode OBJ"),
    "NEWOBJ_EX": (b"\x80\x04c__torch__\nA\n)}\x92.", "opcode NEWOBJ_EX"),
    "the extension registry": (b"\x80\x02\x82\x01.", "opcode EXT1"),
    "a persistent id in text": (b"\x80\x02P0\n.", "opcode PERSID"),
    "a call of a text": (b"\x80\x02X\x01\x00\x00\x00a)R.", "calls something that can't be resolved"),
    "a call of a class of numbers": (
        b"\x80\x02ctorch\nFloatStorage\n)R.",
        "calls something that can't be resolved",
    ),
    "a call without arguments": (b"\x80\x02ccollections\nOrderedDict\nNR.", "without a tuple"),
    "an object of a class from elsewhere": (
        b"\x80\x02ccollections\nOrderedDict\n)\x81.",
        "doesn't bring along",
    ),
    "the state of a class": (b"\x80\x02c__torch__\nA\n}b.", "isn't a scripted object"),
    "a persistent id of another kind": (b"\x80\x02X\x01\x00\x00\x00aQ.", "persistent id"),
    "a storage of a negative size": (
        DATA_PICKLE.replace(b"K\x02tQ", b"J" + struct.pack("<i", -1) + b"tQ"),
        "persistent id",
    ),
    "another protocol": (b"\x80\x03).", "pickle protocol 3"),
    "no protocol": (b").", "pickle protocol 0"),
    "bytes after its end": (DATA_PICKLE + b"N.", "after the pickle's end"),
    "two objects": (b"\x80\x02)).", "more than one object"),
    "an empty stack": (b"\x80\x02R.", "damaged pickle"),
    "a mark in place of a value": (b"\x80\x02)(R.", "damaged pickle"),
    "items without a mark": (b"\x80\x02}NNu.", "damaged pickle"),
    "a memo without the entry": (b"\x80\x02h\x05.", "damaged pickle"),
    "nothing": (b"", "damaged pickle"),
    "no end": (DATA_PICKLE[:-1], "damaged pickle"),
    "a text cut short": (b"\x80\x02X\xff\xff\xff\x7fab.", "damaged pickle"),
    "a number of endless digits": (b"\x80\x02I" + b"9" * 10_000 + b"\n.", "opcode INT"),
    "a text with wrong escapes": (b"\x80\x02S'\\('\n.", "opcode STRING"),
    "an unknown opcode": (b"\x80\x02\xff.", "damaged pickle"),
    "endless opcodes": (b"\x80\x02" + b")" * 1_100_000 + b".", "opcodes"),
    "endless classes": (
        b"\x80\x02" + b"".join(b"c__torch__\nA%d\n" % i for i in range(21_000)) + b".",
        "classes",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_torchscript_file_has_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason) as refusal:
        follow(data, "data.pkl", Budget())
    assert str(refusal.value).startswith("data.pkl: ")
    assert str(refusal.value).isprintable()


def test_deep_nesting_is_followed_without_recursion() -> None:
    assert follow(b"\x80\x02)" + b"\x85" * 200_000 + b".", "data.pkl", Budget()).root is None


def test_the_opcodes_of_several_pickles_count_together() -> None:
    budget = Budget(opcodes=30)
    follow(b"\x80\x02).", "constants.pkl", budget)
    with pytest.raises(RefusedFileError, match="over 30 opcodes"):
        follow(DATA_PICKLE, "data.pkl", budget)
