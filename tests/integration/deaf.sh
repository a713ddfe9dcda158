#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The real pcscd stands still (SIGSTOP) in the middle of a VERIFY: who only polls goes on, C_Finalize gives up in its time,
# and the PIN was sent once.
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
export JPKI_BUILD=${JPKI_BUILD:-$source/build} PYTHONDONTWRITEBYTECODE=1

PYTHONPATH=$source/tests/tools exec "$source/scripts/with-card" --latency nfc -- python3 "$source/tests/integration/deaf.py"
