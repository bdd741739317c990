#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# Each test that docs/conformance.md names is there: `path` of a file, then the names of its tests.
set -euo pipefail
cd "$(dirname "$0")/.."
awk '
function missing(what)
{
    printf "docs/conformance.md:%d: no %s\n", FNR, what
    bad = 1
}
function load(path,    line, n)
{
    if (path in loaded)
        return loaded[path]
    n = 0
    while ((getline line < path) > 0) {
        n++
        if (match(line, /^TEST\([a-z0-9_]+\)/))
            tests[path, substr(line, 6, RLENGTH - 6)] = 1
    }
    close(path)
    return loaded[path] = n
}
/^\| / && /`/ {
    rows++
    path = ""
    count = split($0, parts, "`")
    for (i = 2; i <= count; i += 2) {
        if (parts[i] ~ /_test\.c$/) {
            path = "test/" parts[i]
            if (!load(path))
                missing(path)
        } else if (parts[i] ~ /^[a-z0-9]+(_[a-z0-9]+)+$/ && path != "") {
            named++
            if (!((path, parts[i]) in tests))
                missing("TEST(" parts[i] ") in " path)
        }
    }
}
END {
    if (!rows || !named) {
        print "docs/conformance.md: no table"
        bad = 1
    }
    exit bad
}' docs/conformance.md
