# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# GnuPG with gnupg-pkcs11-scd in its scdaemon's place, in a home of its own, and a pinentry that answers by itself.
# shellcheck disable=SC2154

gpg_prepare() {
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
}

# The certificate that gpgsm has a key for.
gpg_holder() {
    gpgsm --with-colons --list-secret-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1
}
