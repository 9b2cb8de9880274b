"""Schemas of the documented kinds, written down once as the text that an upload carries.

`arrow_corpus.json` holds them, so that each run sends the same bytes, whatever Arrow is installed. To add one, give it
a name, what it is, its fields as pyarrow prints them, and the text of `instance.arrow.encode_schema`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class CorpusSchema:
    """One schema. `fields` are lines as `name: type`, `encoded` is base64 of its IPC message."""

    name: str
    says: str
    fields: tuple[str, ...]
    encoded: str


@cache
def load_corpus() -> tuple[CorpusSchema, ...]:
    """The committed schemas, in their file's order."""
    entries = json.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(
        CorpusSchema(name, entry["says"], tuple(entry["fields"]), entry["schema"]) for name, entry in entries.items()
    )
