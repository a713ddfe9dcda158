#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Waiting costs nothing, with one reader and with sixteen: bench/waiting, for ten seconds instead of sixty.
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}

exec "$source/bench/waiting" --seconds 10 --check 1 16
