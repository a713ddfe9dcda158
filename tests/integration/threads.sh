#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Many threads in one program over two readers behind a real pcscd; tests/soak/threads.sh has the whole story.
export THREADS=16 SIGNATURES=60
exec "$(dirname "$0")/../soak/threads.sh"
