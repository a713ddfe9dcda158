#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Firefox in a sandbox of a Snap's shape, on the libraries of an older Debian, under a real "systemd --user", registered by
# jpki-token.  snapd does not run here.
# long: makes a tree of an older Debian and starts the browser for every case
#
#   conformance/snap.sh [firefox|chromium [OPTION OR CASE...]]
#
# Which suite is inside: JPKI_SANDBOX_SUITE (default: bullseye, whose libc and OpenSSL are too old for the module).
# shellcheck source=conformance/lib-sandbox.sh
. "$(dirname "$0")/lib-sandbox.sh"
sandbox_needs bwrap
suite=${JPKI_SANDBOX_SUITE:-bullseye}
tree_make "$suite"
export JPKI_SNAP_TREE=$trees/$suite
browser_run snap "$@"
