"""The documented pairs of request and reply, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from conformance.errors import UsageError


@dataclass(frozen=True, slots=True)
class Example:
    """One documented call.

    `name` is the file's name without its suffix, `client` is `requests` or `curl`, `source` is the section
    and example of the documentation. `request` has `headers`, and `json` or (of an upload) `parts`; a part
    has `name`, `filename` (null when none is sent), `content_type`, and `json` or the `file` that it sends.
    `status` is null: the documentation shows no reply's status. `body` is the parsed reply, `note` what a
    reader must know to trust the pair.
    """

    name: str
    endpoint: str
    title: str
    source: str
    client: str
    request: dict[str, Any]
    status: int | None
    body: Any
    note: str = ""

    @property
    def request_json(self) -> Any:
        """The JSON that the call sends; of an upload that of its metadata part."""
        if "json" in self.request:
            return self.request["json"]
        return next(part["json"] for part in self.request["parts"] if part["name"] == "metadata")


def load_examples(folder: Path | Traversable) -> tuple[Example, ...]:
    """The examples in a folder's `*.json` files, by file name.

    Raises UsageError, naming the file, when one can't be read as an example.
    """
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".json")), key=lambda item: item.name)
    return tuple(_load(file) for file in files)


def _load(file: Path | Traversable) -> Example:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return Example(
            name=file.name.removesuffix(".json"),
            endpoint=data["endpoint"],
            title=data["title"],
            source=data["source"],
            client=data["client"],
            request=data["request"],
            status=data["response"]["status"],
            body=data["response"]["body"],
            note=data.get("note", ""),
        )
    except (OSError, ValueError, TypeError) as problem:
        raise UsageError(f"{file.name} can't be read as an example: {problem}") from None
    except KeyError as missing:
        raise UsageError(f"{file.name} can't be read as an example: it has no {missing}") from None
