"""Schemas and conversions: what is taken for a schema, how a conversion ends, which runtime comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from conformance.mock import lifecycle
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import samples
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.observations import ends, seen
from conformance.mock.records import Version

if TYPE_CHECKING:
    from conformance.mock.modelfiles import Inspection


def _ending(framework: str, steps: Iterable[lifecycle.Step]) -> type[Behaviour]:
    """Other steps for sound uploads of one framework."""

    class Ending(Behaviour):
        def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
            right = super().conversion_steps(version, inspection)
            return steps if version.framework == framework and inspection.ok else right

    return Ending


class _BrokenFilesLoad(Behaviour):
    """Takes every file for a sound one."""

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        return lifecycle.steps(version, loads=True, native=True)


def _runtime(framework: str, runtime: str) -> type[Behaviour]:
    """Another runtime for one framework, whatever its conversion comes to."""

    class Runtime(Behaviour):
        def initial_runtime(self, framework_: str) -> str:
            return runtime if framework_ == framework else super().initial_runtime(framework_)

        def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
            steps = super().conversion_steps(version, inspection)
            if version.framework != framework:
                return steps
            return [lifecycle.Step(step.status, image_path=step.image_path) for step in steps]

    return Runtime


def conversion_defects() -> Iterator[Defect]:
    """All of them."""
    settles = ("upload.conversion-settles",)
    for framework in ("onnx", "pytorch"):
        yield Defect(
            f"upload.conversion.{framework}-never-ends",
            f"Conversions of {framework} models never end.",
            settles,
            _ending(framework, [lifecycle.Step(lifecycle.ATTEMPTING_CONTAINER)]),
            ends(f"a sound {framework} file", framework=framework),
        )
    yield Defect(
        "upload.conversion.unknown-end",
        "Conversions end with the status done.",
        (*settles, "list-versions.status"),
        _ending("onnx", [lifecycle.Step("done")]),
        ends("a sound onnx file", framework="onnx"),
    )
    broken = ("upload.broken-file-is-no-ready-model",)
    yield Defect(
        "upload.broken-file.ready",
        "Every file becomes a ready model.",
        broken,
        _BrokenFilesLoad,
        ends("a broken onnx file", framework="onnx", content=samples.onnx_model("broken")[:30]),
    )
    runtime = seen(
        "the runtime of an ONNX model", lambda client: client.config(client.upload()).at("model_config", "runtime")
    )
    yield Defect(
        "upload.runtime.onnx-in-flight",
        "ONNX models run as flight.",
        ("upload.native-onnx",),
        _runtime("onnx", "flight"),
        runtime,
    )
    runtimes = (
        ("python", "PyTorch models run as python.", ("upload.pytorch-runtime",)),
        ("triton", "PyTorch models run as triton, which no release knows.",
         ("get-config-by-id.runtime-enum", "upload.pytorch-runtime")),
    )  # fmt: skip
    for name, says, breaks in runtimes:
        yield Defect(
            f"upload.runtime.pytorch-in-{name}", says, breaks, _runtime("pytorch", name), ends("a sound pytorch file")
        )
