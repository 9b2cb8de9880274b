"""ONNX files, inspected without the onnx package: the wire format is walked, tensor data skipped by seeking.

Source of field numbers and rules: the ONNX project, onnx.proto and "Open Neural Network Exchange Intermediate
Representation Specification". What is not looked at: operators' attributes, types and sub-graphs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from .result import Inspection, RefusedFileError, TensorInfo, printable
from .wire import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, Field, WireReader, signed

# Together they bound what one hostile file can make us hold to a few megabytes.
MAX_INPUTS_AND_OUTPUTS = 1024
MAX_DIMENSIONS = 32
MAX_NAME_BYTES = 1024
MAX_DIMENSION_NAME_BYTES = 64
MAX_TENSORS = 200_000
MAX_ALL_NAMES_CHARACTERS = 4 * 2**20

_EXTERNAL = 1
_STRING = 8

# TensorProto.DataType: name and bits an element; None where raw bytes can't hold it.
_ELEMENT_TYPES: dict[int, tuple[str, int | None]] = {
    1: ("float", 32), 2: ("uint8", 8), 3: ("int8", 8), 4: ("uint16", 16), 5: ("int16", 16), 6: ("int32", 32),
    7: ("int64", 64), 8: ("string", None), 9: ("bool", 8), 10: ("float16", 16), 11: ("double", 64),
    12: ("uint32", 32), 13: ("uint64", 64), 14: ("complex64", 64), 15: ("complex128", 128),
    16: ("bfloat16", 16), 17: ("float8e4m3fn", 8), 18: ("float8e4m3fnuz", 8), 19: ("float8e5m2", 8),
    20: ("float8e5m2fnuz", 8), 21: ("uint4", 4), 22: ("int4", 4), 23: ("float4e2m1", 4),
    24: ("float8e8m0", 8), 25: ("uint2", 2), 26: ("int2", 2), 27: ("float6e2m3", 6), 28: ("float6e3m2", 6),
}  # fmt: skip

# Wire types by field number. A field that isn't listed may have any: later releases of ONNX add some.
_MODEL = {1: VARINT, 5: VARINT} | dict.fromkeys((2, 3, 4, 6, 7, 8, 14, 20, 25), LENGTH_DELIMITED)
_GRAPH = dict.fromkeys((1, 2, 5, 10, 11, 12, 13, 14, 15, 16), LENGTH_DELIMITED)
_NODE = dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8), LENGTH_DELIMITED)
_OPSET = {1: LENGTH_DELIMITED, 2: VARINT}
_VALUE_INFO = {1: LENGTH_DELIMITED, 2: LENGTH_DELIMITED, 3: LENGTH_DELIMITED}
_TYPE = dict.fromkeys((1, 4, 5, 6, 8, 9), LENGTH_DELIMITED)
_TENSOR_TYPE = {1: VARINT, 2: LENGTH_DELIMITED}
_SHAPE = {1: LENGTH_DELIMITED}
_DIMENSION = {1: VARINT, 2: LENGTH_DELIMITED, 3: LENGTH_DELIMITED}
_SPARSE_TENSOR = {1: LENGTH_DELIMITED, 2: LENGTH_DELIMITED}
_TENSOR = {2: VARINT, 14: VARINT} | dict.fromkeys((6, 8, 9, 12, 13), LENGTH_DELIMITED)
# Repeated numbers come packed (one length-delimited field) or one by one in this wire type.
_TENSOR_NUMBERS = {1: VARINT, 4: FIXED32, 5: VARINT, 7: VARINT, 10: FIXED64, 11: VARINT}
_TENSOR_DATA = {4, 5, 6, 7, 9, 10, 11}


def inspect_onnx(file: IO[bytes], size: int) -> Inspection:
    """Walk an ONNX model of `size` bytes; RefusedFileError says why it isn't one."""
    return _Model(WireReader(file, size)).inspect()


class _Model:
    def __init__(self, wire: WireReader) -> None:
        self._wire = wire

    def inspect(self) -> Inspection:
        ir_version, opsets, graph = 0, 0, None
        for field in self._known(0, self._wire.size, "the model", _MODEL):
            if field.number == 1:
                ir_version = signed(field.value)
            elif field.number == 7:
                if graph is not None:
                    raise RefusedFileError("an ONNX model with more than one graph")
                graph = field
            elif field.number == 8:
                opsets += 1
                self._opset(field)
        if ir_version < 1:
            raise RefusedFileError("not an ONNX model: it has no ir_version")
        if graph is None:
            raise RefusedFileError("an ONNX model without a graph")
        if opsets == 0 and ir_version >= 3:
            raise RefusedFileError("an ONNX model that imports no operator set")
        inputs, outputs = self._graph(graph)
        return Inspection(ok=True, kind="onnx", inputs=inputs, outputs=outputs, native=True)

    def _known(self, start: int, end: int, message: str, wire_types: dict[int, int]) -> Iterator[Field]:
        for field in self._wire.fields(start, end, message):
            if wire_types.get(field.number, field.wire_type) != field.wire_type:
                raise RefusedFileError(
                    f"not an ONNX model: field {field.number} of {message} has wire type {field.wire_type}"
                )
            yield field

    def _opset(self, field: Field) -> None:
        version = 0
        for part in self._known(field.start, field.end, "an operator set", _OPSET):
            if part.number == 2:
                version = signed(part.value)
        if version < 1:
            raise RefusedFileError("an ONNX model that imports an operator set without a version")

    def _graph(self, graph: Field) -> tuple[tuple[TensorInfo, ...], tuple[TensorInfo, ...]]:
        """Inputs and outputs. Two passes, as files hold the nodes before the constants that nodes take in."""
        inputs: dict[str, TensorInfo] = {}
        outputs: dict[str, TensorInfo] = {}
        constants, known = _Names(), _Names()
        named = False
        for field in self._known(graph.start, graph.end, "the graph", _GRAPH):
            if field.number == 2:
                named = named or field.length > 0
            elif field.number in (5, 15):
                name = self._initializer(field) if field.number == 5 else self._sparse_initializer(field)
                constants.add(name)
                known.add(name)
            elif field.number in (11, 12):
                info = self._value_info(field)
                (inputs if field.number == 11 else outputs)[info.name] = info
                if len(inputs) + len(outputs) > MAX_INPUTS_AND_OUTPUTS:
                    raise RefusedFileError(f"a graph of over {MAX_INPUTS_AND_OUTPUTS} inputs and outputs")
        if not named:
            raise RefusedFileError("an ONNX graph without a name")
        if not outputs:
            raise RefusedFileError("an ONNX graph without outputs")
        for name in inputs:
            known.add(name)
        self._nodes(graph, known)
        if missing := [name for name in outputs if name not in known]:
            raise RefusedFileError(f"no node makes the graph's output {printable(missing[0])!r}")
        # Old writers list constants among the inputs, as defaults.
        asked = tuple(info for name, info in inputs.items() if name not in constants)
        return asked, tuple(outputs.values())

    def _nodes(self, graph: Field, known: _Names) -> None:
        """Check that each node takes what is `known` by then, and add what it makes."""
        nodes = 0
        for field in self._known(graph.start, graph.end, "the graph", _GRAPH):
            if field.number == 1:
                nodes += 1
                self._node(field, known)
        if nodes == 0:
            raise RefusedFileError("an ONNX graph without nodes")

    def _node(self, node: Field, known: _Names) -> None:
        makes = _Names()
        has_operator = False
        for part in self._known(node.start, node.end, "a node", _NODE):
            if part.number == 1:
                name = self._name(part)
                if name and name not in known:
                    raise RefusedFileError(f"a node takes {printable(name)!r}, which nothing before it makes")
            elif part.number == 2:
                makes.add(self._name(part))
            elif part.number == 4:
                has_operator = part.length > 0
        if not has_operator:
            raise RefusedFileError("an ONNX graph with a node that names no operator")
        for name in makes:
            known.add(name)

    def _name(self, field: Field) -> str:
        """A tensor's name; "" for one too long to be that of an input or output, as those are refused."""
        return self._wire.text(field) if field.length <= MAX_NAME_BYTES else ""

    def _value_info(self, field: Field) -> TensorInfo:
        name, element_type, shape, typed = "", None, None, False
        for part in self._known(field.start, field.end, "an input or output", _VALUE_INFO):
            if part.number == 1:
                name = self._name(part)
            elif part.number == 2:
                typed = True
                for kind in self._known(part.start, part.end, "a type", _TYPE):
                    if kind.number == 1:
                        element_type, shape = self._tensor_type(kind)
        if not name:
            raise RefusedFileError("an ONNX graph with an input or output whose name is missing or too long")
        if not typed:
            raise RefusedFileError(f"the input or output {printable(name)!r} has no type")
        return TensorInfo(name, element_type, shape)

    def _tensor_type(self, field: Field) -> tuple[str | None, tuple[int | str | None, ...] | None]:
        element_type, shape = None, None
        for part in self._known(field.start, field.end, "a tensor type", _TENSOR_TYPE):
            if part.number == 1:
                element_type = _element_type(part.value)[0]
            elif part.number == 2:
                dimensions = []
                for dimension in self._known(part.start, part.end, "a shape", _SHAPE):
                    if dimension.number == 1:
                        dimensions.append(self._dimension(dimension))
                    if len(dimensions) > MAX_DIMENSIONS:
                        raise RefusedFileError(f"a tensor of more than {MAX_DIMENSIONS} dimensions")
                shape = tuple(dimensions)
        return element_type, shape

    def _dimension(self, field: Field) -> int | str | None:
        size: int | str | None = None
        for part in self._known(field.start, field.end, "a dimension", _DIMENSION):
            if part.number == 1:
                size = signed(part.value)
            elif part.number == 2:
                size = self._wire.text(part, MAX_DIMENSION_NAME_BYTES)
        return size

    def _sparse_initializer(self, field: Field) -> str:
        """A sparse constant has the name of its values."""
        name = ""
        for part in self._known(field.start, field.end, "a sparse initializer", _SPARSE_TENSOR):
            if part.number == 1:
                name = self._initializer(part)
        return name

    def _initializer(self, field: Field) -> str:
        """Check one constant tensor against its own shape and give its name."""
        name, data_type, elements, dimensions, raw_bytes, has_data = "", 0, 1, 0, None, False
        for part in self._known(field.start, field.end, "an initializer", _TENSOR):
            if part.number in _TENSOR_NUMBERS and part.wire_type not in (
                LENGTH_DELIMITED,
                _TENSOR_NUMBERS[part.number],
            ):
                raise RefusedFileError(
                    f"not an ONNX model: field {part.number} of an initializer has wire type {part.wire_type}"
                )
            has_data = has_data or part.number in _TENSOR_DATA
            if part.number == 1:
                for value in self._wire.varints(part, "an initializer's shape"):
                    dimensions += 1
                    elements *= signed(value)
                    if signed(value) < 0 or dimensions > MAX_DIMENSIONS:
                        raise RefusedFileError("an initializer with an impossible shape")
            elif part.number == 2:
                data_type = part.value
            elif part.number == 8:
                name = self._name(part)
            elif part.number == 9:
                raw_bytes = part.length
            elif part.number == 13 or (part.number == 14 and part.value == _EXTERNAL):
                raise RefusedFileError(
                    "the model keeps tensors in another file; save it in one file, without external data"
                )
        _check_data(name, data_type, elements, raw_bytes, has_data)
        return name


class _Names:
    """A set of tensors' names that refuses to grow without bound."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._characters_left = MAX_ALL_NAMES_CHARACTERS

    def add(self, name: str) -> None:
        if name not in self._names:
            self._names.add(name)
            self._characters_left -= len(name)
            if len(self._names) > MAX_TENSORS or self._characters_left < 0:
                raise RefusedFileError(f"a graph of over {MAX_TENSORS} tensors or with endless names")

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def _element_type(code: int) -> tuple[str, int | None]:
    if code not in _ELEMENT_TYPES:
        raise RefusedFileError(f"a tensor of an unknown element type, number {code}")
    return _ELEMENT_TYPES[code]


def _check_data(name: str, data_type: int, elements: int, raw_bytes: int | None, has_data: bool) -> None:
    shown = printable(name) or "without a name"
    _, bits = _element_type(data_type)
    if not has_data and elements > 0:
        raise RefusedFileError(f"the initializer {shown!r} has a shape and no data")
    if raw_bytes is None:
        return
    if bits is None:
        raise RefusedFileError(f"the initializer {shown!r} has strings as raw bytes")
    expected = (elements * bits + 7) // 8
    if raw_bytes != expected:
        raise RefusedFileError(f"the initializer {shown!r} has {raw_bytes} bytes; its shape needs {expected}")
