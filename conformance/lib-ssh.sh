# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A throw-away sshd, an agent, and a program that answers for the person.
# shellcheck disable=SC2034,SC2154

ssh_port=2222

ssh_public() { # ssh_public ROLE: the public key of a certificate in OpenSSH's form
    openssl x509 -in "$JPKI_CARD_EXPORT/$1.pem" -noout -pubkey >"$place/$1.spki"
    ssh-keygen -i -m PKCS8 -f "$place/$1.spki" >"$place/$1.pub"
}

# The person answers every question with what is in the file "answer-with", and writes down what was asked.
ask_with() { # ask_with WORD
    printf '%s\n' "$1" >"$place/answer-with"
}

# Keys of both sides, and how the client is called.
ssh_keys() {
    local role
    cat >"$place/ask" <<ASK
#!/bin/sh
echo "\$1" >>"$place/asked"
cat "$place/answer-with"
ASK
    chmod 755 "$place/ask"
    export SSH_ASKPASS=$place/ask SSH_ASKPASS_REQUIRE=force
    for role in auth sign; do
        ssh_public $role
    done
    { cat "$place/auth.pub"; printf 'cert-authority %s\n' "$(cat "$place/auth.pub")"; } >"$place/authorized_keys"
    ssh_options=(-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o PreferredAuthentications=publickey
        -o LogLevel=ERROR -o IdentitiesOnly=no)
}

# The keys, a server that runs, an agent that runs.
ssh_prepare() {
    ssh_keys
    sshd_start
    eval "$(ssh-agent -s -P "$(dirname "$JPKI_MODULE")/*")" >/dev/null
}

sshd_start() {
    "$source_dir/scripts/throwaway-sshd" "$place" $ssh_port &
    server_await $ssh_port $! "$place/sshd.log"
}

# The one account that the server knows.
ssh_user() {
    "$source_dir/scripts/as-caller" id -un
}

ssh_to_host() { # ssh_to_host [OPTION...] COMMAND
    ssh -F none "${ssh_options[@]}" -p $ssh_port "${@:1:$#-1}" "$(ssh_user)@127.0.0.1" "${@: -1}"
}
