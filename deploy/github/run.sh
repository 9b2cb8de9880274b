#!/usr/bin/env bash
# The action's second half: one run, its outputs, and the run's own exit code.
# Takes the action's inputs as ACTION_…; ACTION_COMMAND is the installed command. Secrets go on as environment, or as a
# file that only this user can read, and are never printed.
set -euo pipefail

# An input wins over the job's environment; one that wasn't given leaves the environment, the file and the defaults alone.
for name in TARGET TOKEN OTHER_TOKEN EXPIRED_TOKEN RELEASE PROFILE WORKSPACE_ID STRICT WAIVERS ALLOW_WAIVERS PRODUCT FORMAT; do
    given=ACTION_$name
    if [[ -n ${!given:-} ]]; then
        export "WALLAROO_CONFORMANCE_$name=${!given}"
    fi
    unset "$given"
done

# A forgotten variable must not test the embedded instance in place of the one that is meant, and call it conformant.
case ${WALLAROO_CONFORMANCE_TARGET:-} in
    embedded) unset WALLAROO_CONFORMANCE_TARGET ;;
    '')
        echo "::error title=wallaroo-conformance::no target: give the input 'target', the instance's base URL"
        echo "exit-code=2" >>"$GITHUB_OUTPUT"
        exit 2
        ;;
esac

umask 077
folder=$(mktemp -d "$RUNNER_TEMP/wallaroo-conformance.XXXXXX")
statement=$folder/evidence/statement.json
bundle=$folder/bundle.tar.gz

if [[ -n ${ACTION_SIGN_KEY:-} ]]; then
    key=$(mktemp "$RUNNER_TEMP/wallaroo-conformance-key.XXXXXX")
    trap 'rm -f "$key"' EXIT
    printf '%s\n' "$ACTION_SIGN_KEY" >"$key"
    export WALLAROO_CONFORMANCE_SIGN_KEY=$key
fi
unset ACTION_SIGN_KEY

code=0
"$ACTION_COMMAND" run --out "$folder/evidence" --bundle "$bundle" || code=$?

{
    echo "exit-code=$code"
    if [[ -f $statement ]]; then
        verdict=$("$(dirname "$ACTION_COMMAND")/python" -c \
            'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["verdict"])' "$statement")
        echo "verdict=$verdict"
        echo "statement=$statement"
        echo "folder=$folder"
    fi
    if [[ -f $bundle ]]; then
        echo "bundle=$bundle"
    fi
} >>"$GITHUB_OUTPUT"
exit "$code"
