#!/bin/sh
# Pins requirements/*.in to *.txt, hashes included, for every supported Python and platform at once. Keeps the pinned
# versions where the *.in files allow them; UPGRADE=1 moves all to the newest. The pins name no index: each machine
# uses its own.
set -eu
cd "$(dirname "$0")"

pin() { # pin OUTPUT INPUT...
    output=$1
    shift
    ../.venv/bin/uv pip compile --quiet --universal --python-version "${python:-3.11}" --generate-hashes --no-header \
        ${UPGRADE:+--upgrade} --output-file "$output" "$@" >/dev/null
    ! grep -nE '://|^--' "$output" || { echo "$output names an index" >&2; exit 1; }
    echo "pinned $output"
}

pin build.txt build.in
pin main.txt main.in
pin dev.txt dev.in # constrained by main.txt
pin rasa.txt main.in rasa.in
python=3.10 pin rasa-server.txt rasa-server.in
