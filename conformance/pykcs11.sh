#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: python3-pykcs11
# PyKCS11: a script lists, logs in, signs, and signs with PSS; OpenSSL verifies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs /usr/bin/python3 openssl
/usr/bin/python3 -c 'import PyKCS11' 2>/dev/null || skip_all 'python3-pykcs11 is not installed'
card_enter

cat >card.py <<'PY'
import ctypes
import os
import sys
import PyKCS11
from PyKCS11 import LowLevel

token, what, pin = sys.argv[1:4]
if 'LOADED' in os.environ:  # how it is loaded first is how it stays
    ctypes.CDLL(sys.argv[4], mode=os.RTLD_NOW | getattr(os, os.environ['LOADED']))
lib = PyKCS11.PyKCS11Lib()
lib.load(sys.argv[4])
slots = [slot for slot in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(slot).label.strip() == token]
session = lib.openSession(slots[0], PyKCS11.CKF_SERIAL_SESSION)
if what == 'list':
    for thing in session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE)]):
        print(session.getAttributeValue(thing, [PyKCS11.CKA_LABEL])[0])
    sys.exit(0)
session.login(pin)
key = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])[0]
message = open('message', 'rb').read()
if what == 'pss':
    mechanism = PyKCS11.RSA_PSS_Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS_PSS, PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256, 32)
else:
    mechanism = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
with open('signature', 'wb') as out:
    out.write(bytes(session.sign(key, message, mechanism)))
session.logout()
session.closeSession()
PY
echo 'JPKI-TEST message' >message

run() {
    /usr/bin/python3 card.py "$@" "$JPKI_MODULE"
}

# A slot by its number, with no list before it; again after C_Finalize and C_Initialize; then in a forked child.
cat >numbers.py <<'PY'
import os
import sys
import PyKCS11

lib = PyKCS11.PyKCS11Lib()
lib.load(sys.argv[2])


def log_in(slot, pin):
    session = lib.openSession(slot, PyKCS11.CKF_SERIAL_SESSION)
    session.login(pin)
    session.logout()
    session.closeSession()


assert lib.getTokenInfo(1).label.strip() == 'JPKI Digital Signature'
lib.lib.C_Finalize()
lib.lib.C_Initialize()
log_in(0, sys.argv[1])
child = os.fork()
if child == 0:
    lib.lib.C_Initialize()
    log_in(0, sys.argv[1])
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY

numbers() {
    /usr/bin/python3 numbers.py "$auth_pin" "$JPKI_MODULE"
}

list() {
    run "$auth_token" list '' >listed
    [ "$(cat listed)" = "$auth_label" ]
}

sign() { # sign TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    run "$1" "$3" "$2"
    signature_judge "$4" -sha256 "${@:5}"
}

# Other ways to be loaded: before or behind everybody's symbols, and with another allocator.
loaded() { # loaded VARIABLE=VALUE TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    local -x "${1?}"
    sign "${@:2}"
}

# OpenSSL's configuration is the program's: the module, which checks its signatures, neither reads it nor what it would load.
# Python alone needs no OpenSSL.  Whoever opens the pipe to read is seen by who waits to write.
unread() { # unread TOKEN WHAT PIN
    local status=0 waiter
    rm -f openssl.cnf opened
    mkfifo openssl.cnf
    (echo 'openssl_conf = init' >openssl.cnf && touch opened) &
    waiter=$!
    OPENSSL_CONF=$PWD/openssl.cnf run "$@" || status=$?
    kill "$waiter" 2>/dev/null || true
    [ "$status" -eq 0 ]
    [ ! -e opened ] || { echo 'openssl.cnf was read'; return 1; }
}

wrong() {
    refused run "$auth_token" sign 9999
}

as_pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32)
jemalloc=$(/sbin/ldconfig -p | sed -n 's/.*libjemalloc\.so\.2.*=> //p' | head -n 1)
step 'certificates, no login' 6 - list
step 'slots by number, no list, forked child' 28 auth numbers
step 'login, sign' 16 auth sign "$auth_token" "$auth_pin" sign auth
step 'login, sign with PSS' 26 auth sign "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
for how in RTLD_DEEPBIND RTLD_GLOBAL; do
    step "loaded with $how, PSS" 26 auth loaded "LOADED=$how" "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
done
if [ -n "$jemalloc" ]; then
    step 'under jemalloc, PSS' 26 auth loaded "LD_PRELOAD=$jemalloc" "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
else
    echo 'skip - pykcs11: under jemalloc: libjemalloc2 is not installed'
fi
step 'openssl.cnf is not read, signature' 23 sign unread "$sign_token" sign "$sign_pin"
step 'openssl.cnf is not read, sign with PSS' 26 auth unread "$auth_token" pss "$auth_pin"
step 'login, sign, signature' 23 sign sign "$sign_token" "$sign_pin" sign sign
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong
step 'the right one brings them back' 16 auth sign "$auth_token" "$auth_pin" sign auth
finish
