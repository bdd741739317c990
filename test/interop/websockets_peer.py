#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Python's websockets as a peer: does what the lines on standard input say, and tells on standard
output what it saw. The language is in peer.h; lws_peer.c speaks the same."""
import asyncio
import os
import ssl
import sys
from http import HTTPStatus
from urllib.parse import urlsplit

import websockets

connection = None
refuse = 0
LIMITS = {"ping_interval": None, "max_size": 2 << 20}


def say(*words):
    print(*words, flush=True)


def pattern(is_text, length):
    if is_text:
        return ("abcdefghijklmnopqrstuvwxyz" * (length // 26 + 1))[:length]
    return bytes((i * 31 + (i >> 8)) & 255 for i in range(length))


async def receive(socket):
    """Tells what comes until the connection ends."""
    global connection
    connection = socket
    try:
        async for message in socket:
            is_text = isinstance(message, str)
            good = message == pattern(is_text, len(message))
            say("message", "text" if is_text else "binary", len(message), "ok" if good else "bad")
    except websockets.ConnectionClosedError:
        pass
    got = socket.close_rcvd
    if got is None:
        say("ended")
    else:
        say("closed", int(got.code), got.reason)


def extensions(headers):
    return headers.get("Sec-WebSocket-Extensions", "-")


async def on_accepted(socket):
    headers = socket.request_headers
    say("open", socket.path, headers.get("x-interop", ""), extensions(headers))
    await receive(socket)


async def on_request(_path, _headers):
    return (HTTPStatus(refuse), [], b"") if refuse else None


async def serve(cert=None, key=None):
    context = None
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
    server = await websockets.serve(
        on_accepted, "127.0.0.1", 0, ssl=context, process_request=on_request, **LIMITS)
    say("port", server.sockets[0].getsockname()[1])


async def dial(url, *options):
    protocols = [o.split("=")[1] for o in options if o.startswith("protocol=")]
    context = None
    if urlsplit(url).scheme == "wss":
        context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    try:
        socket = await websockets.connect(
            url, ssl=context, subprotocols=protocols or None,
            compression="deflate" if "deflate" in options else None,
            extra_headers={"x-interop": "websockets"}, **LIMITS)
    except websockets.InvalidStatusCode as error:
        say("refused", error.status_code)
        return
    say("open", socket.subprotocol or "-", extensions(socket.response_headers))
    asyncio.create_task(receive(socket))


async def send(kind, length, fragments):
    message = pattern(kind == "text", int(length))
    count = int(fragments)
    if count == 1:
        await connection.send(message)
        return
    parts, rest = [], len(message)
    for left in range(count, 0, -1):
        size = rest // left
        begin = len(message) - rest
        parts.append(message[begin:begin + size])
        rest -= size
    await connection.send(parts)


async def ping(text):
    await (await connection.ping(text))
    say("pong", text)


async def obey(line):
    global refuse
    word, *words = line.split()
    if word == "serve":
        await serve(*words)
    elif word == "dial":
        await dial(*words)
    elif word == "refuse":
        refuse = int(words[0])
        say("refusing", refuse)
    elif word == "send":
        await send(*words)
    elif word == "ping":
        await ping(*words)
    elif word == "close":
        asyncio.create_task(connection.close(int(words[0]), " ".join(words[1:])))
    else:
        say(f"what is '{line}'?")


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    say("version websockets", websockets.version.version)
    while line := (await reader.readline()).decode():
        await obey(line.strip())
    os._exit(0)


asyncio.run(main())
