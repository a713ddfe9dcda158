#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openssh-client
# A card that answers nothing until its power is taken away, as sleep leaves it with some readers: real pcscd, our own driver
# (tests/reader), an agent that is logged in, jpki-token.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
needs ssh-agent ssh-add ssh-keygen
card_enter --reader plain
ssh_keys
eval "$(ssh-agent -s -P "$(dirname "$JPKI_MODULE")/*")" >/dev/null
token=${JPKI_BUILD:-$source_dir/build}/tools/jpki-token

agent_add() {
    ask_with "$auth_pin"
    ssh-add -s "$JPKI_MODULE"
    ssh-add -T "$place/auth.pub"
}

# Three signatures fail, no PIN was sent with them; before the fourth the card has new power and is asked who it is.
agent_stuck() { # agent_stuck CUTS
    local times
    card '' stuck "$1"
    for times in 1 2 3; do
        refused timeout 60 ssh-add -T "$place/auth.pub"
        [ "$(card '' stats | card_field verifies_with_data auth)" = 0 ] || { echo "a PIN in signature $times"; return 1; }
    done
}

agent_revived() {
    agent_stuck 1
    timeout 60 ssh-add -T "$place/auth.pub"
    [ "$(card '' stats | card_field verifies_with_data auth)" = 1 ]
    timeout 60 ssh-add -T "$place/auth.pub"
}

# Where new power does not help the card is taken for gone: the agent must be told anew.
agent_given_up() {
    local times
    agent_stuck 1000
    for times in 1 2 3 4; do
        refused timeout 60 ssh-add -T "$place/auth.pub"
    done
    card '' stuck 0
    refused timeout 60 ssh-add -T "$place/auth.pub"
    [ "$(card '' stats | card_field verifies_with_data auth)" = 0 ]
    ssh-add -e "$JPKI_MODULE"
}

status_stuck() {
    card '' stuck 1
    "$token" status >shown
    grep -q 'My Number Card' shown
}

status_given_up() {
    card '' stuck 1000
    refused timeout 30 "$token" status
    card '' stuck 0
}

step 'ssh-add -s, a signature' 24 auth agent_add
step 'agent: the card is stuck until it has new power' 12 auth agent_revived
step 'agent: new power does not help' 0 - agent_given_up
step 'jpki-token status of a stuck card' 17 - status_stuck
step 'jpki-token status where new power does not help' 0 - status_given_up
finish
