#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# installed.sh BUILD SOURCE PREFIX LIBDIR: installs into a fresh folder, then builds programs against
# that copy as its users do: by pkg-config and by find_package, shared and static.
set -euo pipefail
build=$1 source=$2 prefix=$3 libdir=$4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

step() { printf '== %s\n' "$*"; }
fail() { printf 'installed: %s\n' "$*"; exit 1; }

step install
meson install -C "$build" --no-rebuild --quiet --destdir "$tmp/root"
root=$tmp/root$prefix
export PKG_CONFIG_PATH=$root/$libdir/pkgconfig LD_LIBRARY_PATH=$root/$libdir
config() { pkg-config --define-variable=prefix="$root" "$@" actr; }

mkdir "$tmp/programs"
cp "$source/test/install/program.c" "$tmp/programs"

# readme WORDS: the program that follows the line of the README that begins with WORDS.
readme()
{
    awk -v words="$1" 'index($0, words) == 1 { on = 1; next }
        on && /^[^ ]/ { exit }
        on { sub(/^    /, ""); print }' "$source/README.md"
}
readme 'A service (' >"$tmp/programs/service.c"
readme 'A client (' >"$tmp/programs/client.c"

# runs PROGRAM SHARED: what it prints, and whether it needs libactr.so (yes, no).
runs()
{
    local shared=no
    [ "$("$1")" = ACTR_ENOMEM ] || fail "$1 does not run"
    [[ $(ldd "$1") == *libactr.so* ]] && shared=yes
    [ "$shared" = "$2" ] || fail "$1 uses libactr.so: $shared, wanted: $2"
}

# shellcheck disable=SC2046
by_pkg_config()
{
    step "pkg-config, shared"
    local flags=(-Wall -Wextra -pedantic -Werror)
    gcc -std=c99 "${flags[@]}" $(config --cflags) "$tmp/programs/program.c" -o "$tmp/c99" $(config --libs)
    runs "$tmp/c99" yes
    g++ -std=c++17 "${flags[@]}" $(config --cflags) -x c++ "$tmp/programs/program.c" -x none \
        -o "$tmp/cxx17" $(config --libs)
    runs "$tmp/cxx17" yes
    for program in service client; do
        gcc -std=c99 "${flags[@]}" $(config --cflags) "$tmp/programs/$program.c" -o "$tmp/$program" \
            $(config --libs)
    done
    [[ $("$tmp/service" --help) == *actr.toml* ]]

    step "pkg-config, static"
    gcc -std=c11 "${flags[@]}" $(config --cflags) "$tmp/programs/program.c" -o "$tmp/static" \
        -Wl,--as-needed -l:libactr.a $(config --static --libs)
    runs "$tmp/static" no
}

# One source as a program and as a library, which shows the functions of its ABI and nothing else.
# shellcheck disable=SC2046
as_library()
{
    step "an actor as a shared library"
    local source=$source/examples/echo_actor.c flags=(-std=c11 -Wall -Wextra -pedantic -Werror)
    gcc "${flags[@]}" $(config --cflags) "$source" -o "$tmp/actor" $(config --libs)
    [[ $("$tmp/actor" --help) == *actr.toml* ]]
    guest() { pkg-config --define-variable=prefix="$root" "$@" actr-guest; }
    gcc "${flags[@]}" -fPIC -shared $(guest --cflags) "$source" -o "$tmp/actor.so" $(guest --libs)
    [ "$(nm -D --defined-only --format=just-symbols "$tmp/actor.so" | sort | tr '\n' ' ')" = \
        'actr_abi_info actr_free_response actr_handle actr_init actr_shutdown ' ] ||
        fail "$(nm -D --defined-only "$tmp/actor.so")"
    [[ $(ldd "$tmp/actor.so") != *libactr* ]] || fail "needs libactr.so"
}

by_find_package()
{
    step find_package
    cmake -S "$source/test/install" -B "$tmp/cmake" -G Ninja -DPROGRAMS="$tmp/programs" \
        -DCMAKE_PREFIX_PATH="$root" >"$tmp/cmake.log" 2>&1 || { cat "$tmp/cmake.log"; return 1; }
    cmake --build "$tmp/cmake" >"$tmp/cmake.log" 2>&1 || { cat "$tmp/cmake.log"; return 1; }
    runs "$tmp/cmake/program" yes
    runs "$tmp/cmake/program-static" no
}

by_pkg_config
as_library
by_find_package
