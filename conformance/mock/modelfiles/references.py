"""What the pickles of TorchScript files may refer to. Source: PyTorch's own loader for these files
(torch/csrc/jit/serialization/unpickler.cpp), which resolves no other names."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

CALLABLE: Final = frozenset(
    {
        "builtins.complex",
        "collections.OrderedDict",
        "torch.device",
        "torch._tensor._rebuild_from_type_v2",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_qtensor",
        "torch._utils._rebuild_sparse_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_doublelist",
        "torch.jit._pickle.build_intlist",
        "torch.jit._pickle.build_tensor_from_id",
        "torch.jit._pickle.build_tensorlist",
        "torch.jit._pickle.restore_type_tag",
    }
)
NAMED_ONLY: Final = frozenset(
    {
        "torch.Tensor",
        "torch.per_channel_affine",
        "torch.per_channel_affine_float_qparams",
        "torch.per_channel_symmetric",
        "torch.per_tensor_affine",
        "torch.per_tensor_symmetric",
    }
)
# Bytes an element; where several elements share a byte, the least an element can take is unknown: 0.
STORAGE_ELEMENT_BYTES: Final = {
    "BFloat16": 2, "Bool": 1, "Byte": 1, "Char": 1, "ComplexDouble": 16, "ComplexFloat": 8, "ComplexHalf": 4,
    "Double": 8, "Float": 4, "Float8_e4m3fn": 1, "Float8_e4m3fnuz": 1, "Float8_e5m2": 1,
    "Float8_e5m2fnuz": 1, "Float8_e8m0fnu": 1, "Half": 2, "Int": 4, "Long": 8, "QInt32": 4, "QInt8": 1,
    "QUInt2x4": 0, "QUInt4x2": 0, "QUInt8": 1, "Short": 2, "UInt16": 2, "UInt32": 4, "UInt64": 8,
}  # fmt: skip

_SCRIPTED = re.compile(r"__torch__(\.\w+)*", re.ASCII)
_STORAGE = re.compile(r"torch\.(\w+)Storage", re.ASCII)


class Global(NamedTuple):
    """A module and a name in it, as a pickle refers to them."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Both, joined by a dot."""
        return f"{self.module}.{self.name}"

    @property
    def scripted(self) -> bool:
        """Whether it is a class that the file itself brings along as source text."""
        return bool(_SCRIPTED.fullmatch(self.module)) and self.name.isidentifier()

    @property
    def element_bytes(self) -> int | None:
        """Bytes an element when this is a storage class, else None."""
        match = _STORAGE.fullmatch(self.path)
        return STORAGE_ELEMENT_BYTES.get(match[1]) if match else None

    @property
    def callable(self) -> bool:
        """Whether a pickle may call it."""
        return self.scripted or self.path in CALLABLE

    @property
    def allowed(self) -> bool:
        """Whether a pickle may refer to it at all."""
        return self.callable or self.path in NAMED_ONLY or self.element_bytes is not None
