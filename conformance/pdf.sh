#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: poppler-utils
# A PDF signed with the signature key by poppler's pdfsig, with the commands of docs/sign.md; OpenSSL checks what it wrote.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-pdf.sh
. "$(dirname "$0")/lib-pdf.sh"
needs pdfsig pdftocairo qpdf certutil modutil openssl python3 setpriv
card_enter

letter_make

# Take the signature, and what it covers, out of the file.
cat >split.py <<'PY'
import re
data = open('letter-nss.pdf', 'rb').read()
numbers = [int(n) for n in re.search(rb'/ByteRange\s*\[\s*([\d\s]+)\]', data).group(1).split()]
start, length, second, rest = numbers
assert start == 0 and second + rest == len(data), numbers
open('covered', 'wb').write(data[:length] + data[second:])
# the zeros behind it do not matter to a reader of BER
open('signature', 'wb').write(bytes.fromhex(re.sub(rb'[^0-9A-Fa-f]', b'', data[length:second]).decode()))
PY

module_install || skip_all 'there is no place for the module here'
user_prepare

page_block() { # page_block WORD: the commands of docs/sign.md that are marked with it
    sed -n "/^\`\`\`sh $1\$/,/^\`\`\`\$/{/^\`\`\`/!p}" "$source_dir/docs/sign.md"
}
as_user bash -ec "$(page_block nss)" >/dev/null 2>&1

# pdfsig 22.12 gives up when a second token asks it for a password, so it is shown the signature token alone.
pdfsig_sign() { # pdfsig_sign PIN
    rm -f letter-nss.pdf
    as_user PASSWORD="$1" timeout 30 bash -ec "$(page_block pdfsig)"
}

sign_and_check() {
    pdfsig_sign "$sign_pin"
    qpdf --check letter-nss.pdf
    python3 split.py
    openssl cms -verify -binary -inform DER -in signature -content covered \
        -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -out /dev/null
    pdfsig -nssdir sql:"$place/home/sign-db" -nocert letter-nss.pdf >shown
    cat shown
    grep -q 'Signature is Valid' shown
}

wrong() {
    refused pdfsig_sign WRONG123
}

step 'sign' 52 sign sign_and_check
tries_sign=4 step 'a wrong password, given again and again, costs one try' 12 sign wrong
step 'the right one brings them back' 52 sign sign_and_check
finish
