#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: xmlsec1
# long: Java takes its time
# An XML signature with the signature key, verified by xmlsec1.  xmlsec1 makes the digest and the canonical form that is
# signed, OpenSSL's engine has the card sign it; and Java's XML signatures do all of it by themselves.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs xmlsec1 openssl python3 java javac
needs "$(engine_path)"
card_enter

engine_config "$sign_pin" >sign.cnf
printf 'name = Jpki\nlibrary = %s\nslotListIndex = 1\n' "$JPKI_MODULE" >sign.cfg
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -days 2 -subj /O=JPKI-TEST/CN=other 2>/dev/null
echo '<form xmlns="urn:jpki-test:form"><applicant>JPKI-TEST</applicant></form>' >form.xml
cat >template.xml <<'XML'
<form xmlns="urn:jpki-test:form"><applicant>JPKI-TEST</applicant><Signature xmlns="http://www.w3.org/2000/09/xmldsig#">
<SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
<SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></form>
XML

# Put the card's signature and certificate in the place of the other key's.
cat >place.py <<'PY'
import base64
import re
text = open('other.xml', encoding='utf-8').read()
value = base64.b64encode(open('signature', 'rb').read()).decode()
pem = open('sign.pem', encoding='ascii').read()
certificate = re.search(r'-----BEGIN CERTIFICATE-----(.*?)-----END', pem, re.S).group(1).strip()
text = re.sub(r'<SignatureValue>.*?</SignatureValue>', f'<SignatureValue>{value}</SignatureValue>', text, flags=re.S)
text = re.sub(r'(<X509Certificate>).*?(</X509Certificate>)', rf'\g<1>{certificate}\g<2>', text, flags=re.S)
open('signed.xml', 'w', encoding='utf-8').write(text)
PY

cat >Sign.java <<'JAVA'
import java.io.File;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.util.List;
import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;

/** Sign CONFIG PASSWORD ALIAS: form.xml becomes signed.xml */
public class Sign {
    public static void main(String[] words) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(words[0]);
        Security.addProvider(provider);
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, words[1].toCharArray());
        DocumentBuilderFactory documents = DocumentBuilderFactory.newInstance();
        documents.setNamespaceAware(true);
        Document form = documents.newDocumentBuilder().parse(new File("form.xml"));
        XMLSignatureFactory xml = XMLSignatureFactory.getInstance("DOM");
        Reference whole = xml.newReference("", xml.newDigestMethod(DigestMethod.SHA256, null),
            List.of(xml.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null)), null, null);
        SignedInfo info = xml.newSignedInfo(
            xml.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            xml.newSignatureMethod("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", null), List.of(whole));
        KeyInfoFactory keys = xml.getKeyInfoFactory();
        xml.newXMLSignature(info, keys.newKeyInfo(List.of(keys.newX509Data(List.of(store.getCertificate(words[2]))))))
            .sign(new DOMSignContext((PrivateKey) store.getKey(words[2], null), form.getDocumentElement()));
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(form),
            new StreamResult(new File("signed.xml")));
    }
}
JAVA
javac Sign.java >javac.log 2>&1 || { cat javac.log; exit 1; }

verify() {
    xmlsec1 --verify --trusted-pem "$JPKI_CARD_EXPORT/sign-ca.pem" signed.xml
    sed 's/>JPKI-TEST</>somebody else</' signed.xml >changed.xml
    refused xmlsec1 --verify --trusted-pem "$JPKI_CARD_EXPORT/sign-ca.pem" changed.xml
}

by_engine() {
    rm -f signed.xml
    xmlsec1 --sign --privkey-pem other.key,other.crt --store-signatures --print-debug --output other.xml template.xml >debug
    sed -n '/PreSigned data - start buffer:/,/PreSigned data - end buffer/p' debug | sed '1d;$d' >lines
    # the last line break is the printer's
    head -c -1 lines >canonical
    OPENSSL_CONF=$place/sign.cnf openssl dgst -engine pkcs11 -sha256 -keyform engine -sign "$sign_uri;id=%02;type=private" \
        -out signature canonical
    cp "$JPKI_CARD_EXPORT/sign.pem" .
    python3 place.py
    verify
}

by_java() {
    rm -f signed.xml
    java Sign sign.cfg "$sign_pin" "$sign_label"
    verify
}

step "xmlsec1's form, signed by OpenSSL's engine" 23 sign by_engine
step 'signed by Java' 32 sign by_java
finish
