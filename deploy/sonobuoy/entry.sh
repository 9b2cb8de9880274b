#!/bin/sh
# The suite as a Sonobuoy plugin: one run, packed, and its place told in the file `done` that Sonobuoy's worker waits for.
# Settings come as environment (WALLAROO_CONFORMANCE_…, docs/run.md); arguments are added to `run`.
# Source: Sonobuoy, docs/plugins.md "How Plugins Work"; the worker runs as another user, so what it fetches is readable.
set -eu

results=${SONOBUOY_RESULTS_DIR:?is set by Sonobuoy: run this as its plugin}
work=$results/wallaroo-conformance
mkdir -p "$work"

# Whatever happens, Sonobuoy is told: it would wait for `done` until its own time is up. The name is moved into place,
# so that the worker never reads half of it.
told() {
    printf '%s' "$1" >"$results/.done"
    chmod 0644 "$results/.done"
    mv "$results/.done" "$results/done"
}
trap 'told "$work/output.txt"' EXIT

code=0
if [ -n "${WALLAROO_CONFORMANCE_TARGET:-}" ]; then
    wallaroo-conformance run --out "$work/evidence" --bundle "$work/bundle.tar.gz" "$@" >"$work/output.txt" 2>&1 || code=$?
else
    # Without it the embedded instance would be tested in place of the one that is meant.
    echo "WALLAROO_CONFORMANCE_TARGET isn't set: give the instance's base URL in the plugin's env" >"$work/output.txt"
    code=2
fi
chmod 0644 "$work/output.txt"
cat "$work/output.txt"
echo "$code" >"$work/exit-code"

# Sonobuoy counts a run without any junit.xml as unknown, which is what a run that judged nothing is.
tar -czf "$results/wallaroo-conformance.tar.gz" -C "$work" .
chmod 0644 "$results/wallaroo-conformance.tar.gz"
trap - EXIT
told "$results/wallaroo-conformance.tar.gz"
exit "$code"
