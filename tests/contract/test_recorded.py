"""Every genuine reply of the public recordings conforms to its own release's contract, and tells which it isn't of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import ENDPOINTS, contract_for, load_release, release_ids
from conformance.contract.companions import companions
from conformance.contract.fitting import fits
from conformance.saved_reply import judge_saved_reply

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "exchanges.jsonl"
ALL = load_release(release_ids()[-1]).endpoints
NAMES = {path: name for name, path in {**ALL, **companions()}.items()}
NO_CONTRACT = "2022.3-or-earlier"
"""No release of that time has a contract: what this one answered to list had another shape still."""

pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(),
    reason="the recordings (shared/evidence/exchanges.jsonl) aren't beside the project",
)


def _recorded() -> list[dict[str, Any]]:
    if not RECORDINGS.exists():
        return []
    entries = [json.loads(line) for line in RECORDINGS.read_text(encoding="utf-8").splitlines()]
    return [entry for entry in entries if entry["response"] is not None]


def _is_a_printed_row(entry: dict[str, Any]) -> bool:
    """Whether the notebook printed one row of a list_versions reply, beside the reply of its only request."""
    printed_two = "n_bodies=2" in entry.get("note", "") and "n_requests=1" in entry["note"]
    return printed_two and entry["endpoint"] == ENDPOINTS["list_versions"]


REPLIES = [entry for entry in _recorded() if not _is_a_printed_row(entry)]
OF_MODELS = [entry for entry in REPLIES if entry["endpoint"] in ALL.values() and entry["release"] != NO_CONTRACT]


def _own(entry: dict[str, Any]) -> str:
    return contract_for(entry["release"].removesuffix("-or-earlier")) or release_ids()[0]


def _file(folder: Path, body: Any) -> str:
    file = folder / "reply.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=f"{entry['release']}-{NAMES[entry['endpoint']]}-{entry['commit'][:7]}-{index}")
        for index, entry in enumerate(REPLIES)
        if entry["release"] != NO_CONTRACT or entry["endpoint"] in companions().values()
    ],
)
def test_check_judges_a_recorded_reply_as_conforming_to_its_release(entry: dict[str, Any], tmp_path: Path) -> None:
    name, file = NAMES[entry["endpoint"]], _file(tmp_path, entry["response"])
    lines, conforms = judge_saved_reply(name, file, entry["status"], _own(entry))
    assert conforms, lines
    assert judge_saved_reply(name, file, entry["status"])[1]


def test_every_recorded_endpoint_is_judged() -> None:
    assert {entry["endpoint"] for entry in REPLIES} <= set(NAMES)
    assert {NAMES[entry["endpoint"]] for entry in REPLIES} == {
        *(*ENDPOINTS, "get_version_by_id", "get_upload_logs"),
        *companions(),
    }


def test_the_releases_that_were_recorded() -> None:
    assert {_own(entry) for entry in OF_MODELS} == {"2023.4", "2024.1", "2025.2"}


def test_what_is_older_than_every_contract_is_left_out() -> None:
    """Three replies of 2022.3 or earlier; those of get_by_id and get_config_by_id conform nevertheless."""
    older = [e for e in REPLIES if e["release"] == NO_CONTRACT and e["endpoint"] in ALL.values()]
    first = load_release(release_ids()[0])
    conforming = {
        NAMES[entry["endpoint"]]: first.schemas.is_valid(NAMES[entry["endpoint"]], entry["response"]) for entry in older
    }
    assert conforming == {"list": False, "get_by_id": True, "get_config_by_id": True}


def test_only_the_printed_row_is_left_out() -> None:
    """One entry of 2023.3.0 isn't a reply: its cell made one request and printed two bodies.

    It is one row of the version list, an object that can't be the array that list_versions answers with. As
    the only row of such an array it conforms.
    """
    left_out = [entry for entry in _recorded() if _is_a_printed_row(entry)]
    assert [(entry["release"], entry["endpoint"]) for entry in left_out] == [("2023.3.0", ENDPOINTS["list_versions"])]
    row, schemas = left_out[0]["response"], load_release("2023.4").schemas
    assert [item.message for item in schemas.violations("list_versions", row)] == [
        "is an object, but should be an array"
    ]
    assert schemas.violations("list_versions", [row]) == []


def _told_apart(own: str, other: str) -> set[str]:
    """The endpoints of which a reply of one release doesn't fit the other."""
    found = set()
    for entry in OF_MODELS:
        name, body = NAMES[entry["endpoint"]], entry["response"]
        is_refusal = isinstance(body, dict) and set(body) == {"msg", "code"}
        if _own(entry) == own and not is_refusal:
            fitting = [one.release for one in fits(name, body) if one.fits]
            assert own in fitting
            if other not in fitting:
                found.add(name)
    return found


@pytest.mark.parametrize(
    ("own", "other", "endpoints"),
    [
        ("2023.4", "2024.1", {"list"}),
        ("2023.4", "2024.4", {"list", "get"}),
        ("2023.4", "2025.2", {"list", "get", "list_versions"}),
        ("2023.4", "2026.1", {"list", "get", "list_versions"}),
        ("2024.1", "2023.4", {"list"}),
        ("2024.1", "2024.4", set()),
        ("2024.1", "2025.2", {"list", "list_versions"}),
        ("2024.1", "2026.1", {"list", "list_versions"}),
        ("2025.2", "2023.4", {"list", "get_version_by_id", "get_upload_logs"}),
        ("2025.2", "2024.1", {"list", "get_version_by_id", "get_upload_logs"}),
        ("2025.2", "2024.4", {"list", "get_version_by_id", "get_upload_logs"}),
        ("2025.2", "2026.1", set()),
    ],
)
def test_which_endpoints_replies_tell_two_releases_apart(own: str, other: str, endpoints: set[str]) -> None:
    """Recorded are 2022.4 to 2023.4, 2024.1 to 2024.3 and 2025.2; 2026.1 only adds values to what 2025.2 answers."""
    assert _told_apart(own, other) == endpoints


def test_check_names_the_fields_that_make_a_reply_not_another_releases(tmp_path: Path) -> None:
    nested = next(e for e in OF_MODELS if e["endpoint"] == ENDPOINTS["list"] and _own(e) == "2025.2")
    lines, _ = judge_saved_reply("list", _file(tmp_path, nested["response"]), None)
    assert "list: fits releases 2025.2 and 2026.1 as a successful reply" in lines
    assert "not 2023.4: models[0].id: missing" in lines
    assert any(line.startswith("not 2024.4:") and "continuous_batching_config" in line for line in lines)
