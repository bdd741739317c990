#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# rendezvous.sh ACTR: how the command starts, says that it listens, ends, and refuses.
set -euo pipefail
actr=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect STATUS WORDS ARGUMENT…: the command ends with STATUS and WORDS are in what it said.
expect()
{
    local wanted=$1 words=$2 status=0
    shift 2
    "$actr" "$@" >"$work/said" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qF -- "$words" "$work/said"; then
        echo "actr $*: status $status, wanted $wanted with '$words':"
        cat "$work/said"
        exit 1
    fi
}

expect 0 'usage: actr'
expect 0 'rendezvous' --help
expect 2 "no command 'nonsense'" nonsense
expect 0 '"version":' version --json
expect 2 'unexpected argument' version --nonsense
expect 0 '--realm ID' rendezvous --help
expect 2 "unexpected argument '--nonsense'" rendezvous --nonsense
expect 2 '--port takes a number from 0 to 65535' rendezvous --port 65536
expect 2 '--port takes a number' rendezvous --port
expect 2 '--tls-cert and --tls-key go together' rendezvous --tls-cert x
expect 2 '--open keeps nothing' rendezvous --open --data "$work/data"
expect 2 '--connect-rate takes N[:BURST]' rendezvous --connect-rate x
expect 1 '/proc/actr' rendezvous --port 0 --data /proc/actr
expect 1 'nowhere' rendezvous --port 0 --realm-secret-file "$work/nowhere"

# serve LINE ARGUMENT…: starts, waits for its first line, which must match, and ends it in order.
serve()
{
    local line first
    line=$1
    shift
    mkfifo "$work/out"
    "$actr" rendezvous --port 0 --log error "$@" >"$work/out" 2>"$work/err" &
    read -r first <"$work/out"
    kill -TERM $!
    wait $! || { echo "ended with status $?"; cat "$work/err"; exit 1; }
    rm "$work/out"
    [[ $first =~ $line ]] || { echo "said '$first', wanted '$line'"; exit 1; }
    [ ! -s "$work/err" ] || { cat "$work/err"; exit 1; }
}

serve '^actr rendezvous listening on 127\.0\.0\.1:[0-9]+$' --realm 7 --realm 8 --data "$work/data"
serve '^actr rendezvous listening on 127\.0\.0\.1:[0-9]+$' --data "$work/data"
serve '^mock-actrix listening on 127\.0\.0\.1:[0-9]+$' --open
serve '^\{"http":"http://127\.0\.0\.1:[0-9]+","ws":"ws://127\.0\.0\.1:[0-9]+/signaling/ws","port":[0-9]+,"stun_port":[0-9]+\}$' \
    --json --stun 0
