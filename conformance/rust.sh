#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: librust-cryptoki-dev
# long: compiles Rust
# Rust's cryptoki: a program lists, logs in, signs, and signs with PSS; OpenSSL verifies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
registry=/usr/share/cargo/registry
needs_if_there librust-cryptoki-dev "$(echo "$registry"/cryptoki-[0-9]*)"
needs /usr/bin/cargo /usr/bin/rustc openssl
card_enter

# Nothing is fetched: the crates are those of Debian's packages.
mkdir -p src .cargo
export CARGO_HOME=$place/home/.cargo CARGO_TARGET_DIR=${JPKI_BUILD:-$source_dir/build}/rust RUSTC=/usr/bin/rustc
cat >.cargo/config.toml <<CONF
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$registry"
CONF
cat >Cargo.toml <<'CONF'
[package]
name = "card"
version = "0.0.0"
edition = "2021"
[dependencies]
cryptoki = "*"
CONF
cat >src/main.rs <<'RUST'
use cryptoki::context::{CInitializeArgs, Pkcs11};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;

/// card MODULE TOKEN WHAT PIN: list, sign, pss, or leave (ends logged in, without one destructor)
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let module = Pkcs11::new(&words[1])?;
    module.initialize(CInitializeArgs::OsThreads)?;
    let mut chosen = None;
    for slot in module.get_slots_with_token()? {
        if module.get_token_info(slot)?.label() == words[2] {
            chosen = Some(slot);
        }
    }
    let session = module.open_ro_session(chosen.ok_or("no such token")?)?;
    if words[3] == "list" {
        for thing in session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)])? {
            for value in session.get_attributes(thing, &[AttributeType::Label])? {
                if let Attribute::Label(label) = value {
                    println!("{}", String::from_utf8(label)?);
                }
            }
        }
        return Ok(());
    }
    session.login(UserType::User, Some(&AuthPin::new(words[4].clone().into())))?;
    let key = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])?[0];
    let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
    let mechanism = if words[3] == "pss" { Mechanism::Sha256RsaPkcsPss(pss) } else { Mechanism::Sha256RsaPkcs };
    std::fs::write("signature", session.sign(&mechanism, key, &std::fs::read("message")?)?)?;
    if words[3] == "leave" {
        std::process::exit(3);
    }
    session.logout()?;
    Ok(())
}
RUST
/usr/bin/cargo build --offline --quiet >build.log 2>&1 || { cat build.log; exit 1; }
card_program=$CARGO_TARGET_DIR/debug/card
echo 'JPKI-TEST message' >message

run() {
    "$card_program" "$JPKI_MODULE" "$@"
}

list() {
    run "$auth_token" list '' >listed
    [ "$(cat listed)" = "$auth_label" ]
}

sign() { # sign TOKEN PIN WHAT ROLE OPENSSL-OPTION...
    rm -f signature
    run "$1" "$3" "$2"
    signature_judge "$4" -sha256 "${@:5}"
}

leave() {
    local status=0
    rm -f signature
    run "$auth_token" leave "$auth_pin" || status=$?
    [ "$status" -eq 3 ]
    signature_judge auth -sha256
}

wrong() {
    refused run "$auth_token" sign 9999 2>refusal
    cat refusal
    grep -q PinIncorrect refusal
}

as_pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32)
step 'certificates, no login' 6 - list
step 'login, sign' 16 auth sign "$auth_token" "$auth_pin" sign auth
step 'login, sign with PSS' 26 auth sign "$auth_token" "$auth_pin" pss auth "${as_pss[@]}"
step 'login, sign, signature' 23 sign sign "$sign_token" "$sign_pin" sign sign
step 'left logged in by process::exit' 16 auth leave
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong
step 'the right one brings them back' 16 auth sign "$auth_token" "$auth_pin" sign auth
finish
