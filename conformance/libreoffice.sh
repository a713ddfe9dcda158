#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: libreoffice-writer
# long: LibreOffice starts anew for each step
# A text a headless LibreOffice exports as a PDF signed with the signature key; pdfsig and OpenSSL check what it
# wrote.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-pdf.sh
. "$(dirname "$0")/lib-pdf.sh"
needs soffice pdfsig openssl certutil modutil python3 setpriv /usr/lib/python3/dist-packages/uno.py
card_enter

mkdir db no-module
certutil -N -d sql:db --empty-password
certutil -N -d sql:no-module --empty-password
certutil -A -d sql:db -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"
modutil -dbdir sql:db -add jpki -libfile "$JPKI_MODULE" -force >/dev/null 2>&1

cat >export.py <<'PY'
import os
import sys
import time

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException, XInitialization, XServiceInfo, XSingleComponentFactory
from com.sun.star.task import XInteractionHandler2

SERVICE = 'com.sun.star.task.InteractionHandler'
OURS = 'jpki.Answers'
QUESTIONS_MOST = 5
pin, target = sys.argv[1:]
questions = 0


class Named(unohelper.Base, XServiceInfo):
    def getImplementationName(self):
        return OURS

    def supportsService(self, name):
        return name == SERVICE

    def getSupportedServiceNames(self):
        return (SERVICE,)


class Answers(Named, XInteractionHandler2, XInitialization):
    """Stands where the password dialog does."""

    def initialize(self, arguments):
        pass

    def handle(self, request):
        self.handleInteractionRequest(request)

    def handleInteractionRequest(self, request):
        global questions
        questions += 1
        wanted = 'Password' if questions <= QUESTIONS_MOST else 'Abort'
        for way in request.getContinuations():
            if any(wanted in kind.typeName for kind in way.getTypes()):
                if wanted == 'Password':
                    way.setPassword(pin)
                way.select()
                return True
        return False


class Factory(Named, XSingleComponentFactory):
    def createInstanceWithContext(self, context):
        return Answers()

    def createInstanceWithArgumentsAndContext(self, arguments, context):
        return Answers()


def office_connect():
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext('com.sun.star.bridge.UnoUrlResolver', local)
    for _ in range(120):
        try:
            return resolver.resolve('uno:pipe,name=jpki;urp;StarOffice.ComponentContext')
        except NoConnectException:
            time.sleep(0.5)
    sys.exit('LibreOffice did not start')


def handler_replace(services):
    handlers = services.createContentEnumeration(SERVICE)
    while handlers.hasMoreElements():
        services.remove(handlers.nextElement().getImplementationName())
    services.insert(Factory())


def properties(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def text_export(desktop, certificate):
    text = desktop.loadComponentFromURL('private:factory/swriter', '_blank', 0, properties(Hidden=True))
    text.Text.String = 'A text to be signed.'
    how = properties(SignPDF=True, SignatureCertificate=certificate, SignaturePassword=pin)
    how = uno.Any('[]com.sun.star.beans.PropertyValue', how)
    text.storeToURL(unohelper.systemPathToFileUrl(target), properties(FilterName='writer_pdf_Export', FilterData=how))
    text.close(True)


def office_end():
    """Stay until it is gone: it aborts when our object goes first."""
    desktop.terminate()
    try:
        for _ in range(100):
            services.getAvailableServiceNames()
            time.sleep(0.1)
    except DisposedException:
        pass


context = office_connect()
services = context.ServiceManager
desktop = services.createInstanceWithContext('com.sun.star.frame.Desktop', context)
handler_replace(services)
try:
    security = services.createInstanceWithContext('com.sun.star.xml.crypto.SEInitializer', context)
    certificates = security.createSecurityContext('').getSecurityEnvironment().getPersonalCertificates()
    print('questions:', questions, 'certificates:', [certificate.SubjectName for certificate in certificates], flush=True)
    if len(certificates) != 1:
        sys.exit('there should be one certificate')
    text_export(desktop, certificates[0])
finally:
    office_end()
PY

user_prepare

# It logs in to every token as soon as it looks for certificates, so it is shown the signature token alone.
office_export() { # office_export PIN
    local status=0
    rm -f signed.pdf
    as_user JPKI_PKCS11_OPTIONS=slots=sign MOZILLA_CERTIFICATE_FOLDER="sql:$place/db" timeout -k 5 150 soffice \
        --headless --norestore --nologo "-env:UserInstallation=file://$place/home/office" '--accept=pipe,name=jpki;urp;' &
    as_user timeout 120 python3 export.py "$1" "$place/signed.pdf" || status=$?
    wait || true
    return "$status"
}

export_and_check() {
    office_export "$sign_pin"
    pdf_judge signed.pdf -nssdir sql:"$place/no-module"
}

wrong() {
    refused office_export WRONG123
    [ ! -e signed.pdf ]
}

step 'exports a signed PDF' 31 sign export_and_check
tries_sign=4 step 'a wrong password, given again and again, costs one try' 16 sign wrong
step 'the right one brings them back' 31 sign export_and_check
finish
