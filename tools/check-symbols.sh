#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# check-symbols.sh BUILD: what the libraries show, and how internal names begin.
# - libactr.so and libactr.a show functions that include/actr declares, and nothing else.
# - A function or variable of src/x/noun_part.c that other files see begins with `noun_part_`,
#   `noun_parts_` or `noun_`, or with what tools/prefixes says for that file or folder; the public
#   ones with `actr_`.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/.."
git ls-files >/dev/null
export LC_ALL=C
work=$build/check-symbols
mkdir -p "$work"
bad=0

printf '#include <actr/actr.h>\n' | gcc -E -P -Iinclude '-DACTR_API=@API' - | tr '\n' ' ' |
    grep -oE '@API[^;]*' | sed -E 's/^[^(]*[ *](actr_[a-z0-9_]+)[ ]*\(.*$/\1/' | sort -u >"$work/declared"

shown()
{
    local unknown
    unknown=$(sort -u | grep -vx ACTR_0 | comm -13 "$work/declared" -)
    [ -z "$unknown" ] && return 0
    printf '%s shows what include/actr does not declare:\n%s\n' "$1" "$unknown"
    bad=1
}
shown libactr.so < <(nm -D --defined-only --format=just-symbols --without-symbol-versions \
    "$build/packaging/libactr.so")
# Weak symbols are inline functions of the C++ library.
shown libactr.a < <(nm -g --defined-only "$build/packaging/libactr.a" |
    awk 'NF == 3 && $2 !~ /[VWu]/ { print $3 }')

while read -r source; do
    noun=$(basename "$source" .c)
    object=$build/src/libactr_core.a.p/$(echo "${source#src/}" | tr / _).o
    [ -f "$object" ] || continue
    allowed="actr_ ${noun}_ ${noun}s_"
    # noun_part_more: noun_part_, noun_
    while [[ $noun == *_* ]]; do
        noun=${noun%_*}
        allowed+=" ${noun}_"
    done
    allowed+=" $(sed -n "s|^$source: ||p; s|^$(dirname "$source")/: ||p" tools/prefixes)"
    while read -r symbol; do
        for prefix in $allowed; do
            [[ "${symbol}_" == "$prefix"* ]] && continue 2
        done
        echo "$source: $symbol begins with none of: $allowed"
        bad=1
    done < <(nm -g --defined-only --format=just-symbols "$object")
done < <(git ls-files --cached --others --exclude-standard 'src/*.c')
exit "$bad"
