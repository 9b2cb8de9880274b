#!/usr/bin/env bash
# The action's first half: installs the suite from the action's own checkout, apart from whatever the job has installed.
# The versions are those of constraints.txt, so that the same commit of the action runs the same suite each time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
environment=$(mktemp -d "$RUNNER_TEMP/wallaroo-conformance-python.XXXXXX")
"${ACTION_PYTHON:-python3}" -m venv "$environment"

# Runners of Windows lay a virtual environment out in their own way.
scripts=$environment/bin
[[ -d $scripts ]] || scripts=$environment/Scripts

"$scripts/python" -m pip install --quiet --disable-pip-version-check --constraint "$root/deploy/constraints.txt" "$root"
echo "command=$scripts/wallaroo-conformance" >>"$GITHUB_OUTPUT"
