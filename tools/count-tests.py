#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Print `N passed, N failed` for a run of `meson test`, from its testlog.json (the argument).

A cmocka program counts as its tests, any other as one. A program that ends badly without a failed
test of its own (a crash, a leak found at exit, a timeout) counts as one failure more.
"""
import json
import re
import sys

passed = failed = 0
with open(sys.argv[1], encoding="utf-8") as log:
    for line in log:
        program = json.loads(line)
        output = program.get("stdout", "")
        ok = len(re.findall(r"^\[       OK \]", output, re.MULTILINE))
        bad = len(re.findall(r"^\[  FAILED  \]", output, re.MULTILINE))
        if program["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            bad = max(bad, 1)
        elif program["result"] == "OK" and ok == 0:
            ok = 1
        passed += ok
        failed += bad
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
