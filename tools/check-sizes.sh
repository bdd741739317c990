#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# Fail on a file over 600 lines, a function over 70, a contract header over 150.
set -euo pipefail
cd "$(dirname "$0")/.."
contracts=' src/sys/loop.h src/mailbox/mailbox.h src/runtime/dispatch.h src/hyper/wire/wire.h
 src/hyper/transport/lane.h src/hyper/outbound/gate.h src/hyper/signaling/signaling.h '

git ls-files --cached --others --exclude-standard -- \
    src include test fuzz bench examples tools run .ci |
    grep -E '\.(c|h|cc|py|sh|proto)$|/meson\.build$|^run$|^\.ci/run$' |
    xargs awk -v contracts="$contracts" '
        function finish() {
            if (lines > 600) bad(file ": " lines " lines, 600 are allowed")
            if (lines > 150 && index(contracts, " " file " "))
                bad(file ": " lines " lines, 150 are allowed in a contract")
        }
        function bad(text) { print text; count++ }
        FNR == 1 { finish(); file = FILENAME; open = 0; is_c = file ~ /\.(c|h|cc)$/ }
        { lines = FNR }
        is_c && /^\{/ { open = FNR }
        is_c && /^\}/ {
            if (open && FNR - open - 1 > 70)
                bad(file ":" open ": a function of " FNR - open - 1 " lines, 70 are allowed")
            open = 0
        }
        END { finish(); exit count ? 1 : 0 }'
