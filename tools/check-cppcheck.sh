#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# check-cppcheck.sh BUILD: cppcheck over every file that BUILD compiles.
set -euo pipefail
cd "$(dirname "$0")/.."
cppcheck --project="$1/compile_commands.json" --library=posix --quiet --error-exitcode=1 \
    --enable=warning,performance,portability -j "$(nproc)" \
    --suppressions-list=tools/cppcheck-suppressions
