#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: each harness under libFuzzer
#
#   tests/fuzz/fuzz.sh [SECONDS [NAME...]]     run (default: 60 s of CPU time each, all harnesses), one line for each
#   tests/fuzz/fuzz.sh --keep SECONDS [NAME...]   and keep what was found: the smallest inputs with all the coverage
#
# Builds with clang, ASan and UBSan in a folder of its own, or in $JPKI_FUZZ_BUILD.  Inputs that failed stay in the folder
# that the line names; "fuzz-NAME --input FILE" of any build runs one again.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
keep=no
[ "${1:-}" != --keep ] || { keep=yes; shift; }
seconds=${1:-60}
[ $# -eq 0 ] || shift
scratch=$(mktemp -d)
build=${JPKI_FUZZ_BUILD:-$scratch/build}
export JPKI_SIM_KEYS="$build/tests/sim/keys"

command -v clang >/dev/null || { echo "skip - libFuzzer: there is no clang"; exit 77; }
[ -f "$build/build.ninja" ] || CC=clang CXX=clang++ meson setup "$build" "$source" -Dfuzz=enabled -Dtools=disabled \
    -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link >"$scratch/setup.log" 2>&1 ||
    { cat "$scratch/setup.log"; exit 1; }
ninja -C "$build" -j2 >"$scratch/build.log" 2>&1 || { tail -30 "$scratch/build.log"; exit 1; }

# fuzz_stop PROCESS SECONDS: end it well when it has had so much CPU time, however busy the machine is
fuzz_stop() {
    had=0
    while now=$(ps -o cputimes= -p "$1"); do
        had=$((now))
        [ "$had" -lt "$2" ] || kill -USR1 "$1"
        sleep 1
    done
}

fuzz_one() {
    mkdir -p "$scratch/$1/corpus" "$scratch/$1/least" "$scratch/$1/failed"
    # once without a limit of time: the first run makes the simulated card's keys
    "$build/tests/fuzz/fuzz-$1" "$source/tests/fuzz/corpus/$1.bin" >/dev/null
    "$build/tests/fuzz/fuzz-$1" --unpack "$source/tests/fuzz/corpus/$1.bin" "$scratch/$1/corpus"
    nice -n 19 "$build/tests/fuzz/libfuzzer-$1" -max_len=49200 -timeout=20 -rss_limit_mb=3000 \
        -artifact_prefix="$scratch/$1/failed/" "$scratch/$1/corpus" >"$scratch/$1/log" 2>&1 &
    fuzz_stop $! "$seconds"
    if wait $!; then
        echo "ok - $1: $(grep -o 'cov: [0-9]*' "$scratch/$1/log" | tail -1), $had s of CPU time"
    else
        echo "not ok - $1: see $scratch/$1/log and failed/"
        failed=yes
    fi
    if [ $keep = yes ]; then
        "$build/tests/fuzz/libfuzzer-$1" -merge=1 -max_len=49200 "$scratch/$1/least" "$scratch/$1/corpus" \
            >>"$scratch/$1/log" 2>&1
        "$build/tests/fuzz/fuzz-$1" --pack "$source/tests/fuzz/corpus/$1.bin" "$scratch/$1/least"/*
    fi
}

failed=no
[ $# -gt 0 ] || set -- tlv cert pinpad options info answers module pcsc text
for name in "$@"; do
    fuzz_one "$name"
done
[ $failed = yes ] || rm -rf "$scratch"
[ $failed = no ]
