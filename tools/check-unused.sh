#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# check-unused.sh BUILD: a function or variable that other files see must be used by one of src, or
# it should be static, or go. A test may use what its own file uses too; what only tests use is
# named in tools/test-only.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/.."
export LC_ALL=C
work=$build/check-unused
mkdir -p "$work"
bad=0

object_of()
{
    echo "$build/src/libactr_core.a.p/$(echo "${1#src/}" | tr / _).o"
}

mapfile -t sources < <(git ls-files --cached --others --exclude-standard 'src/*.c' 'src/*.cc')
find "$build/src" -name '*.o' -exec nm -u --format=just-symbols {} + | sort -u >"$work/used"
sed 's/#.*//' tools/test-only | tr -s ' ' '\n' | sed '/^$/d' | sort >"$work/excused"
: >"$work/found"

for source in "${sources[@]}"; do
    object=$(object_of "$source")
    [ -f "$object" ] || continue
    while read -r symbol; do
        if grep -qxF -e "$source" -e "$symbol" "$work/excused"; then
            printf '%s\n' "$source" "$symbol" >>"$work/found"
        elif [ "$(grep -cw "$symbol" "$source")" -lt 2 ] || ! grep -rqw "$symbol" test fuzz; then
            echo "$source: no other file of src uses $symbol"
            bad=1
        fi
    done < <(nm -g --defined-only "$object" | awk 'NF == 3 && $2 ~ /[BDRT]/ { print $3 }' |
        grep -vE '^(actr_|_Z)' | sort | comm -23 - "$work/used")
done

# What has found a user, or has gone, needs no excuse.
if sort -u "$work/found" | comm -13 - "$work/excused" | grep .; then
    echo 'tools/test-only names these without need'
    bad=1
fi
exit "$bad"
