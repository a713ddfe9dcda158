#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: three analysers over apdu/, module/ and tools/, each at zero, and a query for pointers taken as truths
#
#   tests/rules/static-analysis.sh       .clang-tidy says what clang-tidy looks for
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=no

say() { # say NAME FILE: the file has what was found
    if [ -s "$2" ]; then
        echo "not ok - $1"
        cat "$2"
        failed=yes
    else
        echo "ok - $1"
    fi
}

# skip_without COMMAND: whether the analyser is missing; all of them are in scripts/install-deps
skip_without() {
    command -v "$1" >/dev/null && return 1
    echo "skip - $1: it is not installed"
}

cd "$source"
CC=clang meson setup "$scratch/build" "$source" -Dtests=disabled -Dnext_generation=true >/dev/null

if ! skip_without clang-tidy; then
    find apdu module tools -name '*.c' -print0 |
        xargs -0 -P2 -n6 clang-tidy --quiet -p "$scratch/build" >"$scratch/all" 2>"$scratch/err" || true
    grep -E "(error|warning):" "$scratch/all" >"$scratch/tidy" || true
    # an analyser that could not start finds nothing
    grep -iE "error while|no such file|cannot" "$scratch/err" >>"$scratch/tidy" || true
    say clang-tidy "$scratch/tidy"
fi

if ! skip_without cppcheck; then
    # it cannot read attributes behind a declaration nor OpenSSL's templates, and takes BUF_OVER for a use of what is in the
    # array
    cat >"$scratch/macros.h" <<'EOF'
#define __attribute__(x)
#define ASN1_ITEM_TEMPLATE(name) static const int name
#define ASN1_EX_TEMPLATE_TYPE(flags, tag, name, type) 0;
#define static_ASN1_ITEM_TEMPLATE_END(name)
EOF
    cppcheck -j2 --quiet --enable=warning,performance,portability --inline-suppr --std=c11 \
        --include="$scratch/macros.h" -D__linux__ --suppress=legacyUninitvar --suppress=normalCheckLevelMaxBranches \
        -Iapdu -Imodule -Ipkcs11-headers -I"$scratch/build" apdu module tools \
        >"$scratch/cppcheck" 2>&1 || true
    say cppcheck "$scratch/cppcheck"
fi

if ! skip_without scan-build; then
    CC=clang scan-build meson setup "$scratch/scan" "$source" -Dtests=disabled -Dnext_generation=true >/dev/null 2>&1
    scan-build -o "$scratch/reports" ninja -C "$scratch/scan" -j2 >"$scratch/all" 2>&1 ||
        echo "the build failed" >"$scratch/scan.log"
    grep -E "warning:|error:" "$scratch/all" >>"$scratch/scan.log" || true
    say scan-build "$scratch/scan.log"
fi

# A pointer is compared with NULL, not taken as a truth.
pointer='expr(hasType(hasCanonicalType(pointerType()))).bind("it")'
{
    echo 'set output diag'
    echo 'set bind-root false'
    for statement in ifStmt whileStmt forStmt doStmt conditionalOperator; do
        echo "match $statement(isExpansionInMainFile(), hasCondition($pointer))"
    done
    echo "match unaryOperator(isExpansionInMainFile(), hasOperatorName(\"!\"), hasUnaryOperand($pointer))"
    echo "match binaryOperator(isExpansionInMainFile(), hasAnyOperatorName(\"&&\", \"||\"), hasEitherOperand($pointer))"
    echo 'match castExpr(isExpansionInMainFile(), hasCastKind("CK_PointerToBoolean")).bind("it")'
} >"$scratch/query"
pointers_find() { # of the files whose names come, the places, and what could not be read
    xargs -0 -n8 clang-query -p "$scratch/build" -f "$scratch/query" 2>&1 | grep -E 'note: "it" binds here|rror ' || true
}
if ! skip_without clang-query; then
    printf 'int f(const char *a, const char *b);\nint f(const char *a, const char *b)\n{\n%s\n}\n' \
        'if (a) { return 1; } while (!b) { a++; } return (a && b) || (b ? 1 : 0);' >"$scratch/control.c"
    printf '%s\0' "$scratch/control.c" | pointers_find >"$scratch/found"
    [ "$(sort -u "$scratch/found" | wc -l)" -ge 4 ] ||
        echo "clang-query no longer sees a pointer as a truth" >"$scratch/pointers"
    find apdu module tools -name '*.c' -print0 | pointers_find >>"$scratch/pointers"
    say 'pointers and NULL' "$scratch/pointers"
fi
[ $failed = no ]
