#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""coverage.py REPORT: lines covered in each folder, from the CSV of gcovr.

The aim is 95 % for src/runtime and for whatever reads bytes of a peer, 80 % elsewhere; what is below
its aim is marked and named by file.
"""
import csv
import sys
from collections import defaultdict

PARSERS = ("src/runtime/", "src/protocol/", "src/base/url", "src/base/cursor", "src/hyper/transport/ws_frame")


def aim(name):
    return 95 if name.startswith(PARSERS) else 80


def share(covered, total):
    return 100 * covered / total if total else 100


folders = defaultdict(lambda: [0, 0])
low = []
with open(sys.argv[1], encoding="utf-8", newline="") as report:
    for row in csv.DictReader(report):
        name, total, covered = row["filename"], int(row["line_total"]), int(row["line_covered"])
        for folder in (name.rsplit("/", 1)[0], "all"):
            folders[folder][0] += covered
            folders[folder][1] += total
        if share(covered, total) < aim(name):
            low.append((share(covered, total), name))

for folder, (covered, total) in sorted(folders.items()):
    print(f"{folder:28} {covered:6} of {total:6} lines  {share(covered, total):5.1f} %")
for percent, name in sorted(low):
    print(f"below its aim of {aim(name)} %: {name} {percent:.1f} %")
