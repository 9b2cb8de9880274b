"""The smallest files and schemas that an upload can carry, for probes; made here, as no other room may be asked."""

from __future__ import annotations

import base64
import io
import zipfile
from functools import cache

_SOURCE = b"""class Plain(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Plain,
    x: Tensor) -> Tensor:
    return torch.neg(x)
"""
# An instance of that class without attributes, as a pickle.
_PICKLE = b"\x80\x02c__torch__\nPlain\n)\x81}b."
_ENTRIES = {
    "m/data.pkl": _PICKLE,
    "m/code/__torch__.py": _SOURCE,
    "m/constants.pkl": b"\x80\x02).",
    "m/version": b"3\n",
}


def onnx_model(tag: str) -> bytes:
    """An ONNX model of one Identity node, with `tag` in its doc_string so that its bytes are the caller's own."""
    tensor = _field(2, _field(1, _number(1, 1)))
    node = _field(1, _field(1, b"x") + _field(2, b"y") + _field(4, b"Identity"))
    ends = _field(11, _field(1, b"x") + tensor) + _field(12, _field(1, b"y") + tensor)
    graph = node + _field(2, b"g") + ends
    return _number(1, 8) + _field(7, graph) + _field(8, _number(2, 13)) + _field(6, tag.encode())


def torchscript_model(tag: str) -> bytes:
    """A TorchScript module that takes and gives one tensor, with `tag` as the archive's comment."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in _ENTRIES.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.comment = tag.encode()
    return out.getvalue()


def padded(content: bytes, size: int) -> bytes:
    """An ONNX model with a further doc_string of `size` bytes, no two neighbours alike."""
    pattern = bytes(range(1, 128)) * (size // 127 + 1)
    return content + b"\x32" + _varint(size) + pattern[:size]


@cache
def schema(*names: str, kind: str = "float32", nullable: bool = True) -> str:
    """Base64 of an Arrow schema with fields of these names; `kind` is the name of a function of pyarrow, or a list."""
    import pyarrow

    types = {
        "fixed-list": pyarrow.list_(pyarrow.float32(), 3),
        "open-list": pyarrow.list_(pyarrow.float64()),
        "nested-list": pyarrow.list_(pyarrow.list_(pyarrow.float32(), 3), 2),
    }
    chosen = types[kind] if kind in types else getattr(pyarrow, kind)()
    made = pyarrow.schema([pyarrow.field(name, chosen, nullable=nullable) for name in names])
    return base64.b64encode(bytes(made.serialize())).decode("ascii")


@cache
def described_schema() -> str:
    """Base64 of an Arrow schema with metadata of its own and of a field, and with an ordered dictionary."""
    import pyarrow

    ordered = pyarrow.dictionary(pyarrow.int8(), pyarrow.string(), ordered=True)
    fields = [pyarrow.field("x", ordered), pyarrow.field("y", pyarrow.float32(), metadata={"unit": "m"})]
    made = pyarrow.schema(fields, metadata={"made": "by hand"})
    return base64.b64encode(bytes(made.serialize())).decode("ascii")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content
