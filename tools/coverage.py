#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""coverage.py REPORT: lines covered in each folder, from the CSV of gcovr.

Fails when src/runtime or what reads the bytes of a peer or a user has less than 95 %, or any other
folder less than 80 %; the files that are below what is asked of them are named.
"""
import csv
import sys
from collections import defaultdict

PARSERS = (
    "src/protocol/",
    "src/base/cursor",
    "src/base/text",
    "src/base/url",
    "src/config/check",
    "src/config/schema",
    "src/config/toml",
    "src/hyper/wire/websocket/handshake",
    "src/net/http_body",
    "src/net/http_date",
    "src/net/http_head",
    "src/net/wsframe",
    "src/rendezvous/binding",
)
RUNTIME = "src/runtime"


def share(lines):
    covered, total = lines
    return 100 * covered / total if total else 100


def wanted(part):
    return 95 if part in (RUNTIME, "parsers") else 80


parts = defaultdict(lambda: [0, 0])
files = {}
with open(sys.argv[1], encoding="utf-8", newline="") as report:
    for row in csv.DictReader(report):
        name, lines = row["filename"], (int(row["line_covered"]), int(row["line_total"]))
        files[name] = lines
        own = [name.rsplit("/", 1)[0], "all"]
        if name.startswith(PARSERS):
            own.append("parsers")
        for part in own:
            parts[part][0] += lines[0]
            parts[part][1] += lines[1]

low = [part for part, lines in parts.items() if share(lines) < wanted(part)]
for part, lines in sorted(parts.items()):
    print(f"{part:28} {lines[0]:6} of {lines[1]:6} lines  {share(lines):5.1f} %")
for name, lines in sorted(files.items(), key=lambda file: share(file[1])):
    least = 95 if name.startswith(PARSERS) or name.startswith(RUNTIME) else 80
    if share(lines) < least:
        print(f"below {least} %: {name} {share(lines):.1f} %")
for part in sorted(low):
    print(f"too little: {part} {share(parts[part]):.1f} %, {wanted(part)} % are asked for")
sys.exit(1 if low else 0)
