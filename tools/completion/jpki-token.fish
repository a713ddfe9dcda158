# SPDX-License-Identifier: BSD-3-Clause
# Completion of jpki-token for fish: the options come from the command's own help.
function __jpki_token_options
    set -l words (commandline -opc)
    test (count $words) -ge 2; and env LC_ALL=C LANGUAGE= $words[1] $words[2] --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
end

set -l commands status watch cert pin sign ssh-key uri register unregister report doctor
complete -c jpki-token -f -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c jpki-token -f -n "__fish_seen_subcommand_from cert" -a "list show export verify auth sign auth-ca sign-ca"
complete -c jpki-token -f -n "__fish_seen_subcommand_from pin" -a "change verify auth sign"
complete -c jpki-token -f -n "__fish_seen_subcommand_from uri" -a "auth sign"
complete -c jpki-token -f -n "__fish_seen_subcommand_from ssh-key" -a auth
complete -c jpki-token -f -n "__fish_seen_subcommand_from register unregister" -a "firefox chromium all thunderbird"
complete -c jpki-token -n "__fish_seen_subcommand_from $commands" -a "(__jpki_token_options)"
