#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: gnupg-pkcs11-scd
# long: not one of the first clients
# GnuPG's gpgsm through gnupg-pkcs11-scd: learns the card's certificate and signs; OpenSSL verifies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs gpgsm gpg-connect-agent gpgconf gnupg-pkcs11-scd openssl
card_enter

export GNUPGHOME=$place/gnupg
mkdir -m 700 "$GNUPGHOME"
cat >"$GNUPGHOME/gnupg-pkcs11-scd.conf" <<CONF
providers jpki
provider-jpki-library $JPKI_MODULE
CONF
# It answers the agent's questions with the PIN.
cat >pinentry <<'SH'
#!/bin/sh
echo "OK ready"
while read -r word rest; do
    case $word in
    GETPIN) printf 'D %s\nOK\n' "$(cat "$PIN_FILE")" ;;
    BYE) echo OK; exit 0 ;;
    GETINFO) printf 'D %s\nOK\n' "$$" ;;
    *) echo OK ;;
    esac
done
SH
chmod 755 pinentry
export PIN_FILE=$place/pin
echo "$auth_pin" >pin
cat >"$GNUPGHOME/gpg-agent.conf" <<CONF
scdaemon-program $(command -v gnupg-pkcs11-scd)
pinentry-program $place/pinentry
CONF
fingerprint=$(openssl x509 -in "$ca_pem" -noout -fingerprint -sha1 | sed 's/.*=//')
echo "$fingerprint S relax" >"$GNUPGHOME/trustlist.txt"
gpgsm --batch --quiet --import "$ca_pem" 2>/dev/null
trap 'gpgconf --kill all; rm -rf "$place"' EXIT
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
    openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >public.pem
    openssl dgst -sha256 -verify public.pem -signature signature message
}

# gpgsm writes a needless zero before every second signature, which OpenSSL refuses (QUIRKS.md): so gpgsm reads it here, and
# OpenSSL only if its length is right.
sign() {
    gpgsm --batch --yes --disable-crl-checks --disable-policy-checks --local-user "$(holder)" --output signed --sign message
    gpgsm --batch --disable-crl-checks --disable-policy-checks --verify signed
    if openssl asn1parse -inform DER -in signed | tail -n 5 | grep -q 'l= 256 prim: *OCTET STRING'; then
        openssl cms -verify -inform DER -in signed -CAfile "$ca_pem" -purpose any -out checked
        cmp message checked
    fi
}

holder() {
    gpgsm --with-colons --list-secret-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1
}

step 'learns the card' 14 - learn
step 'scdaemon signs' 9 auth scd_sign
step 'gpgsm signs' 5 auth sign
step 'gpgsm signs again' 5 auth sign
finish
