#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: gnupg-pkcs11-scd
# long: not one of the first clients
# GnuPG's gpgsm through gnupg-pkcs11-scd: learns the card's certificate and signs; OpenSSL verifies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-gpg.sh
. "$(dirname "$0")/lib-gpg.sh"
needs gpgsm gpg-connect-agent gpgconf gnupg-pkcs11-scd openssl
card_enter

gpg_prepare
echo 'JPKI-TEST message' >message

learn() {
    gpg-connect-agent 'SCD LEARN' /bye >learned
    cat learned
    grep -q KEY-FRIEDNLY learned
    gpgsm --learn-card
    gpgsm --list-secret-keys
}

# The card's answer as scdaemon gives it, checked by OpenSSL.
scd_sign() {
    local id
    id=$(sed -n 's/^S KEYPAIRINFO [0-9A-F]* //p' learned | head -n 1)
    {
        echo '/definqfile NEEDPIN pin'
        echo "SCD SETDATA $(openssl dgst -sha256 -r message | cut -c 1-64)"
        echo '/datafile signature'
        echo "SCD PKSIGN --hash=sha256 $id"
    } >commands
    rm -f signature
    gpg-connect-agent <commands
    signature_judge auth -sha256
}

# gpgsm writes a needless zero before every second signature, which OpenSSL refuses (QUIRKS.md): so gpgsm reads it here, and
# OpenSSL only if its length is right.
sign() {
    gpgsm --batch --yes --disable-crl-checks --disable-policy-checks --local-user "$(gpg_holder)" --output signed \
        --sign message
    gpgsm --batch --disable-crl-checks --disable-policy-checks --verify signed
    if openssl asn1parse -inform DER -in signed | tail -n 5 | grep -q 'l= 256 prim: *OCTET STRING'; then
        openssl cms -verify -inform DER -in signed -CAfile "$ca_pem" -purpose any -out checked
        cmp message checked
    fi
}

# GnuPG's own scdaemon does not know this card and finds none; how often the card was spoken to tells whether it came to it.
look_with_own() { # look_with_own [LINE-OF-ITS-CONFIGURATION]
    rm -rf own
    mkdir -m 700 own
    echo "scdaemon-program $(command -v scdaemon)" >own/gpg-agent.conf
    printf 'disable-ccid\n%s\n' "${1:-}" >own/scdaemon.conf
    refused gpg --homedir "$place/own" --card-status 2>said
    grep 'No such device' said
}

own_end() {
    gpgconf --homedir "$place/own" --kill all
}

let_go() { # it runs on, and others have the reader
    look_with_own
    pkcs11-tool --module "$JPKI_MODULE" --slot 0 --login --pin "$auth_pin" --sign -m SHA256-RSA-PKCS --input-file message \
        --output-file signature
    own_end
}

beside_login() { # beside_login [LINE]: a session of ours is logged in meanwhile
    rm -f ready
    /usr/bin/python3 -c "import PyKCS11, time
lib = PyKCS11.PyKCS11Lib()
lib.load('$JPKI_MODULE')
session = lib.openSession(0)
session.login('$auth_pin')
open('ready', 'w')
time.sleep(60)" &
    for _ in $(seq 100); do [ -e ready ] || sleep 0.1; done
    look_with_own "$@"
    kill $!
    own_end
}

step 'learns the card' 14 - learn
step 'scdaemon signs' 9 auth scd_sign
step 'gpgsm signs' 5 auth sign
step 'gpgsm signs again' 5 auth sign
if command -v scdaemon >/dev/null && /usr/bin/python3 -c 'import PyKCS11' 2>/dev/null; then
    gpgconf --kill all
    # what a card that it does not know is asked is not ours: 2.4 asks it three times more than 2.2
    more=3
    [[ $(scdaemon --version) != *' 2.2.'* ]] || more=0
    step 'scdaemon of GnuPG: looks, and lets the card go' $((25 + more)) auth let_go
    step 'scdaemon of GnuPG beside a login of ours: kept out' 11 auth beside_login
    step 'the same, pcsc-shared: let in' $((20 + more)) auth beside_login pcsc-shared
else
    echo "skip - $client: scdaemon of GnuPG: it or python3-pykcs11 is not installed"
fi
finish
