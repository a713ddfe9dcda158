#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: python3-pkcs11
# python-pkcs11: a script lists, logs in, signs, and signs with PSS; OpenSSL verifies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs /usr/bin/python3 openssl
needs_if_there python3-pkcs11 /usr/lib/python3/dist-packages/pkcs11
card_enter

cat >card.py <<'PY'
import sys
import pkcs11
from pkcs11 import Attribute, Mechanism, MGF, ObjectClass

module, label, what, pin = sys.argv[1:5]
token = pkcs11.lib(module).get_token(token_label=label)
if what == 'list':
    with token.open() as session:
        for thing in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            print(thing[Attribute.LABEL])
elif what == 'everything':
    with token.open() as session:
        print(len(list(session.get_objects())))
elif what == 'again':  # a program that tries until it is let in
    for _ in range(3):
        try:
            token.open(user_pin=pin).close()
        except pkcs11.exceptions.PKCS11Error as error:
            print(type(error).__name__)
else:
    with token.open(user_pin=pin) as session:
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY)
        message = open('message', 'rb').read()
        if what == 'pss':
            signature = key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS_PSS,
                                 mechanism_param=(Mechanism.SHA256, MGF.SHA256, 32))
        else:
            signature = key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS)
        open('signature', 'wb').write(signature)
PY
echo 'JPKI-TEST message' >message

run() {
    /usr/bin/python3 card.py "$JPKI_MODULE" "$@"
}

list() {
    run "$auth_token" list '' >listed
    [ "$(cat listed)" = "$auth_label" ]
}

# Version 0.7 knows no CKO_PROFILE, and ends at the first; later ones give certificate, public key and four profiles.
everything() {
    if run "$auth_token" everything '' >listed 2>said; then
        [ "$(cat listed)" -eq 6 ]
    else
        cat said
        dpkg-query -W -f '${Version}' python3-pkcs11 | grep -q '^0\.7'
        grep -q 'ValueError: 9 is not a valid ObjectClass' said
    fi
}

sign() { # sign TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    run "$1" "$3" "$2"
    signature_judge "$4" -sha256 "${@:5}"
}

wrong() {
    run "$auth_token" again 9999 >listed
    cat listed
    printf '%s\n' PinIncorrect PinIncorrect FunctionCancelled | cmp - listed
}

as_pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32)
step 'certificates, no login' 8 - list
step 'all objects, no login' 8 - everything
step 'login, sign' 18 auth sign "$auth_token" "$auth_pin" sign auth
step 'login, sign with PSS' 26 auth sign "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
# 25 with version 0.7 of Debian 13; 0.9 asks the key for more
step 'login, sign, signature' 31 sign sign "$sign_token" "$sign_pin" sign sign
tries_auth=2 step 'a wrong PIN, given three times, costs one try' 17 auth wrong
step 'the right one brings them back' 18 auth sign "$auth_token" "$auth_pin" sign auth
finish
