#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# slow: browsers, with a display
#
# Firefox and Chromium beside each other: the log-ins and what keeps the card safe.  All cases: browsers-all.sh.
folder=$(dirname "$0")
"$folder/firefox" "$@" &
"$folder/chromium" "$@"
chromium=$?
wait $!
firefox=$?
# 77 says that a browser was skipped; a failure of the other counts more
[ $chromium -eq 77 ] && exit $firefox
[ $chromium -ne 0 ] && exit $chromium
[ $firefox -eq 77 ] && exit 0
exit $firefox
