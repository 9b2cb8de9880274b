"""The ending of a file's name, which later releases look at, and what their clients send beside the documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.contract import Release
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import (
    Fields,
    accepted_but_lost,
    conversion_of,
    framework_of,
    upload_refused,
)
from conformance.mock.defects.observations import outcome, upload_outcome
from conformance.mock.records import Upload

LOOKS_AT_ENDINGS = "2025.2"
"""The first release that wants an ending which it knows."""

_OF_FRAMEWORKS = (".onnx", ".pt")
"""What every model of the shared frameworks is called: refused, nothing else could be looked at."""


def _takes(also: Callable[[str], bool]) -> type[Behaviour]:
    """Takes further names."""

    class Takes(Behaviour):
        def takes_file_name(self, file_name: str) -> bool:
            return super().takes_file_name(file_name) or also(file_name)

    return Takes


def _refuses(ending: str) -> type[Behaviour]:
    """Doesn't take names with this ending."""

    class Refuses(Behaviour):
        def takes_file_name(self, file_name: str) -> bool:
            return super().takes_file_name(file_name) and not file_name.endswith(ending)

    return Refuses


def _file_called(*endings: str) -> Probe:
    def look(client: Client) -> str:
        found = [outcome(client, client.upload(file_name=f"file{ending}").answer) for ending in endings]
        return f"files called {' and '.join(f'file{ending}' for ending in endings)}: {'; '.join(found)}"

    return look


def _sends(key: str) -> Callable[[Fields, Upload], bool]:
    return lambda fields, _: key in conversion_of(fields)


def _is_public_onnx(fields: Fields, upload: Upload) -> bool:
    return framework_of(fields) == "onnx" and fields.get("visibility") == "public"


def _is_private_pytorch(fields: Fields, upload: Upload) -> bool:
    return framework_of(fields) == "pytorch" and fields.get("visibility") == "private"


def _of_endings(release: Release) -> Iterator[Defect]:
    wanted = ("upload.file-name-ending",)
    cases: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("any-taken", "A file may have any name.", lambda _: True),
        ("none-taken", "A file's name needs no ending.", lambda name: "." not in name.rpartition("/")[2]),
        ("another-taken", "A file's name may have an ending that isn't known.", lambda name: name.endswith(".bin")),
    )
    for word, says, also in cases:
        yield Defect(
            f"upload.file-ending.{word}",
            says,
            wanted,
            _takes(also),
            _file_called("", ".bin"),
            since=LOOKS_AT_ENDINGS,
        )
    for ending in release.file_name_endings:
        if ending not in _OF_FRAMEWORKS:
            yield Defect(
                f"upload.file-ending.{ending.strip('.')}-refused",
                f"A file whose name ends in {ending} is refused.",
                ("upload.known-endings-accepted",),
                _refuses(ending),
                _file_called(ending),
                since=LOOKS_AT_ENDINGS,
            )


def _of_clients() -> Iterator[Defect]:
    for key, since in (("arch", "2024.1"), ("accel", "2024.4"), ("framework_config", "2025.2")):
        yield Defect(
            f"upload.client-conversion.{key.replace('_', '-')}-refused",
            f"An upload whose conversion has the client's {key} is refused.",
            ("upload.client-conversion",),
            upload_refused(_sends(key), f"Unknown field conversion.{key}."),
            upload_outcome(f"an upload with {key}", {f"conversion.{key}": None}),
            since=since,
        )


def _of_examples() -> Iterator[Defect]:
    """Uploads as the documents make them, which make nothing."""
    yield Defect(
        "upload.example.onnx-lost",
        "Public ONNX models are answered with success and lost.",
        ("upload.onnx-requests-example", "upload.onnx-curl-example", "upload.visibility-public", "journey.onnx"),
        accepted_but_lost(_is_public_onnx),
        upload_outcome("an upload of a public ONNX model", {"visibility": "public"}),
    )
    yield Defect(
        "upload.example.pytorch-lost",
        "Private PyTorch models are answered with success and lost.",
        ("upload.pytorch-requests-example", "upload.pytorch-curl-example", "journey.pytorch"),
        accepted_but_lost(_is_private_pytorch),
        upload_outcome("an upload of a private PyTorch model", framework="pytorch"),
    )


def ending_defects(release: Release) -> Iterator[Defect]:
    """All of them."""
    yield from _of_endings(release)
    yield from _of_clients()
    yield from _of_examples()
