# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Completion of jpki-token for bash: the options come from the command's own help.
_jpki_token_options() {
    LC_ALL=C LANGUAGE='' "$1" "$2" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
}

_jpki_token() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=''
    COMPREPLY=()
    case $previous in
    -o | --out | --module) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --ca-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --key | --with-pin) words='auth sign' ;;
    --object) words='token cert key' ;;
    --reader | --serial | --pin-fd | --reason | --location) return ;;
    *)
        case $COMP_CWORD:${COMP_WORDS[1]}:$current in
        1:*) words='status watch cert pin sign ssh-key uri register unregister report doctor --help --version' ;;
        *:*:-*) words=$(_jpki_token_options "${COMP_WORDS[0]}" "${COMP_WORDS[1]}") ;;
        2:cert:*) words='list show export verify' ;;
        3:cert:*) words='auth sign auth-ca sign-ca' ;;
        2:pin:*) words='change verify' ;;
        3:pin:* | 2:uri:*) words='auth sign' ;;
        2:ssh-key:*) words=auth ;;
        2:register:* | 2:unregister:*) words='firefox chromium all thunderbird' ;;
        *:sign:*) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _jpki_token jpki-token
