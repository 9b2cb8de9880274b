#!/usr/bin/env bash
# The action's second half: one run, its outputs, and the run's own exit code.
# Takes the action's inputs as ACTION_…; ACTION_COMMAND is the installed command. Secrets go on as environment, or as a
# file that only this user can read, and are never printed.
set -euo pipefail

refuse() {
    echo "::error title=wallaroo-conformance::$1"
    echo "exit-code=2" >>"$GITHUB_OUTPUT"
    exit 2
}

# An input wins over the job's environment; one that wasn't given leaves the environment, the file and the defaults alone.
for name in TARGET TOKEN OTHER_TOKEN EXPIRED_TOKEN RELEASE PROFILE WORKSPACE_ID STRICT; do
    given=ACTION_$name
    if [[ -n ${!given:-} ]]; then
        export "WALLAROO_CONFORMANCE_$name=${!given}"
    fi
    unset "$given"
done

# A forgotten variable must not test the embedded instance in place of the one that is meant, and call it conformant.
case ${WALLAROO_CONFORMANCE_TARGET:-} in
    embedded) unset WALLAROO_CONFORMANCE_TARGET ;;
    '') refuse "no target: give the input 'target' (the instance's base URL, or 'embedded' to try the action)" ;;
esac

command=$ACTION_COMMAND
umask 077
folder=$(mktemp -d "$RUNNER_TEMP/wallaroo-conformance.XXXXXX")
key=''
trap '[[ -z $key ]] || rm -f "$key"' EXIT

options=(--out "$folder/evidence" --bundle "$folder/bundle.tar.gz")
if [[ -n ${ACTION_WAIVERS:-} ]]; then
    options+=(--waivers "$ACTION_WAIVERS")
fi
case ${ACTION_ALLOW_WAIVERS:-} in
    true) options+=(--allow-waivers) ;;
    '' | false) ;;
    *) refuse "allow-waivers takes true or false" ;;
esac
if [[ -n ${ACTION_PRODUCT:-} ]]; then
    options+=(--product "$ACTION_PRODUCT")
fi
if [[ -n ${ACTION_SIGN_KEY:-} ]]; then
    key=$(mktemp "$RUNNER_TEMP/wallaroo-conformance-key.XXXXXX")
    printf '%s\n' "$ACTION_SIGN_KEY" >"$key"
    options+=(--sign-key "$key")
fi
unset ACTION_SIGN_KEY
read -r -a formats <<<"$(tr ',\n' '  ' <<<"${ACTION_FORMATS:-}")"
for format in "${formats[@]}"; do
    options+=(--format "$format")
done

code=0
"$command" run "${options[@]}" || code=$?

{
    echo "exit-code=$code"
    statement=$folder/evidence/statement.json
    if [[ -f $statement ]]; then
        verdict=$("$(dirname "$command")/python" -c 'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["verdict"])' "$statement")
        echo "verdict=$verdict"
        echo "statement=$statement"
        echo "folder=$folder"
    fi
    if [[ -f $folder/bundle.tar.gz ]]; then
        echo "bundle=$folder/bundle.tar.gz"
    fi
} >>"$GITHUB_OUTPUT"
exit "$code"
