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

# sign.py FOLDER PIN CERTIFICATE: a signed mail into mail.eml; the questions on the way are printed.  Which database
# of NSS is taken is Camel's own choice: ~/.pki/nssdb.
cat >sign.py <<'PY'
import ctypes
import sys
import gi
gi.require_version('Camel', '1.2')
from gi.repository import Camel

folder, pin, nickname = sys.argv[1:]
TEXT = 'JPKI-TEST mail\n'
QUESTIONS_MOST = 5


# NSS asks this for each token's password, again if it was refused; it frees the answer.
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def password_answer(slot, retry, unused):
    global questions
    questions += 1
    print('question:', nss.PK11_GetTokenName(slot).decode(), 'again' if retry else '', flush=True)
    return strdup(pin.encode()) if questions <= QUESTIONS_MOST else None


questions = 0
nss = ctypes.CDLL('libnss3.so')
nss.PK11_GetTokenName.restype, nss.PK11_GetTokenName.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
strdup = ctypes.CDLL('libnssutil3.so').PORT_Strdup_Util
strdup.restype = ctypes.c_void_p
Camel.init(folder, True)
nss.PK11_SetPasswordFunc(password_answer)
session = Camel.Session(user_data_dir=folder, user_cache_dir=folder)
context = Camel.SMIMEContext.new(session)
context.set_encrypt_key(False, '')
part, signed = Camel.MimePart.new(), Camel.MimePart.new()
part.set_content(TEXT.encode(), 'text/plain')
context.sign_sync(nickname, Camel.CipherHash.SHA256, part, signed, None)
stream = Camel.StreamMem.new()
signed.write_to_stream_sync(stream, None)
open('mail.eml', 'wb').write(stream.get_byte_array())
print('questions:', questions)
PY
mkdir -p home/.pki/nssdb
certutil -N -d sql:home/.pki/nssdb --empty-password
certutil -A -d sql:home/.pki/nssdb -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"
modutil -dbdir sql:home/.pki/nssdb -add jpki -libfile "$JPKI_MODULE" -force >/dev/null 2>&1
user_prepare

sign() {
    rm -f mail.eml
    as_user timeout 60 /usr/bin/python3 sign.py "$place/home/.camel" "$1" "$sign_token:$sign_label"
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

step 'signs a mail' 40 sign sign_and_check
tries_sign=4 step 'a wrong password, given again and again, costs one try' 17 sign wrong
step 'the right one brings them back' 40 sign sign_and_check
finish
