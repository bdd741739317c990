#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# headers.sh INCLUDE CC CXX: each public header compiles alone, as C99, C11 and C++17, without a
# warning.
set -u
include=$1 cc=$2 cxx=$3
failed=0

# alone HEADER COMPILER LANGUAGE STANDARD
alone()
{
    # shellcheck disable=SC2086
    if ! printf '#include <%s>\n' "$1" | $2 -x "$3" -std="$4" -Wall -Wextra -pedantic -Werror \
        -fsyntax-only -I "$include" -; then
        echo "$1 does not compile alone as $4"
        failed=1
    fi
}

cd "$include" || exit 2
for header in actr/*.h; do
    alone "$header" "$cc" c c99
    alone "$header" "$cc" c c11
    alone "$header" "$cxx" c++ c++17
done
exit "$failed"
