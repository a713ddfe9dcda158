#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: gir1.2-camel-1.2
# long: packages of the group 'clients'
#
# Evolution's own engine for mail (Camel, over NSS), without its windows: mails signed by the signature key, judged by
# OpenSSL.  A small program stands where the password dialog does.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs /usr/bin/python3 openssl certutil modutil setpriv
needs /usr/lib/*/girepository-1.0/Camel-1.2.typelib /usr/lib/python3/dist-packages/gi
needs /usr/share/glib-2.0/schemas/org.gnome.evolution-data-server.gschema.xml
card_enter
module_file=$(dirname "$JPKI_MODULE")/jpki.module
auth_file=$(dirname "$JPKI_MODULE")/libjpki-pkcs11-auth.so

# mail.py FOLDER PIN OF THE SIGNATURE KEY sign CERTIFICATE: a signed mail into mail.eml
# mail.py FOLDER PIN choose: look for one's own certificates for mails, as the list in its settings does
# The questions on the way are printed.  Which database of NSS is taken is Camel's own choice: ~/.pki/nssdb.
cat >mail.py <<'PY'
import ctypes
import sys
import gi
gi.require_version('Camel', '1.2')
from gi.repository import Camel

folder, pin, what, *nickname = sys.argv[1:]
TEXT = 'JPKI-TEST mail\n'
QUESTIONS_MOST = 5
FOR_MAILS = 4   # certUsageEmailSigner


# NSS asks this for each token's password, again if it was refused; it frees the answer.
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def password_answer(slot, retry, unused):
    global questions
    questions += 1
    print('question:', nss.PK11_GetTokenName(slot).decode(), 'again' if retry else '', flush=True)
    return strdup(pin.encode()) if questions <= QUESTIONS_MOST else None


def sign():
    session = Camel.Session(user_data_dir=folder, user_cache_dir=folder)
    context = Camel.SMIMEContext.new(session)
    context.set_encrypt_key(False, '')
    part, signed = Camel.MimePart.new(), Camel.MimePart.new()
    part.set_content(TEXT.encode(), 'text/plain')
    context.sign_sync(nickname[0], Camel.CipherHash.SHA256, part, signed, None)
    stream = Camel.StreamMem.new()
    signed.write_to_stream_sync(stream, None)
    open('mail.eml', 'wb').write(stream.get_byte_array())


def choose():
    nss.CERT_GetDefaultCertDB.restype = nss.CERT_FindUserCertsByUsage.restype = ctypes.c_void_p
    links = ctypes.POINTER(ctypes.c_void_p)     # a ring: what it returns is the place of the first link
    ring = nss.CERT_FindUserCertsByUsage(ctypes.c_void_p(nss.CERT_GetDefaultCertDB()), FOR_MAILS, 0, 0, None)
    count, link = 0, ring and ctypes.cast(ring, links)[0]
    while link and link != ring:
        count, link = count + 1, ctypes.cast(link, links)[0]
    print('certificates:', count)


questions = 0
program = ctypes.create_string_buffer(b'evolution')     # what p11-kit goes by
ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'program_invocation_short_name').value = ctypes.addressof(program)
nss = ctypes.CDLL('libnss3.so')
nss.PK11_GetTokenName.restype, nss.PK11_GetTokenName.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
strdup = ctypes.CDLL('libnssutil3.so').PORT_Strdup_Util
strdup.restype = ctypes.c_void_p
Camel.init(folder, True)
nss.PK11_SetPasswordFunc(password_answer)
sign() if what == 'sign' else choose()
print('questions:', questions)
PY
module_install || skip_all 'nothing can be mounted here'
proxy=$(pkg-config --variable=proxy_module p11-kit-1 2>/dev/null || echo /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so)
database=sql:home/.pki/nssdb
mkdir -p home/.pki/nssdb
certutil -N -d $database --empty-password
certutil -A -d $database -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"
user_prepare

modules() { # modules PATH...: what Evolution loads, in this order
    local path number=0
    modutil -dbdir $database -delete module-1 -force
    modutil -dbdir $database -delete module-2 -force
    for path in "$@"; do
        modutil -dbdir $database -rawadd "library=\"$path\" name=module-$((number += 1))" -force
    done
    chown -R --reference=home home/.pki
} >/dev/null 2>&1

mail() { # mail PIN sign|choose [CERTIFICATE]
    rm -f mail.eml
    as_user timeout 60 /usr/bin/python3 mail.py "$place/home/.camel" "$@"
}
sign() { # sign PIN
    mail "$1" sign "$sign_token:$sign_label"
}
sign_and_check() {
    sign "$sign_pin" >said
    cat said
    grep -qx 'questions: 1' said
    openssl cms -verify -in mail.eml -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -signer signer.pem -out text
    grep -q 'JPKI-TEST mail' text
    openssl x509 -in signer.pem -outform DER | cmp - <(openssl x509 -in "$JPKI_CARD_EXPORT/sign.pem" -outform DER)
    sed 's/JPKI-TEST mail/JPKI-TEST nail/' mail.eml >changed
    refused openssl cms -verify -in changed -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -out /dev/null
}

wrong() {
    refused sign WRONG123 >said
    cat said
    grep -q again said
    [ ! -e mail.eml ]
}

choose() { # choose QUESTIONS CERTIFICATES
    mail "$sign_pin" choose >said
    cat said
    grep -qx "questions: $1" said
    grep -qx "certificates: $2" said
    [ "$(grep -c "question: $sign_token" said)" = "$1" ]
}

# ---- p11-kit's proxy, as Fedora, RHEL and Arch have it

kit() { # kit [PROGRAM]: p11-kit's file of the module as it is installed, the program added to its disable-in
    sed -e 's/^module:.*/module: libjpki-pkcs11.so/' -e "/^disable-in:/s/$/ ${1:-}/" \
        "$module_file" >"$place/configs/jpki.module"
}

proxy_sign() {
    sign_and_check
    grep -q "question: $sign_token" said
}

modules "$JPKI_MODULE"
step 'its list of certificates: one question, each once' 35 sign choose 1 2
step 'signs a mail' 40 sign sign_and_check
tries_sign=4 step 'a wrong password, given again and again, costs one try' 17 sign wrong
step 'the right one brings them back' 40 sign sign_and_check

kit
modules "$proxy"
step "through p11-kit's proxy: the list, one question, each once" 35 sign choose 1 2
step "through p11-kit's proxy: signs a mail" 40 sign sign_and_check
modules "$proxy" "$auth_file"
step "the proxy beside the browsers' module: one question, each once" 50 sign choose 1 2
modules "$JPKI_MODULE" "$proxy"
step 'the control: the proxy beside the module itself asks twice' 35 sign choose 2 2
kit evolution
step 'with disable-in it asks once' 35 sign choose 1 2
modules "$proxy"
step 'with disable-in alone it sees no card' 0 - choose 0 0
finish
