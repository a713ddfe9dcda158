#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: LibreOffice makes documents and judges signatures
# jpki-token sign --pdf on documents by the programs that people use; pdfsig, qpdf, OpenSSL and LibreOffice judge what came
# of each, a row of a table each.  A document called refused-* must be refused in words.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-pdf.sh
. "$(dirname "$0")/lib-pdf.sh"
needs pdfsig qpdf openssl certutil python3
[ -n "${JPKI_CARD_CTL:-}" ] || {
    made=$(mktemp -d)
    export made
    documents_make "$made" >/dev/null 2>&1 # outside the rig: LibreOffice wants /run and a home
}
card_enter
trap 'rm -rf "$place" "$made"' EXIT
token=${JPKI_BUILD:-$source_dir/build}/tools/jpki-token
"$token" sign --pdf /dev/null 2>&1 | grep -q libqpdf && skip_all 'jpki-token was built without libqpdf'

mkdir db signed
certutil -N -d sql:db --empty-password
certutil -A -d sql:db -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"

# Take the last signature, and what it covers, out of a file.
cat >split.py <<'PY'
import re
import sys
data = open(sys.argv[1], 'rb').read()
start, length, second, rest = [int(number) for number in re.findall(rb'/ByteRange\s*\[\s*([\d\s]+)\]', data)[-1].split()]
assert start == 0 and second + rest == len(data)
open('covered', 'wb').write(data[:length] + data[second:])
open('message', 'wb').write(bytes.fromhex(data[length + 1:second - 1].decode()))
PY

pdf_sign() { # pdf_sign FROM TO
    "$token" sign --pdf "$1" -o "$2" --reason '承諾' --location Tokyo --pin-fd 0 <<<"$sign_pin"
}

# qpdf warns of what was odd in the document before.
qpdf_no_worse() { # qpdf_no_worse BEFORE AFTER
    local before after
    qpdf --check "$1" && before=0 || before=$?
    qpdf --check "$2" && after=0 || after=$?
    [ "$after" -eq 0 ] || [ "$after" -eq "$before" ]
}

judged() { # judged COLUMN COMMAND...: its verdict in the table's row
    local column=$1
    shift
    if "$@"; then row+=" $column:yes"; else row+=" $column:NO"; fi
}

# The last one valid, and so many in all as there should be.
pdfsig_agrees() { # pdfsig_agrees FILE COUNT
    pdfsig -nssdir "sql:$place/db" -nocert "$1" >shown
    cat shown
    [ "$(grep -c 'Signature is Valid' shown)" -eq "$2" ] && grep -q 'Total document signed' shown
}

openssl_agrees() { # openssl_agrees FILE
    python3 split.py "$1" && openssl cms -verify -cades -binary -inform DER -in message -content covered -purpose any \
        -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -out /dev/null
}

document_judge() { # document_judge FROM FILE COUNT
    row=
    judged pdfsig pdfsig_agrees "$2" "$3"
    judged qpdf qpdf_no_worse "$1" "$2"
    judged openssl openssl_agrees "$2"
    echo "row $(basename "$1"):$row" | tee -a "$place/table"
    [[ $row != *NO* ]]
}

sign_and_judge() { # sign_and_judge FROM
    local name
    name=$(basename "$1")
    pdf_sign "$1" "signed/$name"
    document_judge "$1" "signed/$name" 1
}

sign_twice() { # sign_twice SIGNED
    pdf_sign "$1" "signed/twice-$(basename "$1")"
    document_judge "$1" "signed/twice-$(basename "$1")" 2
}

refused_in_words() { # refused_in_words FILE
    refused pdf_sign "$1" signed/refused.pdf >said 2>&1
    cat said
    grep -q 'cannot be signed' said
    [ ! -e signed/refused.pdf ]
}

exchanges_sign=24
for from in "$made"/*.pdf; do
    name=$(basename "$from" .pdf)
    case $name in
    refused-*) step "$name" 0 - refused_in_words "$from" ;;
    *) step "$name" $exchanges_sign sign sign_and_judge "$from" ;;
    esac
done
for name in hand-short tex-form object-streams linearised libreoffice; do
    [ ! -e "signed/$name.pdf" ] || step "twice: $name" $exchanges_sign sign sign_twice "signed/$name.pdf"
done

# The judges can say no.
changed_byte() {
    cp signed/hand-short.pdf changed.pdf
    printf X | dd of=changed.pdf bs=1 seek=20 conv=notrunc 2>/dev/null
    refused pdfsig_agrees changed.pdf 1
    refused openssl_agrees changed.pdf
    cp signed/hand-short.pdf longer.pdf
    echo >>longer.pdf
    refused pdfsig_agrees longer.pdf 1
}
step 'a changed byte and one more are seen' 0 - changed_byte

# One LibreOffice for all of them.
cat >office.py <<'PY'
import sys
import time

import uno
from com.sun.star.connection import NoConnectException

local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext('com.sun.star.bridge.UnoUrlResolver', local)
for _ in range(240):
    try:
        services = resolver.resolve('uno:pipe,name=jpki;urp;StarOffice.ComponentContext').ServiceManager
        break
    except NoConnectException:
        time.sleep(0.5)
access = services.createInstance('com.sun.star.ucb.SimpleFileAccess')
judge = services.createInstance('com.sun.star.security.DocumentDigitalSignatures')
bad = 0
for name in sys.argv[1:]:
    found = judge.verifyDocumentContentSignatures(None, access.openFileRead(uno.systemPathToFileUrl(name)))
    # a field that somebody else is to sign has no signature yet
    good = bool(found) and found[-1].SignatureIsValid and not found[-1].PartialDocumentSignature
    print(f'row {name.rpartition("/")[2]}: libreoffice:{"yes" if good else "NO"} of {len(found)}')
    bad += not good
services.createInstance('com.sun.star.frame.Desktop').terminate()
sys.exit(1 if bad else 0)
PY
office_agrees() {
    timeout 300 soffice --headless --norestore --nologo "-env:UserInstallation=file://$place/office" \
        '--accept=pipe,name=jpki;urp;' &
    timeout 280 /usr/bin/python3 office.py "$place"/signed/*.pdf | tee -a "$place/table"
}
if command -v soffice >/dev/null && [ -e /usr/lib/python3/dist-packages/uno.py ]; then
    step 'LibreOffice finds each valid' 0 - office_agrees
else
    echo 'skip - LibreOffice is not installed'
fi
sed 's/^/    /' table
finish
