"""Bodies and strings that the tests of the schemas share."""

from __future__ import annotations

from typing import Any

from conformance.contract import load_release
from conformance.contract.schemas import Violation

from .mutants import Segments, replaced

RELEASE = load_release("2023.4")
SCHEMAS = RELEASE.schemas
REPLIES = {example.endpoint: example.body for example in RELEASE.examples}
REQUESTS = {example.endpoint: example.request_json for example in RELEASE.examples}
SHA = "bc85ce596945f876256f41515c7501c399fd97ebcb9ab3dd41bf03f8937b4507"
UUID = "271875ae-92ee-4137-b54f-c2ce1e88121c"

GOOD_TIMESTAMPS = [
    "2023-11-29T16:30:53Z",
    "2023-11-29T16:30:53+00:00",
    "2023-11-29T16:30:53-00:00",
    "2023-11-29T16:30:53.7+00:00",
    "2023-11-29T16:30:53.716526+05:30",
    "2024-02-29T00:00:00-23:59",
]
BAD_TIMESTAMPS = [
    "",
    "2023-11-29",
    "2023-11-29 16:30:53+00:00",
    "2023-11-29T16:30:53",
    "2023-11-29T16:30:53.+00:00",
    "2023-11-29T16:30:53.7165261+00:00",
    "2023-11-29T16:30:53+0000",
    "2023-11-29T16:30:53+00:00\n",
    "2023-11-29t16:30:53z",
    "2023-11-29T16:30:60Z",
    "2016-12-31T23:59:60Z",
    "2023-11-29T24:00:00Z",
    "2023-11-29T16:30:53+24:00",
    "2023-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "٢٠٢٣-11-29T16:30:53Z",
    "Wed, 29 Nov 2023 16:30:53 GMT",
]
NO_SUCH_DAY = "2023-02-30T16:30:53Z"
BAD_UUIDS = [
    "",
    '"',
    UUID[:-1],
    f"{UUID}\n",
    f"{{{UUID}}}",
    f"urn:uuid:{UUID}",
    UUID.replace("-", ""),
    f"{UUID[:-1]}}}",
    f"{UUID[:-1]}g",
]
BAD_SHAS = ["", SHA[:-1], f"{SHA}0", SHA.upper(), f"{SHA}\n", f"sha256:{SHA[7:]}", "٣" * 64]
STRINGS = ["", "x", '""', SHA, UUID, NO_SUCH_DAY, *GOOD_TIMESTAMPS, *BAD_TIMESTAMPS, *BAD_UUIDS, *BAD_SHAS]


def one(endpoint: str, segments: Segments, value: Any) -> list[Violation]:
    """The violations of a documented reply in which one value is another."""
    return SCHEMAS.violations(endpoint, replaced(REPLIES[endpoint], segments, value))
