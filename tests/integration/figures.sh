#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The figures that the project promises: exchanges and card time beside OpenSC's, polling, sessions, memory.
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
failed=0

"$source/bench/compare" --check || failed=1
"$source/bench/micro" || failed=1
exit $failed
