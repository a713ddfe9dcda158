#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: a copy of the tree is built, and built again with each patch in this folder
# Tests that can fail: each patch takes one mended fault's remedy out of a copy, and the test that it names must turn red.
# A patch that no longer applies is a failure too: either the remedy moved, and the patch must follow, or it is gone.
#
#   mutants.sh [WORD...]     only the patches whose name contains a WORD
#
# Head of a patch: "Target:" what is built, a line for each, "Test:" as meson names it, "Red:" the case of it that must fail.
set -u
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$source/tests/soak/lib.sh"
place_make
copy=$place/copy
export GIT_CEILING_DIRECTORIES=$place # the copy is no repository, wherever it lies

field() { # field NAME PATCH
    sed -n "s/^$1: //p;/^diff /q" "$2"
}

wanted() { # wanted PATCH: whether the command line asks for it
    local word
    [ ${#words[@]} -gt 0 ] || return 0
    for word in "${words[@]}"; do
        [[ $(basename "$1") != *"$word"* ]] || return 0
    done
    return 1
}

build() { # build TARGET...
    nice ninja -C "$copy/build" "$@" >"$place/built" 2>&1
}

run() { # run TEST: what it said is in $place/said
    meson test -C "$copy/build" --no-rebuild --verbose "$1" >"$place/said" 2>&1 &&
        grep -q '^Skipped: *0 *$' "$place/said" # a test that is left out is not green
}

turns_red() { # turns_red PATCH: built, and its case fails, for what the test says of it
    local red own
    red=$(field Red "$1")
    mapfile -t own < <(field Target "$1")
    build "${own[@]}" || { tail -n 5 "$place/built" | sed 's/^/# /'; return 1; }
    ! run "$(field Test "$1")" && grep -qE ":[FE]:[^:]*:$red:|(not ok - |^)$red" "$place/said"
}

words=("$@")
patches=()
for patch in "$source"/tests/mutants/*.patch; do
    wanted "$patch" && patches+=("$patch")
done
[ ${#patches[@]} -gt 0 ] || { echo "not ok - mutants: there is no such patch"; exit 1; }

mkdir "$copy"
tar -C "$source" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$copy" -xf -
mkdir "$copy/build"
# what scripts/install-deps unpacked: the virtual reader's driver, servers
[ ! -d "${JPKI_BUILD:-$source/build}/servers" ] || ln -s "${JPKI_BUILD:-$source/build}/servers" "$copy/build/"
meson setup "$copy/build" "$copy" >"$place/built" 2>&1 || { cat "$place/built"; exit 1; }
mapfile -t targets < <(for patch in "${patches[@]}"; do field Target "$patch"; done | sort -u)
mapfile -t tests < <(for patch in "${patches[@]}"; do field Test "$patch"; done | sort -u)
build "${targets[@]}" || { tail -n 20 "$place/built"; exit 1; }
for test in "${tests[@]}"; do
    run "$test"
    say $? "mutants: $test is green without one"
done

for patch in "${patches[@]}"; do
    name=$(basename "$patch" .patch)
    if ! (cd "$copy" && git apply "$patch") >"$place/built" 2>&1; then
        cat "$place/built"
        say 1 "mutants: $name no longer applies"
        continue
    fi
    turns_red "$patch"
    say $? "mutants: $name turns $(field Test "$patch") red ($(field Red "$patch"))"
    (cd "$copy" && git apply -R "$patch") || exit 1
done
exit $failed
