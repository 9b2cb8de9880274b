"""The public recordings of the six endpoints, releases 2022.4 to 2023.4, conform to the schemas of 2023.4."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import ENDPOINTS, load_release

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "exchanges.jsonl"
SCHEMAS = load_release("2023.4").schemas
ENDPOINT_NAMES = {path: name for name, path in ENDPOINTS.items()}
FIRST, LAST = (2022, 4), (2023, 4)

pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(),
    reason="the recordings (shared/evidence/exchanges.jsonl) aren't beside the project",
)


def _recorded() -> list[dict[str, Any]]:
    if not RECORDINGS.exists():
        return []
    entries = [json.loads(line) for line in RECORDINGS.read_text(encoding="utf-8").splitlines()]
    return [entry for entry in entries if entry["endpoint"] in ENDPOINT_NAMES and _is_in_range(entry["release"])]


def _is_in_range(release: str) -> bool:
    found = re.fullmatch(r"(\d{4})\.(\d+)(\.\d+)?", release)
    return found is not None and FIRST <= (int(found[1]), int(found[2])) <= LAST


def _is_a_printed_row(entry: dict[str, Any]) -> bool:
    """Whether the notebook printed one row of a list_versions reply, beside the reply of its only request."""
    return "n_bodies=2" in entry.get("note", "") and "n_requests=1" in entry["note"]


REPLIES = [entry for entry in _recorded() if not _is_a_printed_row(entry)]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=f"{entry['release']}-{ENDPOINT_NAMES[entry['endpoint']]}-{entry['commit'][:7]}-{index}")
        for index, entry in enumerate(REPLIES)
    ],
)
def test_a_recorded_reply_conforms(entry: dict[str, Any]) -> None:
    body = entry["response"]
    is_refusal = isinstance(body, dict) and set(body) == {"msg", "code"}
    status = body["code"] if is_refusal else 200
    assert SCHEMAS.violations(ENDPOINT_NAMES[entry["endpoint"]], body, status) == []


def test_the_recordings_cover_every_endpoint_and_release() -> None:
    assert {entry["endpoint"] for entry in REPLIES} == set(ENDPOINTS.values())
    assert {entry["release"][:6] for entry in REPLIES} == {"2022.4", "2023.1", "2023.2", "2023.3", "2023.4"}
    refusals = [entry["response"]["msg"] for entry in REPLIES if "msg" in entry["response"]]
    assert sorted(set(refusals)) == ["The provided model id was not found.", "Unsupported content type: "]


def test_only_the_printed_row_is_left_out() -> None:
    """One entry of 2023.3.0 isn't a reply: its cell made one request and printed two bodies.

    It is one row of the version list, an object that can't be the array that list_versions answers with. As
    the only row of such an array it conforms.
    """
    left_out = [entry for entry in _recorded() if _is_a_printed_row(entry)]
    assert [(entry["release"], entry["endpoint"]) for entry in left_out] == [("2023.3.0", ENDPOINTS["list_versions"])]
    row = left_out[0]["response"]
    assert [item.message for item in SCHEMAS.violations("list_versions", row)] == [
        "is an object, but should be an array"
    ]
    assert SCHEMAS.violations("list_versions", [row]) == []
