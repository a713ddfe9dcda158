#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: builds apdu/ and module/ once more
#
# With musl in the place of glibc, by Debian's musl-gcc: all of apdu/ and module/ compiles without a warning, against the
# headers of OpenSSL and pcsc-lite; the tests of tests/unit run, linked statically; the forwarder, which needs a C library
# alone, is linked whole.  Debian has no libcrypto and no libpcsclite for musl, so the module itself is not linked here.
set -eu
cd "$(dirname "$0")/../.."
command -v musl-gcc >/dev/null || { echo "skip - musl: there is no musl-gcc (package musl-tools)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# The headers of two libraries without those of glibc beside them.
mkdir "$scratch/headers" "$scratch/headers-here"
ln -s /usr/include/openssl /usr/include/PCSC "$scratch/headers"
ln -s "/usr/include/$(gcc -print-multiarch)/openssl" "$scratch/headers-here"
cat >"$scratch/conf.h" <<END
#define JPKI_VERSION "0"
#define JPKI_VERSION_MAJOR 0
#define JPKI_VERSION_MINOR 0
END

compile() { # compile OUT SOURCE [OPTION...]
    out=$1 source=$2
    shift 2
    musl-gcc -std=c11 -D_GNU_SOURCE= -O2 -fPIC -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wundef \
        -Wformat=2 -Werror -isystem "$scratch/headers" -isystem "$scratch/headers-here" -isystem "$scratch/headers/PCSC" \
        -Iapdu -Itests/fake -I"$scratch" -DJPKI_SYSCONF='"/nowhere"' "$@" -c "$source" -o "$out"
}

# all FOLDER [OPTION...]
all() {
    folder=$1
    shift
    mkdir -p "$scratch/$folder"
    count=0 wrong=
    for source in "$folder"/*.c; do
        name=$(basename "$source" .c)
        compile "$scratch/$folder/$name.o" "$source" "$@" || wrong="$wrong $name"
        count=$((count + 1))
    done
    if [ -z "$wrong" ]; then
        echo "ok - musl: $folder compiles without a warning, $count files"
    else
        echo "not ok - musl: $folder:$wrong" && failed=1
    fi
}

all apdu
all module -Ipkcs11-headers
all tests/fake
all tests/unit -isystem tests/fake/musl

if musl-gcc -shared -o "$scratch/forward.so" "$scratch/module/forward.o" -Wl,-z,defs; then
    echo "ok - musl: the forwarder is linked with musl alone"
else
    echo "not ok - musl: the forwarder is linked with musl alone" && failed=1
fi

pcsc="$scratch/apdu/pcsc.o $scratch/apdu/pcsc_code.o $scratch/apdu/pcsc_context.o $scratch/apdu/pcsc_watch.o"
fakes="$scratch/tests/fake/winscard_fake.o $scratch/tests/fake/time_fake.o"
ar rcs "$scratch/libapdu.a" "$scratch"/apdu/*.o "$scratch/tests/fake/script.o" "$scratch/tests/unit/unit.o"
for test in tests/unit/test_*.c; do
    name=$(basename "$test" .c)
    # shellcheck disable=SC2086 # lists of objects
    case $name in test_pcsc*) more="$pcsc $fakes" ;; *) more= ;; esac
    # shellcheck disable=SC2086
    if musl-gcc -static -o "$scratch/$name" "$scratch/tests/unit/$name.o" $more "$scratch/libapdu.a" -lpthread \
        && "$scratch/$name" >"$scratch/$name.log" 2>&1; then
        echo "ok - musl: $name, $(tail -1 "$scratch/$name.log")"
    else
        tail -5 "$scratch/$name.log"
        echo "not ok - musl: $name" && failed=1
    fi
done
exit $failed
