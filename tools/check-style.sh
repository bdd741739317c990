#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# The rules of style that a line-by-line reading can check. Prints file:line: rule, and fails.
set -u
shopt -s lastpipe # report runs in this shell
cd "$(dirname "$0")/.." && git ls-files >/dev/null || exit 2
found=0

files() { git ls-files --cached --others --exclude-standard -- "$@"; }

# Reads `file:line:text` and reports each under the rule; fails never by itself.
report()
{
    local hits
    hits=$(cat)
    [ -n "$hits" ] || return 0
    printf '%s\n' "$hits" | sed "s|\$|    <- $1|"
    found=1
}

# in_c PATTERN PATH…: lines of C outside of comments that match.
in_c()
{
    local pattern=$1
    shift
    files "$@" | grep -E '\.(c|h|cc)$' | xargs -r awk -v pattern="$pattern" '
        FNR == 1 { comment = 0 }
        {
            line = $0
            if (comment) { if (!sub(/^.*\*\//, "", line)) next; comment = 0 }
            gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
            if (sub(/\/\*.*$/, "", line)) comment = 1
            sub(/\/\/.*$/, "", line)
            gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
            if (line ~ pattern) print FILENAME ":" FNR ":" $0
        }'
}

# The two SPDX lines head each source file (after #! where there is one).
files '*.c' '*.h' '*.cc' '*.proto' '*.py' '*.sh' '*meson.build' meson_options.txt run .ci/run |
    xargs -r awk '
        BEGIN {
            want[1] = "SPDX-FileCopyrightText: 2026 The actr authors"
            want[2] = "SPDX-License-Identifier: Apache-2.0"
        }
        FNR == 1 { seen = 0; if (/^#!/) next }
        ++seen <= 2 && $0 != "// " want[seen] && $0 != "# " want[seen] {
            print FILENAME ":" FNR ":"
            nextfile
        }
        seen >= 2 { nextfile }' |
    report 'begins with the two SPDX lines'

# Each .c says what it is for: 5 to 20 lines in src, at least one elsewhere. A unit test need not: its
# name says which file it tests.
files '*.c' ':!test/unit/*_test.c' | xargs -r awk '
    function finish() {
        if (file ~ /^src\// && (lines < 5 || lines > 20)) print file ":3: " lines " lines"
        else if (file != "" && lines < 1) print file ":3: none"
    }
    FNR == 1 { finish(); file = FILENAME; lines = 0; state = 0 }
    FNR == 3 && /^\/\*/ { state = 1 }
    state == 1 { lines++ }
    state == 1 && /\*\// { state = 2 }
    END { finish() }' | report 'head comment of 5-20 lines says what the file is for'

files '*.c' '*.h' '*.cc' '*.proto' '*.sh' '*.py' '*meson.build' run .ci/run |
    grep -v '^tools/check-style.sh$' | xargs -r grep -nE '\b(TODO|FIXME|XXX|HACK)\b' |
    grep -vE 'TODO\(#[0-9]+\)' | report 'TODO(#issue) only'

in_c '(^|[^a-zA-Z_0-9])(sleep|usleep|nanosleep|clock_nanosleep|time|gettimeofday|clock_gettime)[(]' \
    test | grep -v '^test/unit/hyper/wire/webrtc/wall_clock.h:' | # the tests' own clock
    report 'no sleeps and no wall clock in tests'
in_c 'hton[sl][(][1-9]' test | report 'no fixed ports in tests'

in_c 'stdatomic\\.h|pthread|_Atomic|__atomic_|__sync_|atomic_|uv_(mutex|rwlock|sem|cond|thread)_' \
    src ':!src/sys' ':!src/base' | report 'threads, locks and atomics only in sys and base'
in_c '(^|[^a-zA-Z_0-9.>])(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)[(]' \
    src ':!src/base/mem.c' | report 'memory comes from base/mem.h'
in_c '(^|[^a-zA-Z_0-9])(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|atoi|atol|atoll|atof|system)[(]' \
    src include | report 'not this function'
in_c '(^|[^a-zA-Z_0-9])(_?setjmp|sigsetjmp|longjmp|siglongjmp)[(]' \
    src include ':!src/hyper/workload/panic.c' | report 'only panic.c jumps'

files '*.c' '*.h' '*.cc' | xargs -r awk '
    FNR == 1 { open = 0 }
    /^\{/ { open = 1 }
    /^\}/ { open = 0 }
    open && /^[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif)/ { print FILENAME ":" FNR ":" $0 }' |
    report 'no conditional compilation inside a function'

# In a public header each group of functions stands under a comment.
files 'include/actr/*.h' | xargs -r awk '
    FNR == 1 || /^$/ { comment = 0 }
    /\*\/$/ { comment = 1 }
    /^ACTR_API/ && !comment { print FILENAME ":" FNR ":" $0 }' |
    report 'a public function has a comment'

files '*.h' | xargs -r grep -L '^#pragma once$' | sed 's/$/:1:/' | report 'has #pragma once'

exit "$found"
