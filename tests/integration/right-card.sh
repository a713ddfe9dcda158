#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# No PIN reaches a card that it was not meant for, with the real pcscd between, whose word for an old connection decides.
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
export JPKI_BUILD=${JPKI_BUILD:-$source/build} PYTHONDONTWRITEBYTECODE=1

[ -x "$JPKI_BUILD/tools/jpki-token" ] || { echo 'skip - right-card: jpki-token is not built'; exit 77; }
PYTHONPATH=$source/tests/tools exec "$source/scripts/with-card" -- python3 "$source/tests/integration/right_card.py"
