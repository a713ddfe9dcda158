#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openssh-client
# OpenSSH with the cards of two people in two readers: each key is found on its own card, and each PIN goes to its own.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
needs ssh ssh-agent ssh-keygen sshd
card_enter --cards 2 --pin-auth2 8765
ssh_prepare
openssl x509 -in "$JPKI_CARD_EXPORT2/auth.pem" -noout -pubkey >"$place/auth2.spki"
ssh-keygen -i -m PKCS8 -f "$place/auth2.spki" >"$place/auth2.pub"

both_listed() {
    ssh-keygen -D "$JPKI_MODULE" | cut -d ' ' -f 2 | sort >listed
    cat "$place/auth.pub" "$place/auth2.pub" | cut -d ' ' -f 2 | sort | cmp - listed
}

# The person is asked by the token's name; each card has its own PIN.
second_login() {
    cp "$place/auth2.pub" "$place/authorized_keys"
    ask_with 8765
    ssh_to_host -o PKCS11Provider="$JPKI_MODULE" -o IdentitiesOnly=yes -i "$place/auth2.pub" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

# The agent sends its one PIN to every token: the other card loses a try, which no module can prevent (same shape).
agent_one_pin() {
    cp "$place/auth.pub" "$place/authorized_keys"
    ask_with "$auth_pin"
    ssh-add -s "$JPKI_MODULE"
    ssh-add -T "$place/auth.pub"
    refused ssh-add -T "$place/auth2.pub"
    ssh-add -e "$JPKI_MODULE"
}

agent_again() {
    ask_with 8765
    ssh-add -s "$JPKI_MODULE"
    ssh-add -T "$place/auth2.pub"
    ssh-add -e "$JPKI_MODULE"
}

agent_swap() {
    ask_with "$auth_pin"
    ssh-add -s "$JPKI_MODULE"
    ssh-add -T "$place/auth.pub"
    card '' swap >/dev/null
    sleep 1
    refused ssh-add -T "$place/auth.pub"
    ssh-add -e "$JPKI_MODULE"
    card '' swap >/dev/null
    sleep 1
}

step 'ssh-keygen -D lists both cards' 28 - both_listed
step 'ssh -I: login with the second card' 37 auth2 second_login
tries_auth2=2 step 'ssh-add -s: the one PIN goes to both cards' 35 auth,auth2 agent_one_pin
tries_auth=2 step 'ssh-add -s: and the other one' 35 auth,auth2 agent_again
card 2 eject >/dev/null
sleep 1
step 'a card that was swapped signs nothing' 24 auth agent_swap
finish
