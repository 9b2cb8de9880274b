"""Small hand-made ONNX models and TorchScript archives, each part replaceable."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

MODULE_SOURCE = """class Doubler(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  training : bool
  def forward(self: __torch__.Doubler,
    x: Tensor) -> Tensor:
    return torch.mul(x, self.weight)
"""
SOURCE_PATH = "code/__torch__.py"


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A protobuf varint field."""
    return varint(field << 3) + varint(value)


def text(field: int, content: bytes) -> bytes:
    """A protobuf length-delimited field."""
    return varint(field << 3 | 2) + varint(len(content)) + content


FLOAT_TYPE = text(2, text(1, number(1, 1)))
INPUT = text(11, text(1, b"x") + FLOAT_TYPE)
OUTPUT = text(12, text(1, b"y") + FLOAT_TYPE)
NODE = text(1, text(1, b"x") + text(2, b"y") + text(4, b"Identity"))
OPSET = text(8, number(2, 13))
VERSION = number(1, 8)


def graph(*extra: bytes, node: bytes = NODE, name: bytes = b"g", given: bytes = INPUT, made: bytes = OUTPUT) -> bytes:
    """A GraphProto; each part can be replaced, and `extra` fields end it."""
    return b"".join([node, text(2, name), given, made, *extra])


def model(content: bytes | None = None, *, version: bytes = VERSION, opset: bytes = OPSET) -> bytes:
    """A ModelProto around a graph."""
    return version + text(7, graph() if content is None else content) + opset


def tensor(*, dims: Iterable[int] = (2,), data_type: int = 1, raw: bytes | None = bytes(8), rest: bytes = b"") -> bytes:
    """An initializer named w as a field of a graph."""
    shape = b"".join(number(1, size) for size in dims)
    data = b"" if raw is None else text(9, raw)
    return text(5, shape + number(2, data_type) + text(8, b"w") + data + rest)


# An instance of the scripted class with one float tensor of two elements, as torch.jit.save pickles it.
DATA_PICKLE = (
    b"\x80\x02c__torch__\nDoubler\n)\x81}(X\x06\x00\x00\x00weight"
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    b"X\x08\x00\x00\x00training\x88ub."
)
ENTRIES: dict[str, bytes] = {
    "m/data/0": bytes(8),
    "m/data.pkl": DATA_PICKLE,
    f"m/{SOURCE_PATH}": MODULE_SOURCE.encode(),
    "m/constants.pkl": b"\x80\x02).",
    "m/version": b"3\n",
}


def archive(entries: dict[str, bytes] | None = None, **changes: bytes | None) -> bytes:
    """A ZIP archive of the entries. A change gives the content of an entry below m/, None to leave it out."""
    wanted: dict[str, bytes | None] = dict(ENTRIES if entries is None else entries)
    wanted |= {f"m/{name}": content for name, content in changes.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in wanted.items():
            if content is not None:
                target.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def with_pickle(pickle: bytes) -> bytes:
    """The archive with another data.pkl."""
    return archive(**{"data.pkl": pickle})
