#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# check-tidy.sh BUILD: clang-tidy over every file of the tree that BUILD (made with clang) compiles.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$1
log=build-logs/tidy-all.log
status=0
run-clang-tidy -quiet -p "$build" -j "$(nproc)" "^$PWD/(src|test|fuzz|bench|examples)/" >"$log" 2>&1 ||
    status=$?
grep -q '^clang-tidy' "$log" || { echo "nothing to look at in $build"; exit 1; }
# Each file that includes a header repeats what is wrong in it.
sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '(error|warning): ' |
    sed -E "s|^.*/$build/\\.\\./||; s|^\\.\\./||" | sort -u
[ "$status" -eq 0 ] || grep -qE '(error|warning): ' "$log" || cat "$log"
exit "$status"
