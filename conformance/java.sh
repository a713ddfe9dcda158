#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: default-jdk-headless
# long: Java takes its time
# Java's SunPKCS11: keytool lists, jarsigner signs, a program signs (PSS too), logs in over TLS 1.3, and goes on when the
# card was out; two people's cards.  JAVA_HOME says which Java, where there are several.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=${JAVA_HOME:+$JAVA_HOME/bin:}$PATH
needs keytool jarsigner java javac jar openssl nginx
card_enter --cards 2 --no-card2 --pin-auth2 8765
nginx_start 4433

printf 'name = Jpki\nlibrary = %s\nslotListIndex = 0\n' "$JPKI_MODULE" >auth.cfg
printf 'name = Jpki\nlibrary = %s\nslotListIndex = 1\n' "$JPKI_MODULE" >sign.cfg
printf 'name = Jpki\nlibrary = %s\nslot = 0\n' "$JPKI_MODULE" >slot.cfg # a number that Java looks up in no list
printf 'name = Jpki\nlibrary = %s\nslot = 2\n' "$JPKI_MODULE" >second.cfg
export JAVA_TOOL_OPTIONS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

cat >Card.java <<'JAVA'
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Card CONFIG PIN sign ALGORITHM ALIAS IN OUT | Card CONFIG PIN get URL SERVER-CERTIFICATE
 * | Card CONFIG PIN stay ALGORITHM ALIAS IN OUT: signs, waits for a line, fails to sign, waits, logs in again as soon as
 * Java has seen the card, and signs
 */
public class Card {
    public static void main(String[] words) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(words[0]);
        Security.addProvider(provider);
        char[] pin = words[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, pin);
        if (words[2].equals("sign")) {
            sign(provider, store, words);
        } else if (words[2].equals("stay")) {
            stay(provider, store, words);
        } else {
            get(store, pin, words);
        }
    }

    static void sign(Provider provider, KeyStore store, String[] words) throws Exception {
        Signature signature = Signature.getInstance(words[3], provider);
        if (words[3].equals("RSASSA-PSS")) {
            signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        signature.initSign((PrivateKey) store.getKey(words[4], null));
        signature.update(Files.readAllBytes(Path.of(words[5])));
        Files.write(Path.of(words[6]), signature.sign());
    }

    static void stay(Provider provider, KeyStore store, String[] words) throws Exception {
        sign(provider, store, words);
        System.out.println("signed");
        System.in.read();
        try {
            sign(provider, store, words);
            System.out.println("signed without a card");
            System.exit(1);
        } catch (Exception expected) {
            System.out.println("refused");
        }
        System.in.read();
        sign(provider, again(provider, words[1].toCharArray()), words);
        System.out.println("signed again");
    }

    // The first store stays with the token that was removed.
    static KeyStore again(Provider provider, char[] pin) throws Exception {
        for (int tenth = 0;; tenth++) {
            try {
                KeyStore store = KeyStore.getInstance("PKCS11", provider);
                store.load(null, pin);
                return store;
            } catch (Exception early) {
                if (tenth == 600) {
                    throw early;
                }
                Thread.sleep(100);
            }
        }
    }

    static void get(KeyStore store, char[] pin, String[] words) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, pin);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server",
            CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(words[4])));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        HttpsURLConnection connection = (HttpsURLConnection) new URL(words[3]).openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        System.out.print(new String(connection.getInputStream().readAllBytes()));
    }
}
JAVA
javac Card.java >javac.log 2>&1 || { cat javac.log; exit 1; }

tool() { # tool ROLE PIN WORDS...
    keytool -keystore NONE -storetype PKCS11 -addprovider SunPKCS11 -providerarg "$1.cfg" -storepass "$2" \
        "${@:3}" -J-Duser.language=en
}

list() { # list ROLE PIN ALIAS
    tool "$1" "$2" -list -v >listed
    cat listed
    grep -q "Alias name: $3" listed
    grep -q 'Entry type: PrivateKeyEntry' listed
}

jar_sign() {
    echo 'JPKI-TEST message' >message
    rm -f test.jar
    jar -c -f test.jar message
    jarsigner -keystore NONE -storetype PKCS11 -addprovider SunPKCS11 -providerArg auth.cfg -storepass "$auth_pin" \
        -certchain "$JPKI_CARD_EXPORT/auth.pem" test.jar "$auth_label"
    jarsigner -verify test.jar >verified
    grep -q 'jar verified' verified
    # and by OpenSSL: what the signature file says is signed by the card's key
    jar -x -f test.jar
    openssl cms -verify -inform DER -in META-INF/*.RSA \
        -content META-INF/*.SF -binary -CAfile "$ca_pem" -purpose any -out /dev/null
}

sign() { # sign ROLE PIN ALIAS ALGORITHM OPENSSL-OPTION...
    echo 'JPKI-TEST message' >message
    java Card "$1.cfg" "$2" sign "$4" "$3" message signature
    signature_judge "$1" "${@:5}"
}

tls() { # tls VERSION
    java -Djdk.tls.client.protocols="TLSv$1" Card auth.cfg "$auth_pin" get https://localhost:4433/ server.crt >answer
    cat answer
    grep -q "SUCCESS TLSv$1 $(auth_serial)" answer
}

# The card is pulled and put back.  Java looks for it every two seconds and then makes its token anew.
pulled() {
    echo 'JPKI-TEST message' >message
    mkfifo lines
    timeout 180 java Card auth.cfg "$auth_pin" stay SHA256withRSA "$auth_label" message signature <lines >said &
    exec 5>lines
    lines_await said '^signed$'
    card '' eject
    card_await out
    echo >&5
    lines_await said '^refused$'
    card '' insert
    card_await in
    rm signature
    echo >&5
    wait $!
    exec 5>&-
    signature_judge auth -sha256
}

second() { # another person's card beside the first: its own slot, its own PIN
    list second 8765 "$auth_label"
    openssl x509 -in "$JPKI_CARD_EXPORT2/auth.pem" -noout -serial >serial
    grep -qi "Serial number: $(sed 's/serial=0*//' serial)" listed
}

wrong() {
    refused tool auth 9999 -list
}

step 'keytool -list' 21 auth list auth "$auth_pin" "$auth_label"
step 'keytool -list, slot by its number' 21 auth list slot "$auth_pin" "$auth_label"
step 'keytool -list, signature' 27 sign list sign "$sign_pin" "$sign_label"
step 'jarsigner' 26 auth jar_sign
step 'SHA256withRSA' 26 auth sign auth "$auth_pin" "$auth_label" SHA256withRSA -sha256
step 'RSASSA-PSS' 26 auth sign auth "$auth_pin" "$auth_label" RSASSA-PSS -sha256 \
    -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
step 'SHA256withRSA, signature' 32 sign sign sign "$sign_pin" "$sign_label" SHA256withRSA -sha256
step 'TLS 1.2' 26 auth tls 1.2
step 'TLS 1.3' 26 auth tls 1.3
tries_auth=2 step 'a wrong PIN costs one try' 13 auth wrong
step 'the right one brings them back' 21 auth list auth "$auth_pin" "$auth_label"
step 'the card was out' any auth pulled
card 2 insert >/dev/null
card_await in 2
step 'a second card' any auth2 second
step 'the first beside it' any auth list auth "$auth_pin" "$auth_label"
finish
