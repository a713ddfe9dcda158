# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What flatpak.sh and snap.sh share: trees of Debian below the build folder, kept between runs, and the browsers in them.
set -u
client=$(basename "$0" .sh)
here=$(cd "$(dirname "$0")" && pwd)
trees=${JPKI_BUILD:-$here/../build}
mkdir -p "$trees/sandbox" && trees=$(cd "$trees/sandbox" && pwd)

skip_all() { # skip_all WHY
    echo "skip - $client: $1"
    exit 77
}

sandbox_needs() { # sandbox_needs PROGRAM...
    local program
    [ "$(id -u)" -eq 0 ] || skip_all 'only root can make a tree of another system'
    for program in debootstrap p11-kit systemctl "$@"; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

tree_make() { # tree_make SUITE
    nice "$here/sandbox-tree" "$1" "$trees/$1" >"$trees/$1.log" 2>&1 ||
        skip_all "no tree of $1 could be made: $(tail -n 1 "$trees/$1.log")"
}

browser_run() { # browser_run SANDBOX [BROWSER [OPTION OR CASE...]]
    local kind=$1 browser=${2:-firefox}
    shift $(($# > 1 ? 2 : 1))
    [ $# -gt 0 ] || set -- --all
    exec nice "$here/$browser-$kind" "$@"
}
