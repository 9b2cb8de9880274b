"""`python -m benchmarks [run|selftest|start|upload]…`: each figure with the aim that it is held against."""

from __future__ import annotations

import sys

from benchmarks import cases_of_self_test, run_against_replay, start_of_mock, upload_against_curl

ALL = {
    "run": run_against_replay.main,
    "selftest": cases_of_self_test.main,
    "start": start_of_mock.main,
    "upload": upload_against_curl.main,
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in ALL]
    if unknown:
        sys.exit(f"benchmarks: unknown {', '.join(unknown)}; known: {', '.join(ALL)}")
    for name in names or ALL:
        ALL[name]()


main(sys.argv[1:])
