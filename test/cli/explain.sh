#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# explain.sh ACTR: every combination once, filters, hints, JSON, and what is refused.
set -euo pipefail
actr=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect STATUS PATTERN ARGUMENT…: ends with STATUS, and a line of what it said matches.
expect()
{
    local wanted=$1 pattern=$2 status=0
    shift 2
    "$actr" explain "$@" >"$work/said" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qE -- "$pattern" "$work/said"; then
        echo "actr explain $*: status $status, wanted $wanted with '$pattern':"
        cat "$work/said"
        exit 1
    fi
}

# lines COUNT ARGUMENT…: so many below the heading.
lines()
{
    local wanted=$1 count
    shift
    count=$("$actr" explain plan "$@" | tail -n +2 | wc -l)
    [ "$count" -eq "$wanted" ] || { echo "explain plan $*: $count lines, not $wanted"; exit 1; }
}

lines 216
lines 62 --valid
lines 36 --runtime wasm --transport webrtc
lines 1 --payload-type rpc_signal --role Request --runtime native --transport websocket
expect 0 '^RPC_SIGNAL +request +native +inproc +Mailbox +high ' plan
expect 0 '^MEDIA_RTP +data +wasm +websocket +refused: media comes by a track' plan
expect 0 '^STATE_SYNC +delta +native +webrtc +LatestValueStore ' plan
expect 0 'STREAM_RELIABLE +data .* 300 ' plan --queue-depth 300
expect 0 '^ +drop ignored: a reliable stream loses nothing' plan --payload-type STREAM_RELIABLE --drop newest
expect 0 'usage: actr explain plan' --help
expect 0 'usage: actr explain plan' plan --help
expect 2 'what to explain is missing'
expect 2 "unexpected argument 'plans'" plans
expect 2 'one of native, wasm' plan --runtime java
expect 2 '--queue-depth takes a number from 1 to 65536' plan --queue-depth 0
"$actr" explain plan --json --priority high | python3 -c '
import json, sys
plans = json.load(sys.stdin)
assert len(plans) == 216, len(plans)
keys = ("payload_type", "role", "runtime", "transport")
assert len({tuple(plan[key] for key in keys) for plan in plans}) == 216
for plan in plans:
    assert ("reason" in plan) == (plan["policy"] == "refused"), plan
mailbox = [plan for plan in plans if plan["policy"] == "Mailbox"]
assert len(mailbox) == 24
assert all(plan["ignored"] == {"priority": "the payload type says what overtakes"} for plan in mailbox)
'
