#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: libpam-p11
# long: not one of the first clients
# A login through PAM: pam_p11 (by the key) and pam_pkcs11 (by the certificate and its authority), driven by pamtester.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs pamtester openssl ssh-keygen
pam_folder=/usr/lib/x86_64-linux-gnu/security
[ -e $pam_folder/pam_p11.so ] || pam_folder=/lib/x86_64-linux-gnu/security
needs $pam_folder/pam_p11.so
card_enter

# A person of our own, in this rig's mounts alone.
cp -a /etc/pam.d pam.d
cp /etc/passwd passwd
echo "jpki-test:x:64999:64999::$place/home:/bin/sh" >>passwd
cp /etc/shadow shadow
echo 'jpki-test:*:19000:0:99999:7:::' >>shadow
mount --bind passwd /etc/passwd || skip_all 'nothing can be mounted here'
mount --bind shadow /etc/shadow
mount --bind pam.d /etc/pam.d
mkdir -p "$HOME/.ssh" "$HOME/.eid"
openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >auth.spki
ssh-keygen -i -m PKCS8 -f auth.spki >"$HOME/.ssh/authorized_keys"
chown -R 64999:64999 "$HOME"

printf 'auth required %s %s\naccount required pam_permit.so\n' pam_p11.so "$JPKI_MODULE" >pam.d/jpki-p11

mkdir -p pkcs11/cacerts
cp "$ca_pem" pkcs11/cacerts/auth-ca.pem
openssl rehash pkcs11/cacerts
cat >pkcs11/pam_pkcs11.conf <<CONF
pam_pkcs11 {
    nullok = false;
    debug = false;
    use_pkcs11_module = jpki;
    pkcs11_module jpki {
        module = $JPKI_MODULE;
        slot_num = 0;
        ca_dir = $place/pkcs11/cacerts;
        cert_policy = ca,signature;
    }
    use_mappers = subject;
    mapper subject {
        module = internal;
        ignorecase = false;
        mapfile = file://$place/pkcs11/subject_mapping;
    }
}
CONF
printf 'auth required %s config_file=%s\naccount required pam_permit.so\n' pam_pkcs11.so "$place/pkcs11/pam_pkcs11.conf" \
    >pam.d/jpki-pkcs11
pkcs11_inspect config_file="$place/pkcs11/pam_pkcs11.conf" 2>&1 </dev/null | head -n 5 >inspected
openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -subject -nameopt compat | sed 's/^subject=//; s/$/ -> jpki-test/' \
    >pkcs11/subject_mapping

enter() { # enter SERVICE PIN
    printf '%s\n' "$2" | timeout 20 pamtester "$1" jpki-test authenticate >log 2>&1
    cat log
    grep -q 'successfully authenticated' log
}

step 'pam_p11: login' 23 auth enter jpki-p11 "$auth_pin"
step 'pam_p11: a PIN of the wrong shape costs nothing' 14 - refused enter jpki-p11 12345
tries_auth=2 step 'pam_p11: a wrong PIN costs one try' 18 auth refused enter jpki-p11 9999
step 'pam_p11: the right one brings them back' 23 auth enter jpki-p11 "$auth_pin"
if [ -e $pam_folder/pam_pkcs11.so ]; then
    step 'pam_pkcs11: login' 24 auth enter jpki-pkcs11 "$auth_pin"
else
    echo "skip - $client: pam_pkcs11: pam_pkcs11 is not installed"
fi
finish
