"""TorchScript archives, one part broken at a time, and files made by the torch package."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pytest

from conformance.fixtures import Fixture, all_fixtures
from conformance.mock.modelfiles.result import Inspection, RefusedFileError
from conformance.mock.modelfiles.torchscript import inspect_torchscript

from .builders import DATA_PICKLE, MODULE_SOURCE, SOURCE_PATH, archive, with_pickle


def inspected(data: bytes) -> Inspection:
    return inspect_torchscript(io.BytesIO(data), len(data))


def with_source(source: str | bytes | None) -> bytes:
    return archive(**{SOURCE_PATH: source.encode() if isinstance(source, str) else source})


def with_forward(arguments: str, result: str) -> bytes:
    return with_source(MODULE_SOURCE.replace("x: Tensor) -> Tensor", f"{arguments}) -> {result}"))


def test_the_hand_made_archive_is_sound() -> None:
    """The control of every refusal below."""
    inspection = inspected(archive())
    assert inspection.native
    assert [info.name for info in inspection.inputs] == ["x"]
    assert [info.name for info in inspection.outputs] == ["output_1"]


REFUSED = {
    "no data.pkl": (archive(**{"data.pkl": None}), "no data.pkl"),
    "no version": (archive(version=None), "no version"),
    "no constants": (archive(**{"constants.pkl": None}), "no constants.pkl"),
    "no source text": (with_source(None), "torch.jit.save, not torch.save"),
    "source text of something else": (
        archive(**{SOURCE_PATH: None, "code/__torch__/other.py": b""}),
        r"source text of '?__torch__\.Doubler'? is missing",
    ),
    "source text that isn't text": (with_source(b"\xff\xfe"), "isn't UTF-8"),
    "a version in words": (archive(version=b"three"), "version isn't a positive number"),
    "a version of zero": (archive(version=b"0\n"), "version isn't a positive number"),
    "an endless version": (archive(version=b"1" * 5000), "over 32 bytes"),
    "a missing tensor": (archive(**{"data/0": None}), "'data/0' is missing"),
    "a tensor cut short": (archive(**{"data/0": bytes(7)}), "has 7 bytes where 8 are needed"),
    "no module": (with_pickle(b"\x80\x02)."), "data.pkl holds something else"),
    "a forbidden global": (with_pickle(b"\x80\x02cos\ngetcwd\n)R."), r"data\.pkl: .* os\.getcwd"),
    "a forbidden global in the constants": (
        archive(**{"constants.pkl": b"\x80\x02cos\ngetcwd\n."}),
        r"os\.getcwd",
    ),
    "a forbidden global in a debug record": (
        archive(**{f"{SOURCE_PATH}.debug_pkl": b"\x80\x02cos\ngetcwd\n."}),
        r"debug_pkl: .* os\.getcwd",
    ),
    "a forbidden global in an extra file": (
        archive(**{"extra/notes.pkl": b"\x80\x02cos\ngetcwd\n."}),
        r"os\.getcwd",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_broken_variants_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason) as refusal:
        inspected(data)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("arguments", "result", "inputs", "outputs"),
    [
        ("x: Tensor", "Tensor", 1, 1),
        ("x: Tensor,\n    y: Tensor", "Tuple[Tensor, Tensor, Tensor]", 2, 3),
        ("x: List[Tensor]", "Tensor", 0, 0),
        ("x: Tensor,\n    factor: float=1.", "Tensor", 0, 0),
        ("x: Tensor", "Dict[str, Tensor]", 0, 0),
        ("x: Optional[Tensor]=None", "Tensor", 0, 0),
    ],
)
def test_a_native_load_needs_tensors_in_and_out(arguments: str, result: str, inputs: int, outputs: int) -> None:
    inspection = inspected(with_forward(arguments, result))
    assert inspection.ok
    assert inspection.native is (inputs > 0)
    assert (len(inspection.inputs), len(inspection.outputs)) == (inputs, outputs)


def test_a_class_that_is_no_module_is_not_native() -> None:
    inspection = inspected(with_source(MODULE_SOURCE.replace("(Module)", "")))
    assert inspection.ok
    assert not inspection.native


def test_the_forward_of_another_class_does_not_count() -> None:
    without = MODULE_SOURCE.replace("def forward", "def backward")
    inspection = inspected(with_source(without + MODULE_SOURCE.replace("Doubler", "Other")))
    assert not inspection.native
    assert inspection.inputs == ()


def test_a_compiled_class_is_taken_and_not_native() -> None:
    """The file can't bring such a class along, so a loader without its library can't load it."""
    custom = b"c__torch__.torch.classes.quantized\nPacked\n)\x81}b"
    data = DATA_PICKLE.replace(b"X\x08\x00\x00\x00training\x88", b"X\x08\x00\x00\x00training" + custom)
    assert data != DATA_PICKLE
    inspection = inspected(with_pickle(data))
    assert inspection.ok
    assert not inspection.native


MADE = ["attributes", "layers", "traced", "frozen", "recurrent", "mapping", "scaled", "quantized"]


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="the torch package, a second opinion, isn't installed")


@pytest.mark.parametrize("name", MADE)
def test_what_the_torch_package_makes_is_taken(torch: Any, name: str) -> None:
    from .scripted import saved

    inspection = inspected(saved(name))
    assert inspection.ok
    assert inspection.native is (name not in {"mapping", "scaled", "quantized"})


def test_what_torch_saves_without_source_text_is_refused(torch: Any) -> None:
    out = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2).state_dict(), out)
    with pytest.raises(RefusedFileError, match=r"torch\.jit\.save, not torch\.save"):
        inspected(out.getvalue())


@pytest.mark.parametrize(
    "fixture",
    [each for each in all_fixtures() if each.framework == "pytorch"],
    ids=lambda fixture: fixture.name,
)
def test_torch_loads_what_is_healthy_and_not_what_is_broken(torch: Any, fixture: Fixture) -> None:
    """An entry that the module doesn't use, a bomb or a climbing name, is none of the loader's concern."""
    loads = fixture.healthy or fixture.name in {"zip_bomb.pt", "path_traversal.pt"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if not loads:
            with pytest.raises(RuntimeError):
                torch.jit.load(str(fixture.path))
            return
        module = torch.jit.load(str(fixture.path))
    first, second = module(torch.ones(4, 10), torch.ones(4, 5))
    assert (first.shape, second.shape) == ((4, 3), (4, 2))
