#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: builds the harnesses twice more
#
# packaging/oss-fuzz/build.sh with the environment that OSS-Fuzz gives it, for each sanitizer of project.yaml; then every
# target for a few seconds, from another folder than it was built for and as a user who may write nowhere there.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-5}
for tool in clang++ zip unzip meson; do
    command -v "$tool" >/dev/null || { echo "skip - OSS-Fuzz: there is no $tool"; exit 77; }
done
scratch=$(mktemp -d)
chmod 755 "$scratch"
status=1
trap '[ $status -ne 0 ] || rm -rf "$scratch"' EXIT

mkdir -p "$scratch/src/libjpki-pkcs11"
chmod 700 "$scratch/src" # not for the user that runs the targets
(cd "$source" && git ls-files -z --cached --others --exclude-standard |
    xargs -0 cp --parents -t "$scratch/src/libjpki-pkcs11")

some=array-bounds,bool,builtin,enum,integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,shift
some=$some,signed-integer-overflow,unreachable,vla-bound

# flags_of SANITIZER: what base-builder's image sets
flags_of() {
    case $1 in
    address) echo "-fsanitize=address -fsanitize-address-use-after-scope" ;;
    undefined) echo "-fsanitize=$some -fno-sanitize-recover=$some" ;;
    esac
}

build() { # build SANITIZER
    flags="-O1 -fno-omit-frame-pointer -gline-tables-only -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION $(flags_of "$1")"
    mkdir -p "$scratch/$1/built" "$scratch/$1/work"
    env CC=clang CXX=clang++ CFLAGS="$flags -fsanitize=fuzzer-no-link" CXXFLAGS="$flags -fsanitize=fuzzer-no-link" \
        LIB_FUZZING_ENGINE=-fsanitize=fuzzer SANITIZER="$1" FUZZING_ENGINE=libfuzzer ARCHITECTURE=x86_64 \
        SRC="$scratch/src" WORK="$scratch/$1/work" OUT="$scratch/$1/built" \
        "$source/packaging/oss-fuzz/build.sh" >"$scratch/$1/log" 2>&1
}

# run SANITIZER TARGET: with its seeds; what it is linked with lies beside it, or is the C library
run() {
    out=$scratch/$1/out
    mkdir "$scratch/$1/$2" "$scratch/$1/$2/seeds"
    unzip -q "$out/${2}_seed_corpus.zip" -d "$scratch/$1/$2/seeds"
    if ldd "$out/$2" | awk -v out="$out/" '/=> \// && index($3, out) != 1 && $1 !~ /^lib(c|m|dl|gcc_s|stdc\+\+)\.so/' |
        grep . >"$scratch/$1/$2/log"; then
        return 1
    fi
    (cd "$scratch/$1/$2" && setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \
        "$out/$2" -max_total_time="$seconds" -max_len=49200 -timeout=20 -rss_limit_mb=2560 seeds) >>"$scratch/$1/$2/log" 2>&1
}

failed=0
sanitizers=$(sed -n '/^sanitizers:/,$s/^  - //p' "$source/packaging/oss-fuzz/project.yaml")
for sanitizer in $sanitizers; do
    if ! build "$sanitizer"; then
        tail -20 "$scratch/$sanitizer/log"
        echo "not ok - OSS-Fuzz, $sanitizer: built by build.sh"
        failed=1
        continue
    fi
    echo "ok - OSS-Fuzz, $sanitizer: built by build.sh"
    rm -rf "$scratch/$sanitizer/work"
    mv "$scratch/$sanitizer/built" "$scratch/$sanitizer/out"
    for seeds in "$scratch/$sanitizer"/out/*_seed_corpus.zip; do
        name=$(basename "$seeds" _seed_corpus.zip)
        if run "$sanitizer" "$name"; then
            echo "ok - OSS-Fuzz, $sanitizer: $name, $(grep -o 'cov: [0-9]*' "$scratch/$sanitizer/$name/log" | tail -1)"
        else
            echo "not ok - OSS-Fuzz, $sanitizer: $name; see $scratch/$sanitizer/$name/log"
            failed=1
        fi
    done
done
status=$failed
exit $failed
