#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: documents with faults through sign --pdf
#
#   tests/fuzz/pdf.sh [SECONDS [SEED]]     so much CPU time (default: 60 s); the last line counts what became of the mutants
#
# Builds with ASan and UBSan in a folder of its own, or in $JPKI_FUZZ_BUILD.  What failed stays in the folder that is named.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
build=${JPKI_FUZZ_BUILD:-$scratch/build}
# shellcheck source=conformance/lib-pdf.sh
. "$source/conformance/lib-pdf.sh"

for program in pdfsig qpdf certutil openssl; do
    command -v $program >/dev/null || { echo "skip - PDFs with faults: $program is not installed"; exit 77; }
done
[ -f "$build/build.ninja" ] || CC=gcc meson setup "$build" "$source" -Db_sanitize=address,undefined -Db_lundef=false \
    -Dtests=enabled >"$scratch/setup.log" 2>&1 || { cat "$scratch/setup.log"; exit 1; }
ninja -C "$build" -j2 tests/tools/sign-soft >"$scratch/build.log" 2>&1 || {
    grep -q 'unknown target' "$scratch/build.log" && { echo 'skip - PDFs with faults: built without libqpdf'; exit 77; }
    tail -30 "$scratch/build.log"
    exit 1
}
cd "$scratch"
mkdir db
certutil -N -d sql:db --empty-password
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /O=JPKI-TEST/CN=soft 2>/dev/null
documents_make documents >documents.log 2>&1 || true # a program that complains may have made its document all the same
[ -e documents/hand-short.pdf ] || { tail -30 documents.log; exit 1; }
soft=$build/tests/tools/sign-soft
if nice -n 19 "$source/tests/fuzz/pdf_mutants.py" "${1:-60}" "$soft" "${2:-1}" documents/*.pdf >log; then
    echo "ok - PDFs with faults: $(tail -n 1 log)"
    rm -rf "$scratch"
else
    cat log
    echo "not ok - PDFs with faults: see $scratch/findings"
    exit 1
fi
