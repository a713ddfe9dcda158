#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A small crowd on one card behind a real pcscd; tests/soak/processes.sh has the whole story.
export PROCESSES=2 SIGNATURES=40 KILLS=2
exec "$(dirname "$0")/../soak/processes.sh"
