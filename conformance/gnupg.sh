#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
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

sign() {
    gpgsm --batch --yes --disable-crl-checks --disable-policy-checks --local-user "$(holder)" --output signed --sign message
    openssl cms -verify -inform DER -in signed -CAfile "$ca_pem" -purpose any -out checked
    cmp message checked
}

holder() {
    gpgsm --with-colons --list-secret-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1
}

step 'learns the card' 16 - learn
step 'signs' 8 auth sign
step 'signs again' 5 auth sign
finish
