#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The rig keeps its promises: no driver but the virtual one, no USB, no meeting of two runs, nothing left behind.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell inside
set -u

source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
rig=$source/scripts/with-card
. "$source/tests/soak/lib.sh"
place_make

# A client of pcscd that needs nothing but Python: the names of the readers, one a line.
cat >"$place/readers.py" <<'PY'
import ctypes
pcsc = ctypes.CDLL('libpcsclite.so.1')
context, size, names = ctypes.c_long(), ctypes.c_ulong(4096), ctypes.create_string_buffer(4096)
assert pcsc.SCardEstablishContext(ctypes.c_ulong(2), None, None, ctypes.byref(context)) == 0
assert pcsc.SCardListReaders(context, None, names, ctypes.byref(size)) == 0
print('\n'.join(name.decode() for name in names.raw[:size.value].split(b'\0') if name))
PY

"$rig" -- true 2>"$place/err"
status=$?
if [ $status -eq 77 ]; then
    tail -n 1 "$place/err"
    exit 77
fi
say $status "the rig comes up and ends with the command"
[ $status -eq 0 ] || { cat "$place/err"; exit 1; }

# --- what pcscd can load and see
"$rig" -- sh -c 'find /usr/lib/pcsc/drivers -type f; find /dev/bus/usb /sys/bus/usb -mindepth 1 2>/dev/null' >"$place/seen"
echo /usr/lib/pcsc/drivers/serial/libifdvpcd.so | cmp -s - "$place/seen"
say $? "no driver but the virtual one, no USB device"

"$rig" -- python3 "$place/readers.py" >"$place/seen"
printf 'JPKI Test Reader 00 00\nJPKI Test Reader 00 01\n' | cmp -s - "$place/seen"
say $? "two readers, both virtual"

[ "$(PCSCLITE_CSOCK_NAME=/nowhere "$rig" -- sh -c 'echo "${PCSCLITE_CSOCK_NAME-unset}"')" = unset ]
say $? "a socket named by the environment is forgotten"

"$rig" --pretend-own Other -- touch "$place/started" 2>"$place/err"
[ $? -eq 125 ] && [ ! -e "$place/started" ] && grep -q 'not ours' "$place/err"
say $? "a foreign reader: the command is not started"

"$rig" -- mkdir "/run/jpki-rig-$$" && [ ! -e "/run/jpki-rig-$$" ]
say $? "what is made in /run is not seen outside"
rmdir "/run/jpki-rig-$$" 2>/dev/null

# --- exit status
"$rig" -- sh -c 'exit 42'
[ $? -eq 42 ]
say $? "the exit status is the command's"
"$rig" -- sh -c 'kill -KILL $$'
[ $? -eq 137 ]
say $? "a command that a signal ended: 128 + signal"
"$rig" -- "$place/no-such-command" 2>/dev/null
[ $? -eq 127 ]
say $? "no such command: 127"

# --- two at once
meet() { # meet NAME: say we are there, wait for the other, then look
    "$rig" --reader-name "$1" -- sh -c 'touch "$1/$2.up"; n=0
        while [ ! -e "$1/$3.up" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
        python3 "$1/readers.py"; touch "$1/$2.seen"; n=0
        while [ ! -e "$1/$3.seen" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
        [ -e "$1/$3.up" ] && [ -e "$1/$3.seen" ]' sh "$place" "$1" "$2" >"$place/$1.readers"
}
meet Left Right &
left=$!
meet Right Left
status=$?
wait $left && [ $status -eq 0 ] && ! grep -q Right "$place/Left.readers" && ! grep -q Left "$place/Right.readers" \
    && [ "$(cat "$place/Left.readers" "$place/Right.readers" | wc -l)" -eq 4 ]
say $? "two runs at the same time do not see each other"

# --- nothing is left behind; a word in the environment tells our processes from others
survivors() { grep -lszx "JPKI_RIG_MARK=$1" /proc/[0-9]*/environ 2>/dev/null; }
traces() { # mounts and files outside
    cat /proc/self/mountinfo
    find /run -maxdepth 2 -printf '%p %y\n' 2>/dev/null
    find "${TMPDIR:-/tmp}" -maxdepth 1 -iname '*pcsc*'
}
gone() { # gone MARK
    for _ in $(seq 600); do
        [ -z "$(survivors "$1")" ] && return 0
        sleep 0.05
    done
    return 1
}
started() { # started FILE
    for _ in $(seq 600); do
        [ -e "$1" ] && return 0
        sleep 0.05
    done
    return 1
}
traces >"$place/before"

JPKI_RIG_MARK=ends "$rig" -- sh -c 'sleep 1000 & setsid sleep 1000 & exit 3'
[ $? -eq 3 ] && gone ends
say $? "nothing is left when the command fails and leaves processes"

for signal in TERM INT HUP KILL; do
    rm -f "$place/up"
    JPKI_RIG_MARK=$signal setsid "$rig" -- sh -c 'touch "$1/up"; exec sleep 1000' sh "$place" 2>/dev/null &
    leader=$!
    started "$place/up"
    marked=$(survivors $signal | wc -l)
    [ "$marked" -ge 3 ] && kill -s $signal "$leader" && gone $signal
    say $? "nothing is left when the rig gets $signal"
    wait $leader 2>/dev/null || true
done

traces >"$place/after"
cmp -s "$place/before" "$place/after"
say $? "mounts and files outside are as before"

# --- without rights
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    $as_nobody test -r "$rig" || { echo "skip - works as nobody: the checkout's folder is closed to others"; exit $failed; }
    $as_nobody "$rig" -- sh -c 'python3 "$1/readers.py"' sh "$place" >"$place/seen" 2>"$place/err"
    case $? in
    77) echo "skip - works as nobody: $(tail -n 1 "$place/err")" ;;
    0)
        printf 'JPKI Test Reader 00 00\nJPKI Test Reader 00 01\n' | cmp -s - "$place/seen"
        say $? "works as nobody"
        ;;
    *)
        cat "$place/err"
        say 1 "works as nobody"
        ;;
    esac
else
    say 0 "works without root (this run is one)"
fi

exit $failed
