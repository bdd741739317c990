#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# archive.sh CORE.a OUT.a [PUBLIC]: the static library. All objects are joined into one, and the
# names that are not public become local to it, so that a program may have a mem_alloc or lane_send of
# its own. Public is what is visible; or, where nothing is, what matches PUBLIC.
set -euo pipefail
core=$1 out=$2 public=${3:-}
object=${out%.a}.o

ld -r --force-group-allocation -o "$object" --whole-archive "$core"
if [ -n "$public" ]; then
    objcopy --wildcard --keep-global-symbol="$public" "$object"
else
    objcopy --localize-hidden "$object"
fi
rm -f "$out"
ar rcsD "$out" "$object"
