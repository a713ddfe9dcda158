#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: SEEDS (6000) random sequences of the ledger of tries, some minutes
build=${JPKI_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
export JPKI_SIM_KEYS=${JPKI_SIM_KEYS:-$build/tests/sim/keys}
exec "$build/tests/faults/faults-ledger" --seeds "${SEEDS:-6000}"
