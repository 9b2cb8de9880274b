"""How conversions may go: slowly, at once, into a container or natively."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from conformance.mock import lifecycle
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, Sent
from conformance.mock.defects.observations import seen, settled
from conformance.mock.defects.probe import STEP_DELAY
from conformance.mock.modelfiles import inspect
from conformance.mock.records import Metadata, Upload, User, Version
from conformance.mock.replies import Refusal
from conformance.mock.variants.variant import Variant

if TYPE_CHECKING:
    from conformance.mock.modelfiles import Inspection

SLOW_STEPS = 20
"""Steps that a slow conversion takes without moving: a second at the instance's usual pace. Ours."""

TRIES = 10
"""Conversions of which the fastest tells the pace: a busy machine slows some, and none outruns its steps. Ours."""


class _Slow(Behaviour):
    """Conversions that stay a while where they are."""

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        steps = list(super().conversion_steps(version, inspection))
        return [steps[0]] * SLOW_STEPS + steps


class _AtOnce(Behaviour):
    """Files are looked into as they come: broken ones are refused, sound ones are ready. Recorded in part: 2025.2."""

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        metadata = super().check_upload(upload, user)
        if upload.path is not None and not inspect(upload.path, metadata.framework).ok:
            raise Refusal(400, "The provided file isn't a model of that framework.")
        return metadata

    def initial_status(self, framework: str, converts: bool) -> str:
        return lifecycle.READY

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        return ()


class _InContainers(Behaviour):
    """PyTorch models always run in a container."""

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        return lifecycle.steps(version, loads=inspection.ok, native=False)


class _Native(Behaviour):
    """PyTorch models have the native runtime from the start."""

    def initial_runtime(self, framework: str) -> str:
        return "onnx" if framework == "pytorch" else super().initial_runtime(framework)


class _ConvertedOnnx(Behaviour):
    """ONNX models are uploading first, then load without a container."""

    def initial_status(self, framework: str, converts: bool) -> str:
        return lifecycle.UPLOADING if framework == "onnx" else super().initial_status(framework, converts)

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        if version.framework != "onnx":
            return super().conversion_steps(version, inspection)
        end = lifecycle.READY if inspection.ok else lifecycle.ERROR
        return [
            lifecycle.Step(lifecycle.PENDING_NATIVE),
            lifecycle.Step(lifecycle.ATTEMPTING_NATIVE),
            lifecycle.Step(end),
        ]


class _SchemasOptional(Behaviour):
    """Nobody needs schemas; what needs them and has none ends in error."""

    errs = True

    def requires_schemas(self, framework: str) -> bool:
        return False

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        steps = list(super().conversion_steps(version, inspection))
        needed = super().requires_schemas(version.framework)
        if self.errs and needed and not (version.input_schema and version.output_schema):
            return [*steps[:-1], lifecycle.Step(lifecycle.ERROR)]
        return steps


class _SchemasNeedless(_SchemasOptional):
    """PyTorch models that load natively need no schemas."""

    errs = False


def _first_status(client: Client) -> str:
    return str(client.version(client.upload(framework="pytorch")).get("status"))


def conversion_variants() -> Iterator[Variant]:
    """All of them."""
    first = seen("the first status", _first_status)
    yield Variant(
        "conversion.slow",
        "Conversions take a second or so.",
        _Slow,
        seen("steps of a conversion", _pace),
    )
    yield Variant("conversion.at-once", "Sound files are ready at once, broken ones are refused.", _AtOnce, first)
    yield Variant(
        "conversion.in-containers",
        "PyTorch models run as flight.",
        _InContainers,
        settled("a pytorch file", lambda client: client.upload(framework="pytorch")),
    )
    yield Variant(
        "conversion.native",
        "PyTorch models run as onnx from the start.",
        _Native,
        seen("the first runtime", lambda client: _runtime_at_first(client)),
    )
    yield Variant(
        "conversion.onnx-uploading",
        "ONNX models are uploading at first and load natively.",
        _ConvertedOnnx,
        seen("the first status", lambda client: client.version(client.upload()).get("status")),
    )
    bare = settled("a pytorch file without schemas", _without_schemas)
    yield Variant(
        "schemas.missing-end-in-error",
        "Without schemas an upload is accepted and ends in error.",
        _SchemasOptional,
        bare,
    )
    yield Variant("schemas.needless", "A PyTorch model that loads natively needs no schemas.", _SchemasNeedless, bare)


def _without_schemas(client: Client) -> Sent:
    return client.upload(framework="pytorch", changes={"input_schema": ..., "output_schema": ...})


def _pace(client: Client) -> str:
    """Whether any of a few conversions ended before a slow one could have."""
    for _ in range(TRIES):
        sent, began = client.upload(), time.monotonic()
        while client.version(sent).get("status") not in ("ready", "error"):
            pass
        if time.monotonic() - began < SLOW_STEPS * STEP_DELAY:
            return "few"
    return "many"


def _runtime_at_first(client: Client) -> str:
    # Frameworks that nothing loads natively keep the runtime that they had at first.
    return str(
        client.config(client.upload(framework="pytorch", content=b"PK\x03\x04broken")).at("model_config", "runtime")
    )
