#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# archive.sh CORE.a OUT.a: the static library. All objects are joined into one, and the names that
# are not public become local to it, so that a program may have a mem_alloc or lane_send of its own.
set -euo pipefail
core=$1 out=$2
object=${out%.a}.o

ld -r --force-group-allocation -o "$object" --whole-archive "$core"
objcopy --localize-hidden "$object"
rm -f "$out"
ar rcsD "$out" "$object"
