#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: krb5-pkinit
# long: a database and a KDC of its own
# Kerberos: kinit gets a ticket by PKINIT with the card's key, from a KDC of our own.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs kinit klist kdb5_util kadmin.local krb5kdc openssl
needs /usr/lib/x86_64-linux-gnu/krb5/plugins/preauth/pkinit.so
card_enter

# Where the database's driver lies, if the KDC is an unpacked one.
unpacked_plugins() {
    local folder
    folder=$(command -v krb5kdc)
    folder=$(echo "${folder%/bin/krb5kdc}"/usr/lib/*/krb5/plugins/kdb)
    [ ! -d "$folder" ] || echo "    db_module_dir = $folder"
}

export KRB5_CONFIG=$place/krb5.conf KRB5_KDC_PROFILE=$place/kdc.conf KRB5CCNAME=FILE:$place/tickets
cat >krb5.conf <<CONF
[libdefaults]
    default_realm = JPKI.TEST
    dns_lookup_kdc = false
    dns_lookup_realm = false
    rdns = false
[realms]
    JPKI.TEST = {
        kdc = 127.0.0.1:8888
        pkinit_anchors = FILE:$place/kdc.crt
        pkinit_anchors = FILE:$ca_pem
        pkinit_eku_checking = kpServerAuth
        pkinit_kdc_hostname = localhost
    }
CONF
cat >kdc.conf <<CONF
[kdcdefaults]
    kdc_ports = 8888
    kdc_tcp_ports = 8888
[realms]
    JPKI.TEST = {
        database_name = $place/principals
        key_stash_file = $place/stash
        acl_file = $place/acl
        pkinit_identity = FILE:$place/kdc.crt,$place/kdc.key
        pkinit_anchors = FILE:$ca_pem
        pkinit_eku_checking = none
    }
[dbmodules]
$(unpacked_plugins)
[logging]
    kdc = FILE:$place/kdc.log
CONF
openssl req -x509 -newkey rsa:2048 -nodes -keyout kdc.key -out kdc.crt -days 30 -subj '/O=JPKI-TEST/CN=kdc' \
    -addext subjectAltName=DNS:localhost -addext extendedKeyUsage=serverAuth -addext keyUsage=digitalSignature 2>/dev/null
{
    kdb5_util create -s -r JPKI.TEST -P database-word
    kadmin.local -q 'addprinc -randkey +requires_preauth holder'
    # A My Number Card's certificate says nothing of Kerberos: the principal names the certificate instead.
    kadmin.local -q 'setstr holder pkinit_cert_match <SUBJECT>.*CN='
} >setup.log 2>&1
krb5kdc -n -P "$place/kdc.pid" >kdc.out 2>&1 &
server_await 8888 $! kdc.log

login() { # login PIN
    rm -f tickets
    printf '%s\n' "$1" | timeout 30 kinit -X X509_user_identity="PKCS11:module_name=$JPKI_MODULE:token=$auth_token" holder
    klist
    klist | grep -q krbtgt/JPKI.TEST
}

step 'kinit by PKINIT' 30 auth login "$auth_pin"
step 'a PIN of the wrong shape costs nothing' 12 - refused login 12
tries_auth=2 step 'a wrong PIN costs one try' 17 auth refused login 9999
step 'the right one brings them back' 30 auth login "$auth_pin"
finish
