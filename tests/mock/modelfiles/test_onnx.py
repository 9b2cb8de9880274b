"""ONNX models made by hand, one part broken at a time, and models made by the onnx package."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fixtures import Fixture, all_fixtures
from conformance.mock.modelfiles.onnx import inspect_onnx
from conformance.mock.modelfiles.result import Inspection, RefusedFileError

from .builders import FLOAT_TYPE, INPUT, NODE, OPSET, VERSION, graph, model, number, tensor, text, varint


def inspected(data: bytes) -> Inspection:
    return inspect_onnx(io.BytesIO(data), len(data))


def test_the_hand_made_model_is_sound() -> None:
    """The control of every refusal below."""
    inspection = inspected(model())
    assert [info.name for info in inspection.inputs] == ["x"]
    assert [info.name for info in inspection.outputs] == ["y"]


SOUND = {
    "an initializer": model(graph(tensor())),
    "a scalar initializer": model(graph(tensor(dims=(), raw=bytes(4)))),
    "an empty initializer": model(graph(tensor(dims=(0, 3), raw=b""))),
    "packed dimensions": model(graph(tensor(dims=(), rest=text(1, varint(2))))),
    "float data, packed": model(graph(tensor(raw=None, rest=text(4, bytes(8))))),
    "float data, one by one": model(graph(tensor(raw=None, rest=(varint(4 << 3 | 5) + bytes(4)) * 2))),
    "half-byte elements": model(graph(tensor(dims=(3,), data_type=22, raw=bytes(2)))),
    "an input the graph gives back": model(graph(made=text(12, text(1, b"x") + FLOAT_TYPE))),
    "a constant the graph gives back": model(graph(tensor(), made=text(12, text(1, b"w") + FLOAT_TYPE))),
    "a sparse constant": model(
        graph(
            text(15, text(1, tensor()[2:])),
            node=text(1, text(1, b"w") + text(2, b"y") + text(4, b"Relu")),
        )
    ),
    "an omitted optional input": model(
        graph(node=text(1, text(1, b"x") + text(1, b"") + text(2, b"y") + text(4, b"Clip")))
    ),
    "an unknown field": model(graph(number(900, 5))) + number(901, 1),
    "no operator set, as before version 3": model(version=number(1, 2), opset=b""),
}


@pytest.mark.parametrize("data", SOUND.values(), ids=SOUND.keys())
def test_sound_variants_are_taken(data: bytes) -> None:
    assert inspected(data).ok


def test_a_constant_listed_as_input_is_not_asked_for() -> None:
    data = model(graph(tensor(), given=INPUT + text(11, text(1, b"w") + FLOAT_TYPE)))
    assert [info.name for info in inspected(data).inputs] == ["x"]


def test_shapes_have_sizes_names_and_gaps() -> None:
    shape = text(1, number(1, 3)) + text(1, text(2, b"N")) + text(1, b"")
    given = text(11, text(1, b"x") + text(2, text(1, number(1, 7) + text(2, shape))))
    (info,) = inspected(model(graph(given=given))).inputs
    assert info.element_type == "int64"
    assert info.shape == (3, "N", None)


REFUSED = {
    "nothing": (b"", "no ir_version"),
    "no ir_version": (model(version=b""), "no ir_version"),
    "an ir_version of zero": (model(version=number(1, 0)), "no ir_version"),
    "no graph": (VERSION + OPSET, "without a graph"),
    "two graphs": (model() + text(7, graph()), "more than one graph"),
    "no operator set": (model(opset=b""), "imports no operator set"),
    "an operator set without a version": (model(opset=text(8, text(1, b"ai.onnx"))), "without a version"),
    "no name": (model(graph(name=b"")), "without a name"),
    "no nodes": (model(graph(node=b"")), "without nodes"),
    "no outputs": (model(graph(made=b"")), "without outputs"),
    "no operator": (model(graph(node=text(1, text(2, b"y")))), "names no operator"),
    "an output nothing makes": (model(graph(made=text(12, text(1, b"z") + FLOAT_TYPE))), "output 'z'"),
    "an input nothing makes": (
        model(graph(node=text(1, text(1, b"q") + text(2, b"y") + text(4, b"Relu")))),
        "'q', which nothing before it makes",
    ),
    "a node before the one that feeds it": (
        model(graph(node=text(1, text(1, b"y") + text(2, b"z") + text(4, b"Relu")) + NODE)),
        "'y', which nothing before it makes",
    ),
    "an input without a name": (model(graph(given=text(11, FLOAT_TYPE))), "name is missing"),
    "an input without a type": (model(graph(given=text(11, text(1, b"x")))), "no type"),
    "an unknown element type": (
        model(graph(given=text(11, text(1, b"x") + text(2, text(1, number(1, 77)))))),
        "element type, number 77",
    ),
    "too few bytes": (model(graph(tensor(raw=bytes(7)))), "has 7 bytes; its shape needs 8"),
    "too many bytes": (model(graph(tensor(raw=bytes(9)))), "has 9 bytes; its shape needs 8"),
    "no data": (model(graph(tensor(raw=None))), "a shape and no data"),
    "strings as raw bytes": (model(graph(tensor(data_type=8))), "strings as raw bytes"),
    "a negative dimension": (model(graph(tensor(dims=(2**64 - 1,)))), "impossible shape"),
    "endless dimensions": (model(graph(tensor(dims=[1] * 40))), "impossible shape"),
    "data in another file": (model(graph(tensor(raw=None, rest=number(14, 1)))), "another file"),
    "a wire type the field can't have": (model() + text(1, b"8"), "wire type 2"),
    "a wire type that numbers can't have": (
        model(graph(tensor(rest=varint(7 << 3 | 5) + bytes(4)))),
        "wire type 5",
    ),
    "a wire type that isn't one": (model() + b"\x0e", "wire type 6"),
    "a group": (model() + varint(99 << 3 | 3), "wire type 3"),
    "field zero": (model() + b"\x00\x00", "numbered 0"),
    "a number without an end": (model() + b"\x28" + b"\xff" * 11, "more than 64 bits"),
    "a number of 70 bits": (model() + b"\x28" + b"\xff" * 9 + b"\x7f", "more than 64 bits"),
    "an end inside a number": (model() + b"\x28\xff", "ends inside a number"),
    "an end inside a graph": (model()[:20], "cut short"),
    "a length beyond its message": (VERSION + text(7, varint(1 << 3 | 2) + varint(50)) + OPSET, "cut short"),
    "endless inputs": (
        model(graph(given=b"".join(text(11, text(1, b"%d" % i) + FLOAT_TYPE) for i in range(2000)))),
        "over 1024 inputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_broken_variants_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason):
        inspected(data)


def test_a_name_from_the_file_stays_on_one_short_line() -> None:
    made = text(12, text(1, b"y\n\x1b[31m" + b"z" * 500) + FLOAT_TYPE)
    with pytest.raises(RefusedFileError) as refusal:
        inspected(model(graph(made=made)))
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 200


def test_endless_fields_end() -> None:
    with pytest.raises(RefusedFileError, match="protobuf fields"):
        inspected(VERSION + number(5, 1) * 2_100_000)


def test_endless_names_end() -> None:
    outputs = b"".join(text(2, b"%d" % index + b"n" * 1000) for index in range(5000))
    with pytest.raises(RefusedFileError, match="endless names"):
        inspected(model(graph(node=text(1, outputs + text(4, b"Split")) + NODE)))


@pytest.mark.parametrize(
    "fixture", [each for each in all_fixtures() if each.framework == "onnx"], ids=lambda fixture: fixture.name
)
def test_the_onnx_checker_agrees_on_the_fixtures(fixture: Fixture) -> None:
    onnx = pytest.importorskip("onnx", reason="the onnx package, a second opinion, isn't installed")
    try:
        onnx.checker.check_model(fixture.path.read_bytes(), full_check=True)
        accepted = True
    except Exception:
        accepted = False
    assert accepted is fixture.healthy


ELEMENT_TYPES = [
    "FLOAT",
    "UINT8",
    "INT8",
    "UINT16",
    "INT32",
    "INT64",
    "BOOL",
    "FLOAT16",
    "DOUBLE",
    "STRING",
    "INT4",
]


@settings(deadline=None, database=None, max_examples=60)
@given(
    constants=st.lists(
        st.tuples(st.sampled_from(ELEMENT_TYPES), st.lists(st.integers(0, 4), max_size=3), st.booleans()),
        max_size=4,
    ),
    layers=st.integers(1, 5),
    shape=st.lists(st.one_of(st.integers(1, 9), st.sampled_from(["N", "batch"]), st.none()), max_size=4),
)
def test_what_the_onnx_package_makes_is_taken(
    constants: list[tuple[str, list[int], bool]], layers: int, shape: list[Any]
) -> None:
    onnx = pytest.importorskip("onnx", reason="the onnx package, a second opinion, isn't installed")
    made = _made_by_onnx(onnx, constants, layers, shape)
    onnx.checker.check_model(made)
    inspection = inspected(made)
    assert [(info.name, info.element_type, info.shape) for info in inspection.inputs] == [("t0", "float", tuple(shape))]
    assert [info.name for info in inspection.outputs] == [f"t{layers}"]


def _made_by_onnx(onnx: Any, constants: list[tuple[str, list[int], bool]], layers: int, shape: list[Any]) -> bytes:
    helper = onnx.helper
    initializers = []
    for index, (name, dims, raw) in enumerate(constants):
        count = 1
        for size in dims:
            count *= size
        values: Any = [b"s" if name == "STRING" else 1] * count
        data_type = getattr(onnx.TensorProto, name)
        constant = helper.make_tensor(f"c{index}", data_type, dims, values)
        if raw and name != "STRING":
            constant = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(constant), f"c{index}")
        initializers.append(constant)
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Relu", [f"t{index}"], [f"t{index + 1}"]) for index in range(layers)],
            "chain",
            [helper.make_tensor_value_info("t0", onnx.TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(f"t{layers}", onnx.TensorProto.FLOAT, shape)],
            initializers,
        )
    )
    data: bytes = made.SerializeToString()
    return data
