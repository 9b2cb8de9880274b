#!/usr/bin/env bash
# Fetches what the tests of the vendor's clients need into the folder given: `wheels`, unpacked, a folder a version, and
# `sdks`, a virtual environment with the whole SDK where an interpreter that its pins allow is found. Never fails: a test
# whose client is missing is skipped and says so.
set -u
folder=$1
mkdir -p "$folder/wheels" "$folder/sdks"

for version in 2023.4.0 2024.4.4 2025.2.5 2026.1.3; do
    [ -d "$folder/wheels/$version" ] && continue
    python -m pip download --quiet --no-deps --dest "$folder" "wallaroo==$version" &&
        python -m zipfile -e "$folder/wallaroo-$version-py3-none-any.whl" "$folder/wheels/$version"
done

sdk() { # version, interpreter
    [ -x "$folder/sdks/$1/bin/python" ] && return
    command -v "$2" >/dev/null && "$2" -m venv "$folder/sdks/$1" || return
    "$folder/sdks/$1/bin/python" -m pip install --quiet --only-binary=:all: --no-input "wallaroo==$1" ||
        rm -rf "$folder/sdks/$1"
}
sdk 2023.4.0 python3.9
sdk 2025.2.5 python3.11
sdk 2026.1.3 python3.11
exit 0
