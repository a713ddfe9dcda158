#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Chromium as flatpak.sh has Firefox.
# long: as flatpak.sh
exec "$(dirname "$0")/flatpak.sh" chromium
