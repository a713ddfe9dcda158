#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: python3-endesive
# endesive (Python, over PyKCS11) signs a PDF with the signature key; poppler's pdfsig and OpenSSL judge it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-pdf.sh
. "$(dirname "$0")/lib-pdf.sh"
needs /usr/bin/python3 openssl pdfsig pdftocairo
needs_if_there python3-endesive /usr/lib/python3/dist-packages/endesive
card_enter

letter_make

cat >sign.py <<'PY'
import sys
import PyKCS11
from endesive import hsm
from endesive.pdf import cms

module, token, pin = sys.argv[1:4]


class Card(hsm.HSM):
    def find(self, kind, *wanted):
        return self.session.findObjects([(PyKCS11.CKA_CLASS, kind), *wanted])[0]

    def certificate(self):
        key = self.find(PyKCS11.CKO_PRIVATE_KEY)
        name = bytes(self.session.getAttributeValue(key, [PyKCS11.CKA_ID])[0])
        found = self.find(PyKCS11.CKO_CERTIFICATE, (PyKCS11.CKA_ID, name))
        return name, bytes(self.session.getAttributeValue(found, [PyKCS11.CKA_VALUE])[0])

    def sign(self, name, data, hashed):
        key = self.find(PyKCS11.CKO_PRIVATE_KEY, (PyKCS11.CKA_ID, name))
        kind = getattr(PyKCS11, f'CKM_{hashed.upper()}_RSA_PKCS')
        return bytes(self.session.sign(key, data, PyKCS11.Mechanism(kind, None)))


about = {'sigflags': 3, 'contact': 'JPKI-TEST', 'location': 'JPKI-TEST', 'reason': 'JPKI-TEST',
         'signingdate': '20261128000000+00\'00\''}
document = open('letter.pdf', 'rb').read()
card = Card(module)
card.login(token, pin)
try:
    added = cms.sign(document, about, None, None, [], 'sha256', card)
finally:
    card.logout()
open('signed.pdf', 'wb').write(document + added)
PY

sign() {
    rm -f signed.pdf
    /usr/bin/python3 sign.py "$JPKI_MODULE" "$sign_token" "$1"
}

sign_and_check() {
    sign "$sign_pin"
    pdf_judge signed.pdf
}

wrong() {
    refused sign WRONG123
}

step 'signs a PDF' 28 sign sign_and_check
tries_sign=4 step 'a wrong password costs one try' 11 sign wrong
step 'the right one brings them back' 28 sign sign_and_check
finish
