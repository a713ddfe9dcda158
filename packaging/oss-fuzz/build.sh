#!/bin/bash -eu
# SPDX-License-Identifier: BSD-3-Clause
# Builds the harnesses of tests/fuzz as OSS-Fuzz has it: its compilers and flags are in the environment, the targets go to
# $OUT with all that they read, since nothing else of this image is where they run.  tests/fuzz/oss-fuzz.sh does it outside.
cd "$SRC/libjpki-pkcs11"
names='tlv cert pinpad options info answers module pcsc text'
build=$WORK/build
rm -rf "$build"
LDFLAGS="${LDFLAGS:-} -Wl,-rpath,\$ORIGIN/lib" meson setup "$build" --buildtype=plain -Db_lundef=false -Dtools=disabled \
    -Dfuzz=enabled -Dfuzz_engine="$LIB_FUZZING_ENGINE"
for name in $names; do
    echo "tests/fuzz/fuzz-$name" "tests/fuzz/libfuzzer-$name"
done | xargs ninja -C "$build"

export JPKI_SIM_KEYS=$OUT/sim-keys
mkdir -p "$OUT/lib"
cp tests/data/permitted.tsv tests/rules/pkcs11/constants.tsv "$OUT/"
for name in $names; do
    "$build/tests/fuzz/fuzz-$name" "tests/fuzz/corpus/$name.bin" # once, which makes the simulated cards' keys
    cp "$build/tests/fuzz/libfuzzer-$name" "$OUT/$name"
    mkdir "$build/corpus-$name"
    "$build/tests/fuzz/fuzz-$name" --unpack "tests/fuzz/corpus/$name.bin" "$build/corpus-$name"
    (cd "$build/corpus-$name" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
done
# what they are linked with, but for the C library
ldd "$OUT/module" "$OUT/pcsc" | awk '/=> \// && $1 !~ /^lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so/ { print $3 }' | sort -u |
    xargs -r cp -t "$OUT/lib"
