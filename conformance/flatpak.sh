#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Firefox in a real Flatpak under a real "systemd --user", registered by jpki-token.
# long: builds a Flatpak of two browsers and starts one for every case
#
#   conformance/flatpak.sh [firefox|chromium [OPTION OR CASE...]]
#
# Which tree of Debian is inside: JPKI_SANDBOX_SUITE (default: this machine's).
# shellcheck source=conformance/lib-sandbox.sh
. "$(dirname "$0")/lib-sandbox.sh"
sandbox_needs flatpak
suite=${JPKI_SANDBOX_SUITE:-$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)}
tree_make "$suite"
export JPKI_FLATPAK=$trees/flatpak-$suite
nice "$here/sandbox-flatpak" "$trees/$suite" "$JPKI_FLATPAK" >"$JPKI_FLATPAK.log" 2>&1 ||
    skip_all "no Flatpak could be made: $(tail -n 1 "$JPKI_FLATPAK.log")"
browser_run flatpak "$@"
