#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# Fail on any C or C++ file that clang-format 14 would change. `check-format.sh -i` changes them.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
[ "${1:-}" != -i ] || mode=(-i)
git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' '*.cc' |
    xargs -0 -r -n 40 -P 2 clang-format --style=file "${mode[@]}"
