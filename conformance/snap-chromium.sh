#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Chromium as snap.sh has Firefox.
# long: as snap.sh
exec "$(dirname "$0")/snap.sh" chromium
