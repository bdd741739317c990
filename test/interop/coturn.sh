#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# coturn.sh PROGRAM: runs it against the TURN server of this machine; skipped (77) where there is none.
set -euo pipefail
ACTR_PEER=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v turnserver) || {
    echo "SKIPPED: turnserver is not installed (Debian: apt-get install coturn)"
    exit 77
}
export ACTR_PEER
"$ACTR_PEER" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9].*\)/peer: coturn \1/p' | head -n 1
exec "$1"
