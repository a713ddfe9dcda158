#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openssh-client
# OpenSSH: keys listed, logins at a throw-away sshd, the agent, certificates for users, wrong PINs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
needs ssh ssh-agent ssh-keygen sshd
card_enter
ssh_prepare

keys_list() {
    ssh-keygen -D "$JPKI_MODULE" >keys
    [ "$(wc -l <keys)" -eq 1 ]
    cut -d ' ' -f 2 keys | cmp - <(cut -d ' ' -f 2 "$place/auth.pub")
}

login() { # login PIN [OPTION...]
    ask_with "$1"
    ssh_to_host -o PKCS11Provider="$JPKI_MODULE" "${@:2}" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

login_config() {
    ask_with "$auth_pin"
    printf 'Host box\n    HostName 127.0.0.1\n    User %s\n    Port %s\n    PKCS11Provider %s\n' \
        "$(ssh_user)" "$ssh_port" "$JPKI_MODULE" >config
    ssh -F config "${ssh_options[@]}" box 'echo in' >answer
    [ "$(cat answer)" = in ]
}

login_refused() { # login_refused PIN
    refused login "$1" -o NumberOfPasswordPrompts=1
}

agent_add() {
    ask_with "$auth_pin"
    ssh-add -s "$JPKI_MODULE"
}

agent_list() {
    ssh-add -L >listed
    grep -qF "$(cut -d ' ' -f 2 "$place/auth.pub")" listed
}

agent_test() { # the agent signs, ssh-add verifies with the public key
    ssh-add -T "$place/auth.pub"
}

agent_login() {
    ssh_to_host 'echo in' >answer
    [ "$(cat answer)" = in ]
}

agent_locked() {
    ask_with lock-word
    ssh-add -x
    refused ssh-add -T "$place/auth.pub"
    ssh-add -X
    ssh-add -T "$place/auth.pub"
}

agent_remove() {
    ssh-add -e "$JPKI_MODULE"
    refused ssh-add -T "$place/auth.pub"
}

# What an agent that got the password for signatures does: both tokens are logged in to with the one PIN.
agent_add_sign() {
    ask_with "$sign_pin"
    ssh-add -s "$JPKI_MODULE"
    ssh-add -L >listed
    grep -q "$sign_label" listed || grep -cF "$(cut -d ' ' -f 2 "$place/sign.pub")" listed
    ssh-add -T "$place/sign.pub"
    ssh-add -e "$JPKI_MODULE"
}

agent_wrong() { # agent_wrong PIN: nothing is added beyond what is public
    ask_with "$1"
    ssh-add -s "$JPKI_MODULE" || true
    refused ssh-add -T "$place/auth.pub"
    ssh-add -e "$JPKI_MODULE" || true
}

# The card is the authority that signs another key into a certificate; sshd believes the authority.
certify() {
    ask_with "$auth_pin"
    rm -f user user.pub
    ssh-keygen -q -t ed25519 -N '' -f user
    ssh-keygen -D "$JPKI_MODULE" -s "$place/auth.pub" -I jpki-test -n "$(ssh_user)" user.pub
    ssh-keygen -L -f user-cert.pub
    ssh -F none "${ssh_options[@]}" -i user -p "$ssh_port" "$(ssh_user)@127.0.0.1" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

certify_by_agent() {
    rm -f user user.pub
    ssh-keygen -q -t ed25519 -N '' -f user
    ssh-keygen -U -s "$place/auth.pub" -I jpki-test -n "$(ssh_user)" user.pub
    ssh -F none "${ssh_options[@]}" -o IdentityAgent=none -i user -p "$ssh_port" "$(ssh_user)@127.0.0.1" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

sign_file() { # ssh-keygen -Y, verified by a ssh-keygen that sees no card
    echo 'JPKI-TEST message' >message
    rm -f message.sig
    ssh-keygen -Y sign -f "$place/auth.pub" -n file message
    echo "holder $(cut -d ' ' -f 1,2 "$place/auth.pub")" >allowed
    env -u SSH_AUTH_SOCK ssh-keygen -Y verify -f allowed -I holder -n file -s message.sig <message
}

# The card is pulled while the agent holds its key: no signature, no hang; put back, it must be added anew.  pcscd looks
# every 400 ms: what comes and goes faster in the virtual reader was never away.
agent_pulled() {
    card '' eject
    card_await out
    refused timeout 60 ssh-add -T "$place/auth.pub"
    card '' insert
    card_await in
    refused timeout 60 ssh-add -T "$place/auth.pub"
    timeout 60 ssh-add -e "$JPKI_MODULE"
    ask_with "$auth_pin"
    timeout 60 ssh-add -s "$JPKI_MODULE"
    timeout 60 ssh-add -T "$place/auth.pub"
}

# The machine sleeps: every reader goes, and comes back with its card.  Nobody is asked for anything.
agent_sleeps() {
    rm -f asked
    pcscd_stop
    pcscd_start
    timeout 60 ssh-add -T "$place/auth.pub"
    [ ! -e asked ]
}

# While it is away, nothing is signed; once it is back, all goes on.
agent_too_early() {
    rm -f asked
    pcscd_stop
    refused timeout 60 ssh-add -T "$place/auth.pub"
    pcscd_start
    sleep 1
    timeout 60 ssh-add -T "$place/auth.pub"
    agent_login
    [ ! -e asked ]
}

# With another person's card that has the same PIN: it never gets it, and the first one is no way back.
agent_other_card() {
    pcscd_stop
    card '' swap "pin-auth=$auth_pin"
    pcscd_start
    refused timeout 60 ssh-add -T "$place/auth.pub"
    [ "$(card '' stats | card_field verifies_with_data auth)" = 0 ]
    pcscd_stop
    card '' swap
    pcscd_start
    refused timeout 60 ssh-add -T "$place/auth.pub"
}

token_restores() { # the one way to spend the last try
    "${JPKI_BUILD:-$source_dir/build}/tools/jpki-token" pin verify auth --use-last-try --pin-fd 0 <<<"$auth_pin"
}

step 'ssh-keygen -D' 14 - keys_list
step 'ssh -I: login' 23 auth login "$auth_pin" -I "$JPKI_MODULE"
step 'PKCS11Provider in a config' 23 auth login_config
step 'ssh-keygen -D -s: the card certifies a key' 23 auth certify
step 'ssh-add -s' 19 auth agent_add
step 'agent: list' 0 - agent_list
step 'agent: sign' 5 auth agent_test
step 'agent: login' 5 auth agent_login
step 'agent: ssh-keygen -Y sign' 5 auth sign_file
step 'agent: ssh-keygen -U certifies a key' 5 auth certify_by_agent
step 'agent: lock, unlock, sign' 5 auth agent_locked
step 'agent: the machine sleeps, the card is the same' 11 auth agent_sleeps
step 'agent: too early after sleep' 16 auth agent_too_early
step 'agent: another card after sleep' 0 - agent_other_card
step 'agent: the card is pulled' 24 auth agent_pulled
step 'agent: remove' 0 - agent_remove
step 'agent: the signature key' 30 sign agent_add_sign
step 'a PIN of the wrong shape costs nothing' 14 - login_refused 12
step 'no PIN costs nothing' 14 - login_refused ''
tries_auth=2 step 'a wrong PIN, asked by ssh, costs one try' 18 auth login_refused 9999
tries_auth=1 step 'a wrong PIN given to the agent costs one try' 11 auth agent_wrong 9998
tries_auth=1 step 'the last try is kept from the right PIN too' 16 - login_refused "$auth_pin"
step 'jpki-token brings the tries back' 10 auth token_restores
step 'ssh -I: login again' 23 auth login "$auth_pin" -I "$JPKI_MODULE"
finish
