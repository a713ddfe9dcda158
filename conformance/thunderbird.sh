#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: thunderbird
# long: Thunderbird, with a display
#
# Thunderbird: mails signed by either key, judged by OpenSSL; pages and PINs as with the browsers; p11-kit's proxy beside it.
set -o pipefail
cases=(mail mail-wrong mail-registered unregister login-both last-try-kept proxy proxy-open)
[ $# -gt 0 ] || set -- "${cases[@]}"
"$(dirname "$0")/thunderbird" "$@" | sed -u 's/^\(.*\) - thunderbird \([^:]*\): /\1 - thunderbird: \2: /'
