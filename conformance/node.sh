#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: nodejs
# long: has npm fetch two packages and compile one
# Node: pkcs11js and graphene-pk11 list, log in and sign, beside node's own crypto, whose OpenSSL is in the program and not
# in a library; OpenSSL and node verify.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip_all 'node with npm is left to whoever wants it: Debian brings it as some hundred packages'
needs node gcc make openssl
packages=${JPKI_BUILD:-$source_dir/build}/node-$(node --version)
export NODE_PATH=$packages/node_modules

# Outside the rig, which has no network.
packages_have() {
    local built=$NODE_PATH/pkcs11js/build/Release/pkcs11.node said
    [ ! -e "$built" ] || return 0
    mkdir -p "$packages"
    said=$(timeout 400 npm install --no-audit --no-fund --prefix "$packages" pkcs11js@2.1.7 graphene-pk11@2.3.6 \
        2>&1 </dev/null)
    [ -e "$built" ] || skip_all "npm has no pkcs11js for this machine: $(tail -n 1 <<<"$said")"
}
[ -n "${JPKI_CARD_CTL:-}" ] || packages_have
card_enter

cat >card.js <<'JS'
// card.js MODULE TOKEN WHAT PIN: list, sign, pss (pkcs11js), graphene, graphene-pss
const crypto = require('node:crypto');
const fs = require('node:fs');
const pkcs11js = require('pkcs11js');
const graphene = require('graphene-pk11');
const [library, token, what, pin] = process.argv.slice(2);
const message = fs.readFileSync('message');
const {CKA_CLASS, CKA_LABEL, CKO_CERTIFICATE, CKO_PRIVATE_KEY} = pkcs11js;

function found(p11, session, kind) {
    p11.C_FindObjectsInit(session, [{type: CKA_CLASS, value: kind}]);
    const handles = p11.C_FindObjects(session, 10);
    p11.C_FindObjectsFinal(session);
    return handles;
}

function plain() {
    const p11 = new pkcs11js.PKCS11();
    p11.load(library);
    p11.C_Initialize();
    const slot = p11.C_GetSlotList(true).find((one) => p11.C_GetTokenInfo(one).label.trim() === token);
    const session = p11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
    if (what === 'list') {
        for (const handle of found(p11, session, CKO_CERTIFICATE)) {
            console.log(p11.C_GetAttributeValue(session, handle, [{type: CKA_LABEL}])[0].value.toString());
        }
    } else {
        p11.C_Login(session, pkcs11js.CKU_USER, pin);
        const parameter = {type: pkcs11js.CK_PARAMS_RSA_PSS, hashAlg: pkcs11js.CKM_SHA256, mgf: pkcs11js.CKG_MGF1_SHA256,
                           saltLen: 32};
        const how = what === 'pss' ? {mechanism: pkcs11js.CKM_SHA256_RSA_PKCS_PSS, parameter} :
                                     {mechanism: pkcs11js.CKM_SHA256_RSA_PKCS};
        p11.C_SignInit(session, how, found(p11, session, CKO_PRIVATE_KEY)[0]);
        fs.writeFileSync('signature', p11.C_Sign(session, message, Buffer.alloc(256)));
        p11.C_Logout(session);
    }
    p11.C_CloseSession(session);
    p11.C_Finalize();
}

function byGraphene() {
    const module = graphene.Module.load(library, 'card');
    module.initialize();
    const slots = module.getSlots(true);
    let slot;
    for (let i = 0; i < slots.length; i++) {
        slot = slots.items(i).getToken().label.trim() === token ? slots.items(i) : slot;
    }
    const session = slot.open(graphene.SessionFlag.SERIAL_SESSION);
    session.login(pin);
    const key = session.find({class: graphene.ObjectClass.PRIVATE_KEY}).items(0);
    const pss = new graphene.RsaPssParams(graphene.MechanismEnum.SHA256, graphene.RsaMgf.MGF1_SHA256, 32);
    const how = what === 'graphene-pss' ? {name: 'SHA256_RSA_PKCS_PSS', params: pss} : 'SHA256_RSA_PKCS';
    fs.writeFileSync('signature', session.createSign(how, key).once(message));
    session.logout();
    session.close();
    module.finalize();
}

// node's own crypto goes on to work: a key, a signature, and the card's signature seen through it
function own() {
    const pair = crypto.generateKeyPairSync('rsa', {modulusLength: 2048});
    if (!crypto.verify('sha256', message, pair.publicKey, crypto.sign('sha256', message, pair.privateKey))) {
        throw new Error("node's own signature does not fit");
    }
    if (what !== 'list') {
        const padding = what.endsWith('pss') ? crypto.constants.RSA_PKCS1_PSS_PADDING : crypto.constants.RSA_PKCS1_PADDING;
        const key = crypto.createPublicKey(fs.readFileSync('public.pem'));
        if (!crypto.verify('sha256', message, {key, padding, saltLength: 32}, fs.readFileSync('signature'))) {
            throw new Error('node does not take the signature of the card');
        }
    }
}

(what.startsWith('graphene') ? byGraphene : plain)();
own();
JS
echo 'JPKI-TEST message' >message

list() {
    node card.js "$JPKI_MODULE" "$auth_token" list '' >listed
    [ "$(cat listed)" = "$auth_label" ]
}

sign() { # sign TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    rm -f signature
    openssl x509 -in "$JPKI_CARD_EXPORT/$4.pem" -noout -pubkey >public.pem
    node card.js "$JPKI_MODULE" "$1" "$3" "$2"
    openssl dgst -sha256 "${@:5}" -verify public.pem -signature signature message
}

wrong() { # wrong WHAT
    refused node card.js "$JPKI_MODULE" "$auth_token" "$1" 9999 2>refusal
    cat refusal
    grep -q CKR_PIN_INCORRECT refusal
}

as_pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32)
step 'pkcs11js: certificates, no login' 6 - list
step 'pkcs11js: login, sign' 16 auth sign "$auth_token" "$auth_pin" sign auth
step 'pkcs11js: login, sign with PSS' 26 auth sign "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
step 'pkcs11js: login, sign, signature' 23 sign sign "$sign_token" "$sign_pin" sign sign
step 'graphene-pk11 signs' 16 auth sign "$auth_token" "$auth_pin" graphene auth
step 'graphene-pk11 signs with PSS' 26 auth sign "$auth_token" "$auth_pin" graphene-pss auth "${as_pss[@]}"
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong sign
step 'the right one brings them back' 16 auth sign "$auth_token" "$auth_pin" sign auth
tries_auth=2 step 'graphene-pk11: a wrong PIN costs one try' 11 auth wrong graphene
step 'graphene-pk11: the right one brings them back' 16 auth sign "$auth_token" "$auth_pin" graphene auth
finish
