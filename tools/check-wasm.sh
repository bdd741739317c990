#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# The pure layers know no system: compile base, runtime and the protocol files that need no
# protobuf-c, themselves or by protocol's private headers, for wasm32, and fail on any symbol that neither they nor tools/wasm-imports provide.
# Then run the unit tests of runtime there: test/wasm is their harness.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build-wasm
rm -rf "$out"
mkdir -p "$out/test"

mapfile -t sources < <(
    git ls-files --cached --others --exclude-standard 'src/base/*.c' 'src/runtime/*.c'
    private='protocol/(message|part|registration|flow_[a-z]+)\.h'
    git ls-files --cached --others --exclude-standard 'src/protocol/*.c' | while read -r file; do
        grep -qE "#include.*(protobuf-c|pb-c|$private)" "$file" || echo "$file"
    done
)

export out
compile()
{
    clang --target=wasm32-unknown-unknown -isystem /usr/include/wasm32-wasi -D__wasi__ -D_GNU_SOURCE -std=c11 \
        -O1 -Wall -Wextra -Wno-unused-parameter -Werror -Iinclude -Isrc -Itest/wasm -Itest/unit \
        -c "$1" -o "$out/$2$(basename "$(echo "${1#src/}" | tr / _)").o"
}
export -f compile
printf '%s\n' "${sources[@]}" | xargs -P 2 -I{} bash -c 'compile {} ""'

llvm-nm --quiet --defined-only --extern-only --format=just-symbols "$out"/*.o | sort -u >"$out/defined"
sed 's/#.*//' tools/wasm-imports | tr -s ' ' '\n' | grep . | sort -u >"$out/allowed"
llvm-nm --quiet --undefined-only --format=just-symbols "$out"/*.o | sort -u |
    comm -23 - "$out/defined" | comm -23 - "$out/allowed" >"$out/unexpected"
if [ -s "$out/unexpected" ]; then
    for object in "$out"/*.o; do
        llvm-nm --quiet --undefined-only --format=just-symbols "$object" |
            grep -xF -f "$out/unexpected" | sed "s|\$| is needed by $(basename "$object")|" || true
    done
    exit 1
fi

tests=(test/wasm/main.c test/unit/runtime/*_test.c)
printf '%s\n' "${tests[@]}" | xargs -P 2 -I{} bash -c 'compile {} test/'
# A test is named by its section only, which nothing refers to.
wasm-ld --no-entry --no-gc-sections --export=run -z stack-size=262144 "$out"/*.o "$out"/test/*.o \
    /usr/lib/wasm32-wasi/libc.a -o "$out/tests.wasm"
echo "${#sources[@]} files, $(node test/wasm/run.js "$out/tests.wasm" $((${#tests[@]} * 5)))"
