#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Firefox and Chromium from Flatpak and in the Snap's shape with another Debian inside than outside: 13 on 12, else 12.
# So p11-kit 0.24 and 0.25 meet, each on either side.
# long: makes a tree and a Flatpak of another Debian
folder=$(dirname "$0")
export JPKI_SANDBOX_SUITE=bookworm
! grep -qx 'VERSION_CODENAME=bookworm' /etc/os-release || JPKI_SANDBOX_SUITE=trixie
logins='box-tls12 box-tls13 box-both'
status=77
for run in "flatpak firefox $logins box-registration box-system" "flatpak chromium $logins" \
    "snap firefox $logins box-registration box-system box-copy" "snap chromium $logins"; do
    # shellcheck disable=SC2086
    set -- $run
    "$folder/$1.sh" "${@:2}"
    case $? in
    0) [ $status -ne 77 ] || status=0 ;;
    77) ;;
    *) status=1 ;;
    esac
done
exit $status
