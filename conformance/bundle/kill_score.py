"""The suite's own detection power for each release, as last published with the package.

`python -m conformance.bundle.kill_score reports/kill-matrix.json` takes it from a self-test over all releases.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.report.certificate import KillScore

FILE = "kill-score.json"
FORMAT_VERSION = 1


@cache
def packaged() -> bytes:
    """The published scores of all releases, as every bundle holds them."""
    return resources.files("conformance.bundle").joinpath(FILE).read_bytes()


def published(release_id: str) -> KillScore | None:
    """The score of one release; None where the self-test of it wasn't published."""
    document = json.loads(packaged())
    for row in document["releases"]:
        if row["release"] == release_id:
            return KillScore(**row, suite_version=document["suite"]["version"])
    return None


def document_of(overview: Mapping[str, Any]) -> bytes:
    """The scores in the overview of a self-test (`kill-matrix.json`). Raises UsageError where a part wasn't run."""
    rows = []
    for row in overview["releases"]:
        parts = {name: row[name] for name in ("defects", "variants", "null_runs")}
        lacking = [name for name, part in parts.items() if part is None]
        if lacking:
            raise UsageError(f"the self-test of {row['release']} ran without its {' and '.join(lacking)}; run it whole")
        rows.append(
            {
                "release": row["release"],
                "whole": row["scope"] == "whole",
                "defects": parts["defects"]["total"],
                "killed": parts["defects"]["killed"],
                "variants": parts["variants"]["total"],
                "false_alarms": parts["variants"]["false_alarms"],
                "null_runs": parts["null_runs"]["total"],
                "null_passes": parts["null_runs"]["wrong"],
            }
        )
    document = {"format": FORMAT_VERSION, "suite": overview["suite"], "releases": rows}
    return (json.dumps(document, indent=2) + "\n").encode()


def publish(overview: Path) -> Path:
    """Write the packaged scores from the overview of a self-test. Raises UsageError where it can't be read."""
    try:
        content = document_of(json.loads(overview.read_bytes()))
    except OSError as error:
        raise UsageError(f"can't read {overview}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{overview} is no kill-matrix.json of a self-test over several releases") from None
    path = Path(__file__).with_name(FILE)
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        try:
            print(publish(Path(argument)))
        except UsageError as error:
            sys.exit(str(error))
