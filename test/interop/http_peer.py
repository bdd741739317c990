#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Python's http.server as a peer: `serve [CERT KEY]` on standard input, as in peer.h; ends with it."""
import contextlib
import http.server
import platform
import ssl
import sys
import threading

LARGE = bytes((i * 31 + (i >> 8)) & 255 for i in range(1000000))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def head(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def whole(self, status, body, *headers):
        self.head(status, ("Content-Length", len(body)), *headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path
        if path == "/length":
            self.whole(200, LARGE)
        elif path == "/chunked":
            self.head(200, ("Transfer-Encoding", "chunked"), ("Trailer", "X-End"))
            for begin in range(0, len(LARGE), 300001):
                piece = LARGE[begin:begin + 300001]
                self.wfile.write(b"%X;name=value\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\nX-End: yes\r\n\r\n")
        elif path in ("/to-the-end", "/torn-off"):
            self.head(200, ("Connection", "close"))
            self.wfile.write(LARGE)
            if path == "/to-the-end" and isinstance(self.connection, ssl.SSLSocket):
                with contextlib.suppress(OSError):
                    self.connection.unwrap()  # says close_notify
        elif path == "/cut":
            self.head(200, ("Content-Length", len(LARGE)), ("Connection", "close"))
            self.wfile.write(LARGE[:1000])
        elif path == "/nothing":
            self.head(204)
        elif path == "/early":
            self.send_response_only(103)
            self.end_headers()
            self.whole(200, b"hints aside")
        elif path == "/header":
            self.whole(200, self.headers["x-interop"].encode())
        elif path == "/busy":
            self.whole(503, b"", ("Retry-After", "7"))
        else:
            self.whole(302, b"elsewhere", ("Location", "/length"))

    do_HEAD = do_GET

    def do_POST(self):
        self.whole(201, self.rfile.read(int(self.headers["Content-Length"])))


def serve(cert=None, key=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("port", server.server_address[1], flush=True)


print("version http.server", platform.python_version(), flush=True)
for line in sys.stdin:
    serve(*line.split()[1:])
