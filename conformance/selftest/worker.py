"""A process that runs cases: one JSON object a line in, one out. Started by `conformance.selftest.pool`."""

from __future__ import annotations

import gc
import json
import os
import sys

from conformance.selftest.case import Case
from conformance.selftest.running import Runner


def main() -> None:
    """Answer each case on standard input with its findings, until the input ends."""
    # Whatever prints in this process must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Collected after each case anyway; looking for cycles in between would take a quarter of the time.
    gc.disable()
    with Runner() as runner:
        for line in sys.stdin:
            found = runner.run(Case(**json.loads(line)))
            answers.write(json.dumps(found.to_json()) + "\n")
            answers.flush()
            if not gc.get_freeze_count():
                gc.freeze()  # the packages, which stay: no later collection needs to look at them


if __name__ == "__main__":
    main()
