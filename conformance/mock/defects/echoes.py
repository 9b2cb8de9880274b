"""What an upload said beside its schemas, shown again otherwise: conversion, visibility, the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.configured import Entry, both_entries, entries_changed, rows_changed, told, told_back
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.observations import whether


def _version(*path: str, value: Callable[[Any], Any]) -> Callable[[Entry], None]:
    """Another value somewhere in the version."""

    def change(entry: Entry) -> None:
        *parents, last = ("model_version", *path)
        holder: Any = entry
        for parent in parents:
            holder = holder[parent]
        holder[last] = value(holder[last])

    return change


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _file_of_newest(behaviour: Behaviour, row: dict[str, Any]) -> None:
    """All versions of a model in the list have the newest one's file."""
    for entry in row.get("model_versions", ())[1:]:
        newest = row["model_versions"][0]["model_version"]["file_info"]
        entry["model_version"]["file_info"] |= {"sha": newest["sha"], "file_name": newest["file_name"]}


# probes


def _told_conversion(client: Client) -> str:
    version = client.release.enumeration("PythonVersion")[-1]
    sent = client.upload(changes={"conversion.python_version": version, "conversion.requirements": ["numpy"]})
    both = [told(entry, "model_version", "conversion") for entry in both_entries(client, sent)]
    shown = [{key: found.get(key) for key in ("framework", "python_version", "requirements")} for found in both]
    return f"the conversion: {shown[0]} and {shown[1]}"


def _size_right(client: Client) -> bool:
    sent = client.upload()
    return all(
        told(entry, "model_version", "file_info", "size") == len(sent.content) for entry in both_entries(client, sent)
    )


def _file_right(client: Client) -> bool:
    older, newer = client.twice()
    sents = (older, newer, client.upload(file_name="./Kept/As-Sent.onnx"))
    return all(
        told(entry, "model_version", "file_info", name) == value
        for sent in sents
        for entry in both_entries(client, sent)
        for name, value in (("sha", sent.sha256), ("file_name", sent.file_name))
    )


def _of_conversions() -> Iterator[Defect]:
    conversion = ("echo.conversion",)
    changes: tuple[tuple[str, str, str, Callable[[Any], Any]], ...] = (
        ("framework-capital", "The framework is shown with a capital.", "framework", str.capitalize),
        ("framework-custom", "Every framework is shown as custom.", "framework", lambda _: "custom"),
        ("python-version", "The Python version is always shown as 3.8.", "python_version", lambda _: "3.8"),
        ("requirements-lost", "No requirements are shown.", "requirements", lambda _: []),
        ("requirements-pinned", "Requirements are shown with a version.", "requirements",
         lambda found: [f"{name}==1.0" for name in found]),
    )  # fmt: skip
    for word, says, name, value in changes:
        yield Defect(
            f"echo.conversion.{word}",
            says,
            conversion,
            entries_changed(_version("conversion", name, value=value)),
            _told_conversion,
        )
    for word in ("public", "private"):
        other = "private" if word == "public" else "public"
        yield Defect(
            f"echo.visibility.always-{word}",
            f"Every version is shown as {word}.",
            ("echo.visibility",),
            entries_changed(_version("visibility", value=_constant(word))),
            told_back("the visibility", "model_version", "visibility", changes={"visibility": other}),
        )


def _of_files() -> Iterator[Defect]:
    sizes: tuple[tuple[str, str, Callable[[int], int]], ...] = (
        ("one-more", "Sizes of files are a byte too large.", lambda size: size + 1),
        ("in-kib", "Sizes of files are in KiB.", lambda size: size // 1024),
        ("zero", "The size of each file is 0.", lambda _: 0),
        ("in-base64", "Sizes of files are those of their base64.", lambda size: (size + 2) // 3 * 4),
    )
    for word, says, value in sizes:
        yield Defect(
            f"echo.file-size.{word}",
            says,
            ("echo.file-size",),
            entries_changed(_version("file_info", "size", value=value)),
            whether("the size of a file is its number of bytes", _size_right),
        )
    digest = ("echo.file-digest",)
    right = whether("each file has the digest and the name that it was sent with", _file_right)
    agrees = "list.versions-agree-with-list-versions"
    changes: tuple[tuple[str, str, tuple[str, ...], type[Behaviour]], ...] = (
        ("sha-reversed", "Digests beside their versions stand in reverse order.", (*digest, agrees),
         entries_changed(_version("file_info", "sha", value=lambda sha: sha[::-1]))),
        ("name-lower-cased", "File names beside their versions are in lower case.", (*digest, agrees),
         entries_changed(_version("file_info", "file_name", value=str.lower))),
        ("of-newest-in-list", "All versions of a model in the list have the newest one's file.",
         (*digest, agrees, "list.version-per-upload"), rows_changed(_file_of_newest)),
    )  # fmt: skip
    for word, says, breaks, behaviour in changes:
        yield Defect(f"echo.file.{word}", says, breaks, behaviour, right)


def echo_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _of_conversions()
    yield from _of_files()
