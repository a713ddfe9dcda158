#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: golang-github-miekg-pkcs11-dev
# Go: miekg's pkcs11 lists, logs in and signs; crypto11 on top of it signs as a crypto.Signer and logs in over TLS; OpenSSL
# and nginx check.  A Go program that ends by os.Exit runs no exit handler of the module's.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
sources=/usr/share/gocode
needs go gcc openssl nginx "$sources/src/github.com/miekg/pkcs11" "$sources/src/github.com/ThalesIgnite/crypto11"
card_enter

export GOPATH=$sources GO111MODULE=off GOFLAGS=-p=2 GOCACHE=${JPKI_BUILD:-$source_dir/build}/go-cache
cat >card.go <<'GO'
package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/ThalesIgnite/crypto11"
	"github.com/miekg/pkcs11"
)

// card MODULE TOKEN WHAT PIN: list, sign, pss, leave (ends logged in, by os.Exit), signer, signer-pss, or get a URL
func main() {
	module, token, what, pin := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	switch {
	case strings.HasPrefix(what, "signer"):
		signer(module, token, what, pin)
	case strings.HasPrefix(what, "https:"):
		get(module, token, what, pin)
	default:
		plain(module, token, what, pin)
	}
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func message() []byte {
	text, err := os.ReadFile("message")
	must(err)
	return text
}

func find(ctx *pkcs11.Ctx, session pkcs11.SessionHandle, class uint) []pkcs11.ObjectHandle {
	must(ctx.FindObjectsInit(session, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}))
	found, _, err := ctx.FindObjects(session, 10)
	must(err)
	must(ctx.FindObjectsFinal(session))
	return found
}

func slotOf(ctx *pkcs11.Ctx, token string) uint {
	slots, err := ctx.GetSlotList(true)
	must(err)
	for _, slot := range slots {
		info, err := ctx.GetTokenInfo(slot)
		must(err)
		if info.Label == token {
			return slot
		}
	}
	fmt.Println("no such token")
	os.Exit(1)
	return 0
}

func plain(module, token, what, pin string) {
	ctx := pkcs11.New(module)
	must(ctx.Initialize())
	session, err := ctx.OpenSession(slotOf(ctx, token), pkcs11.CKF_SERIAL_SESSION)
	must(err)
	if what == "list" {
		for _, thing := range find(ctx, session, pkcs11.CKO_CERTIFICATE) {
			label, err := ctx.GetAttributeValue(session, thing, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_LABEL, nil)})
			must(err)
			fmt.Println(string(label[0].Value))
		}
	} else {
		must(ctx.Login(session, pkcs11.CKU_USER, pin))
		mechanism := pkcs11.NewMechanism(pkcs11.CKM_SHA256_RSA_PKCS, nil)
		if what == "pss" {
			mechanism = pkcs11.NewMechanism(pkcs11.CKM_SHA256_RSA_PKCS_PSS,
				pkcs11.NewPSSParams(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, 32))
		}
		must(ctx.SignInit(session, []*pkcs11.Mechanism{mechanism}, find(ctx, session, pkcs11.CKO_PRIVATE_KEY)[0]))
		signature, err := ctx.Sign(session, message())
		must(err)
		must(os.WriteFile("signature", signature, 0o600))
		if what == "leave" {
			os.Exit(3)
		}
		must(ctx.Logout(session))
	}
	must(ctx.CloseSession(session))
	must(ctx.Finalize())
	ctx.Destroy()
}

func opened(module, token, pin string) (*crypto11.Context, crypto11.Signer) {
	ctx, err := crypto11.Configure(&crypto11.Config{Path: module, TokenLabel: token, Pin: pin})
	must(err)
	keys, err := ctx.FindAllKeyPairs()
	must(err)
	return ctx, keys[0]
}

func signer(module, token, what, pin string) {
	ctx, key := opened(module, token, pin)
	digest := sha256.Sum256(message())
	var how crypto.SignerOpts = crypto.SHA256
	if what == "signer-pss" {
		how = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	signature, err := key.Sign(rand.Reader, digest[:], how)
	must(err)
	must(os.WriteFile("signature", signature, 0o600))
	must(ctx.Close())
}

func get(module, token, what, pin string) {
	url, version, _ := strings.Cut(what, "#")
	ctx, key := opened(module, token, pin)
	own, err := ctx.FindAllPairedCertificates()
	must(err)
	own[0].PrivateKey = key
	server, err := os.ReadFile("server.crt")
	must(err)
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(server)
	settings := &tls.Config{Certificates: own[:1], RootCAs: trusted}
	if version == "1.2" {
		settings.MaxVersion = tls.VersionTLS12
	}
	answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: settings}}).Get(url)
	must(err)
	_, err = io.Copy(os.Stdout, answer.Body)
	must(err)
	must(ctx.Close())
}
GO
go build -o card card.go >build.log 2>&1 || { cat build.log; exit 1; }
echo 'JPKI-TEST message' >message
nginx_start 4433

list() {
    ./card "$JPKI_MODULE" "$auth_token" list '' >listed
    [ "$(cat listed)" = "$auth_label" ]
}

sign() { # sign TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    rm -f signature
    ./card "$JPKI_MODULE" "$1" "$3" "$2"
    signature_judge "$4" -sha256 "${@:5}"
}

leave() {
    local status=0
    rm -f signature
    ./card "$JPKI_MODULE" "$auth_token" leave "$auth_pin" || status=$?
    [ "$status" -eq 3 ]
    signature_judge auth -sha256
}

tls() { # tls VERSION
    ./card "$JPKI_MODULE" "$auth_token" "https://localhost:4433/#$1" "$auth_pin" >answer
    cat answer
    grep -q "SUCCESS TLSv$1 $(auth_serial)" answer
}

wrong() { # wrong WHAT
    refused ./card "$JPKI_MODULE" "$auth_token" "$1" 9999 >refusal
    cat refusal
    grep -q CKR_PIN_INCORRECT refusal
}

as_pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32)
step 'certificates, no login' 6 - list
step 'login, sign' 16 auth sign "$auth_token" "$auth_pin" sign auth
step 'login, sign with PSS' 26 auth sign "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
step 'login, sign, signature' 23 sign sign "$sign_token" "$sign_pin" sign sign
step 'left logged in by os.Exit' 16 auth leave
step 'crypto11 signs' 24 auth sign "$auth_token" "$auth_pin" signer auth
step 'crypto11 signs with PSS' 26 auth sign "$auth_token" "$auth_pin" signer-pss auth "${as_pss[@]}"
step 'crypto11, TLS 1.2' 26 auth tls 1.2
step 'crypto11, TLS 1.3' 26 auth tls 1.3
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong sign
step 'the right one brings them back' 16 auth sign "$auth_token" "$auth_pin" sign auth
tries_auth=2 step 'crypto11: a wrong PIN costs one try' 11 auth wrong signer
step 'crypto11: the right one brings them back' 24 auth sign "$auth_token" "$auth_pin" signer auth
finish
