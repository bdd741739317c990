#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# help.sh ACTR: every way to ask for help and for the version, and what a slip of the fingers gets.
set -euo pipefail
actr=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect STATUS STREAM PATTERN ARGUMENT…: ends with STATUS, has a line like PATTERN on out or err,
# and nothing on the other one.
expect()
{
    local wanted=$1 stream=$2 pattern=$3 status=0 other=out
    shift 3
    [ "$stream" = err ] || other=err
    "$actr" "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qE -- "$pattern" "$work/$stream" || [ -s "$work/$other" ]; then
        echo "actr $*: status $status, wanted $wanted with '$pattern' on $stream alone:"
        cat "$work/out" "$work/err"
        exit 1
    fi
}

for form in '' help --help -h; do
    # shellcheck disable=SC2086 # one of them is no argument at all
    expect 0 out '^  rendezvous +run the server' $form
done
for command in explain rendezvous mailbox dlq version; do
    expect 0 out "^usage: actr $command" help "$command"
    expect 0 out "^usage: actr $command" "$command" --help
    expect 0 out "^usage: actr $command" "$command" -h
done
expect 0 out '^usage: actr mailbox peek' help mailbox peek
expect 0 out '^usage: actr dlq show ID' help dlq show
expect 0 out '^usage: actr dlq show ID' dlq show -h
expect 2 err "unexpected argument 'more'" help dlq show more

for form in version --version -V; do
    expect 0 out '^actr [0-9]+[.][0-9]+' "$form"
    expect 0 out '^\{"version":"[0-9]' "$form" --json
done
expect 2 err "unexpected argument 'x'" --version x

expect 2 err "there is no command 'rendevous'" rendevous
expect 2 err "^hint: did you mean 'rendezvous'[?]" rendevous
expect 2 err "^hint: did you mean 'mailbox'[?]" help mialbox
expect 2 err '^hint: `actr help` lists the commands' frobnicate
expect 2 err "^actr mailbox: there is no verb 'peak'" mailbox peak
expect 2 err "^hint: did you mean 'peek'[?]" mailbox peak
expect 2 err "^hint: did you mean 'redrive'[?]" help dlq redirve
expect 2 err '^hint: --help lists the verbs' dlq frobnicate
expect 2 err "unexpected argument '--prot'; did you mean '--port'[?]" rendezvous --prot 1
expect 2 err "unexpected argument '--runtme'; did you mean '--runtime'[?]" explain plan --runtme=wasm
expect 2 err "unexpected argument '--limt'; did you mean '--limit'[?]" mailbox peek --limt 3
expect 2 err "unexpected argument '--frobnicate'$" rendezvous --frobnicate
