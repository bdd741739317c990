#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# curl.sh ACTR VECTORS: the rendezvous server's HTTP as curl and bare sockets see it, plain and TLS.
set -euo pipefail
actr=$1 vectors=$2
work=$(mktemp -d)
trap 'rm -rf "$work"; kill $(jobs -p) 2>/dev/null || true' EXIT
curl --version | sed -n '1s/^/peer: /p'

# serve ARGUMENT…: sets `url` and `port`.
serve()
{
    local scheme=http line
    [[ $* != *--tls-cert* ]] || scheme=https
    mkfifo "$work/out"
    "$actr" rendezvous --port 0 --log error "$@" >"$work/out" 2>"$work/err" &
    read -r line <"$work/out"
    rm "$work/out"
    port=${line##*:}
    url=$scheme://127.0.0.1:$port
}

# ask ARGUMENT…: one run of curl, the last argument below $url; what was answered goes to head and body,
# what curl did to `said`.
ask()
{
    local path=${*: -1}
    : >"$work/body"
    curl --noproxy '*' --cacert "$vectors/tls/ca.pem" --max-time 20 --silent --show-error --verbose \
        --dump-header "$work/head" --output "$work/body" "${@:1:$#-1}" "$url$path" 2>"$work/said" ||
        fail "curl $*: status $?"
}

fail()
{
    echo "$url: $*"
    cat "$work/said" "$work/head" "$work/err"
    exit 1
}

# answered STATUS [BODY]: the last answer, interim ones aside.
answered()
{
    [[ $(grep '^HTTP/' "$work/head" | tail -n 1) = "HTTP/1."[01]" $1 "* ]] || fail "wanted $1"
    [ $# -eq 1 ] || [ "$(cat "$work/body")" = "$2" ] || fail "wanted body '$2'"
}

# has FILE WORDS: in what was said or answered, in either case.
has() { grep -qiF -- "$2" "$work/$1" || fail "no '$2' in $1"; }
hasnt() { ! grep -qiF -- "$2" "$work/$1" || fail "'$2' in $1"; }

health_and_methods()
{
    ask /health
    answered 200 ok
    has head 'content-length: 2'
    has head 'access-control-allow-origin: *'
    ask --head /health
    answered 200
    has head 'content-length: 2'
    ask --http1.0 /health
    answered 200 ok
    has head 'connection: close'
    ask --http2 /health # asks for it, and must be content without
    answered 200 ok
    has head 'HTTP/1.1 200'
    ask --request DELETE /health
    answered 405
    has head 'allow: GET, HEAD, OPTIONS'
    ask /nowhere
    answered 404
    ask --path-as-is /../health
    answered 404
    ask --request OPTIONS --header 'Origin: https://example.org' \
        --header 'Access-Control-Request-Method: POST' /ais/register
    answered 200 ''
    has head 'access-control-allow-methods: *'
    has head 'access-control-allow-origin: *'
}

administration()
{
    ask --data '{"id":77}' /admin/realms
    answered 200 '{"ok":true}'
    ask --header 'Transfer-Encoding: chunked' --data '{"id":78}' /admin/realms
    answered 200 '{"ok":true}'
    ask /admin/state
    answered 200 '{"realms":[77,78,4242],"mfrs":[],"packages":[]}'
    hasnt head access-control-allow-origin
    ask --header 'Origin: https://example.org' /admin/state
    answered 403
    ask --data x /admin/realms
    answered 400
    ask --data '' /admin/keys/rotate
    answered 200
    ask /metrics
    answered 200
    has head 'version=0.0.4'
    has body 'actr_rendezvous_registrations_total'
}

# The request of the existing system, header for header, and what is answered to others.
registration()
{
    local type='content-type: application/x-protobuf'
    printf '\x0a\x1d\x0a\x07interop\x12\x0bEchoService\x1a\x051.0.0\x12\x03\x08\x92!\x70\x02' >"$work/linked"
    ask --data-binary "@$work/linked" --header "$type" --header 'accept: application/x-protobuf' \
        --header 'User-Agent:' /ais/register
    answered 200
    has head "$type"
    has body EchoService
    ask --data-binary "@$work/linked" --header "$type" --header 'Transfer-Encoding: chunked' /ais/register
    answered 200
    has body EchoService
    ask --data-binary xyz --header "$type" /ais/register # an error in a message, as its clients want it
    answered 200
    has body 'actr.RegisterRequest: malformed or incomplete'
    ask --data-binary '' --header "$type" /ais/renew
    answered 400
    ask /ais/register
    answered 405
    has head 'allow: POST, OPTIONS'
}

# 1.9 MB are taken, 3 MB are not, with and without a length said before; the server goes on.
large_bodies()
{
    head -c 1900000 /dev/zero >"$work/large"
    head -c 3000000 /dev/zero >"$work/too-large"
    ask --header 'Expect: 100-continue' --data-binary "@$work/large" /admin/realms
    answered 400
    has said 'HTTP/1.1 100 Continue'
    ask --header 'Expect:' --data-binary "@$work/large" /admin/realms
    answered 400
    ask --header 'Expect: 100-continue' --data-binary "@$work/too-large" /admin/realms
    answered 413
    hasnt said 'HTTP/1.1 100 Continue'
    ask --header 'Expect: 100-continue' --header 'Transfer-Encoding: chunked' \
        --data-binary "@$work/large" /admin/realms
    answered 400
    ask --header 'Expect: 100-continue' --header 'Transfer-Encoding: chunked' \
        --data-binary "@$work/too-large" /admin/realms
    answered 413
    ask /health
    answered 200 ok
}

# Three requests of one run go over one connection.
keep_alive()
{
    ask '/{health,nowhere,ais/health}'
    answered 200 ok
    [ "$(grep -c 'Connected to' "$work/said")" = 1 ] || fail 'a second connection'
}

pipelining()
{
    local answers
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' /health /nowhere /ais/health >&3
    printf 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
    answers=$(timeout 20 cat <&3 | grep -ao 'HTTP/1\.1 ...' | cut -d ' ' -f 2 | tr '\n' ' ')
    exec 3>&-
    [ "$answers" = '200 404 200 200 ' ] || fail "pipelined: $answers"
}

everything()
{
    health_and_methods
    administration
    registration
    large_bodies
    keep_alive
    [ ! -s "$work/err" ] || fail 'it logged an error'
}

serve --realm 4242
everything
pipelining

serve --realm 4242 --tls-cert "$vectors/tls/server.pem" --tls-key "$vectors/tls/server.key"
everything
ask --tlsv1.3 /health
answered 200 ok
has said 'TLSv1.3'
ask --tls-max 1.2 /health
answered 200 ok
has said 'SSL connection using TLSv1.2'
ask --http2 /health
has said 'server accepted http/1.1'
