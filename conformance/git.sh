#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: git
# long: not one of the first clients
# Commits and tags signed with the card: gpg.format=ssh by the agent, gpg.format=x509 by gpgsm and gnupg-pkcs11-scd.
# OpenSSH and gpgsm judge.  (Fetching over https is in web.sh.)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
# shellcheck source=lib-gpg.sh
. "$(dirname "$0")/lib-gpg.sh"
needs git ssh-agent ssh-add ssh-keygen gpgsm gpg-connect-agent gpgconf gnupg-pkcs11-scd openssl
card_enter
gpg_prepare
printf 'disable-crl-checks\ndisable-policy-checks\n' >"$GNUPGHOME/gpgsm.conf"
ssh_keys
ask_with "$auth_pin"
eval "$(ssh-agent -s -P "$(dirname "$JPKI_MODULE")/*")" >/dev/null

git init --quiet letters
cd letters || exit 1
git config user.name Taro
git config user.email taro@example.org
git config user.signingkey "key::$(cat "$place/auth.pub")"
git config gpg.ssh.allowedSignersFile "$place/allowed"
echo "taro@example.org $(cat "$place/auth.pub")" >"$place/allowed"

signed() { # signed FORMAT WORDS: what its verifier says of a commit and a tag
    git -c gpg.format="$1" commit --quiet --allow-empty --gpg-sign --message "$1"
    git -c gpg.format="$1" tag --sign --message "$1" --force "tag-$1"
    git verify-commit HEAD 2>&1 | tee said
    grep -q "$2" said
    git verify-tag "tag-$1" 2>&1 | tee said
    grep -q "$2" said
}

by_agent() {
    ssh-add -s "$JPKI_MODULE"
    signed ssh 'Good "git" signature for taro@example.org'
}

changed() { # a commit that somebody changed behind its signature
    local other
    other=$(git cat-file commit HEAD | sed 's/Taro/Jiro/' | git hash-object -t commit -w --stdin)
    refused git verify-commit "$other"
}

refused_agent() {
    ssh-add -e "$JPKI_MODULE"
    ask_with 9999
    refused ssh-add -s "$JPKI_MODULE"
    refused git -c gpg.format=ssh commit --quiet --allow-empty --gpg-sign --message refused
}

learned() {
    gpgsm --learn-card
    git config gpg.x509.program gpgsm
    git config user.signingkey "$(gpg_holder)"
}

refused_gpgsm() {
    gpgconf --kill all
    echo 9999 >"$PIN_FILE"
    refused git -c gpg.format=x509 commit --quiet --allow-empty --gpg-sign --message refused
    refused git -c gpg.format=x509 commit --quiet --allow-empty --gpg-sign --message refused
}

right_gpgsm() {
    gpgconf --kill all
    echo "$auth_pin" >"$PIN_FILE"
    signed x509 'Good signature from'
}

step 'ssh: a commit and a tag' 29 auth by_agent
step 'ssh: a commit that was changed is refused' 0 - changed
tries_auth=2 step 'ssh: a wrong PIN costs one try' 11 auth refused_agent
tries_auth=2 step 'x509: gpgsm learns the card' 14 - learned
card '' set tries-auth=3 >/dev/null
step 'x509: a commit and a tag' any auth signed x509 'Good signature from'
tries_auth=2 step 'x509: a wrong PIN costs one try, asked for again and again' any auth refused_gpgsm
step 'the right one brings them back' any auth right_gpgsm
kill "$SSH_AGENT_PID"
finish
