#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Firefox and Chromium: every case.
# long: four minutes of two browsers that are started for each case
exec "$(dirname "$0")/browsers.sh" --all
