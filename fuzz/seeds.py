#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the protocol fuzzers into corpus/ from test/vectors. Run it when these change.

A seed is named after the hash of its content, so that a run changes nothing that is there. Inputs
that once broke something lie beside them under names of their own and are never removed.
"""
import hashlib
import pathlib
import re
import struct

here = pathlib.Path(__file__).resolve().parent
vectors = here.parent / "test" / "vectors"
LONGEST = 600  # bytes: a fuzzer is better served by short seeds


def write(target, data):
    if len(data) > LONGEST:
        return
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed-" + hashlib.sha256(data).hexdigest()[:12])).write_bytes(data)


def messages(path):
    """(announcing line, bytes) of every message that a capture has whole."""
    lines = path.read_text(errors="replace").split("\n")
    for number, line in enumerate(lines):
        said = re.match(r"\[[CS]\] .*\(binary\).* len=(\d+)$", line) or re.match(
            r"\[[CS]\] body (\d+) bytes:$", line) or re.match(
            r"\+.* ppid=53 .* len=(\d+)  \[.*frag=0/1 ", line)
        if not said:
            continue
        digits = ""
        for follower in lines[number + 1:]:
            if not re.match(r" +[0-9a-f]+$", follower):
                break
            digits += follower.strip()
        if len(digits) == 2 * int(said[1]):
            yield line, bytes.fromhex(digits)


def distinct(target, seeds, shape, count=12):
    """At most `count` seeds, of different shapes first."""
    seen = {}
    for seed in seeds:
        seen.setdefault(shape(seed), seed)
    for seed in list(seen.values())[:count]:
        write(target, seed)


def mailbox(sender):
    """Rows of a mailbox file: what a mailbox writes, and what it never would."""
    def number(value):
        return b"\x08" + value.to_bytes(8, "big", signed=True)

    def blob(data):
        return bytes([64 | len(data)]) + data

    def message(identity, high, deliveries, who):
        return (b"\0" + number(identity) + number(high) + number(deliveries) + number(9)
                + number(1700000000000) + who + blob(b"\x0a\x01r"))

    text, null = b"\x80", b"\xc0"
    good = blob(sender)
    answer = (b"\1" + number(1) + number(1700000000000) + number(0) + number(-1) + good
              + blob(b"id") + blob(b"x") + blob(b""))
    letter = b"\2" + text + blob(b"raw") + 4 * text
    write("mailbox", message(1, 0, 0, good) + message(2, 1, 2, good) + message(3, 0, 9, good))
    write("mailbox", message(1, 0, 0, blob(b"nobody")) + answer + letter)
    write("mailbox", message(-5, 7, -1, text) + message(2**62 + 1, 0, 2**40, null) + answer)


def main():
    peers, chunks, envelopes, requests, answers, frames = [], [], [], [], [], []
    for path in sorted((vectors / "captures").glob("*.txt")):
        for line, data in messages(path):
            if line.startswith("+"):
                (chunks if "[STREAM_" in line else peers).append(data[8:])
            elif path.name == "direct-websocket.txt":
                peers.append(data[5:])
                frames.append(data)
            elif " body " in line:
                (requests if line.startswith("[C]") else answers).append(data)
            else:
                envelopes.append(data)
    distinct("envelope", peers, lambda seed: (len(seed) // 8, seed[-3:]))
    distinct("ws_frame", frames, len, 6)
    for text in ("", "0000000000", "0400000001ff", "0100000002aabbcc", "0500000000", "00ffffffff"):
        write("ws_frame", bytes.fromhex(text))
    for headers in re.findall(r"x-actr-credential: (\S+)\n +x-actr-source-id: (\S+)",
                              (vectors / "captures" / "direct-websocket.txt").read_text()):
        write("ws_handshake", headers[1].encode() + b"\0" + headers[0].encode())
    for headers in (b"", b"\0", b"0A03\0AAAA", b"0g\0AAA=", b"0a\0====", b"00" * 20 + b"\0" + b"A" * 40):
        write("ws_handshake", headers)
    distinct("chunk", chunks, lambda seed: (len(seed), seed[:4]))
    distinct("signaling", envelopes, lambda seed: (re.sub(rb"[0-9a-f-]{36}", b"", seed)[:12], len(seed) // 64), 24)
    distinct("ais_request", requests, len)
    distinct("ais_response", answers, len)

    # What the captures have not: written by hand from the field numbers.
    for text in ("0a0173 1007 1a00", "0a0173 1007 1a0170 2206 0a016b 120176 2204 0a00 1200 2805",
                 "0a0173 10ffffffffffffffffff01 1a0170 1000 3a0178 28ffffffffffffffffff01"):
        write("chunk", bytes.fromhex(text))
    for text in ("0a0172 1200 1a05 0805 120165 2002 a20600 aa060174 b2060169 ba06060a016b120176 c00600",
                 "0a0172 b2060169 ba0623 0a0f616374722d63616c6c2d636861696e 1210 30313233343536373839616263646566 c00600",
                 "c00600 b2060169 0a0172", "0a0172 b2060169 c006ffffffffffffffffff01 fa3f01ff"):
        write("envelope", bytes.fromhex(text))

    # Frames of shared libraries: one of each op, and replies.
    self_id = "0a020865 1012 1a13 0a0461636d65 12044563686f 1a05312e302e30"
    peer = "0a020807 10ac02 1a09 0a016d 12016e 1a0176"
    envelope = "0a0172 12026869 2001 b206026964 c006e807"
    for text in ("0801 120f 61636d653a4563686f3a312e302e30", "0801 1a026f6b", "0801 10fdffffffffffffffff01 1a026e6f",
                 "0801 1065 1a4d 0a35 0a1b" + self_id + "1212" + peer + "1a02 6964 1212" + envelope + "1805",
                 "0801 1067 1a16 0a10 0a0e 0a020800 1000 1a06 0a00 1200 1a00 1001 1801",
                 "0801 1068 1a3b 0a1d 0a1b" + self_id + "1008 1a18 0a12" + peer + "1001 1802",
                 "0801 1068 1a2b 0a1d 0a1b" + self_id + "100a 2208 0a06 0880e2cfaa06", "0801 1068 1a25 0a1d 0a1b" + self_id + "100c 2a02 0805",
                 "0801 1001 1a0a 0a0172 1202 0801 1a0170", "0801 1002 1a1c 0a0172 1214 1a12" + peer + "1a0170",
                 "0801 1003 1a1a 0a0172 1212" + peer + "1a0170",
                 "0801 1004 1a15 0a13 0a0461636d65 12044563686f 1a05312e302e30"):
        write("abi", bytes.fromhex(text))
        write("guest", bytes.fromhex(text))

    # Steps of fuzz_dynclib_channel: whole messages of each kind, halves, positions that cannot be.
    for kind in range(1, 9):
        head = struct.pack("<IIiIQ", kind, 7, -3, 5, 1 << 40)
        write("dynclib_channel", bytes([2, 0, 0, len(head) + 5]) + head + b"bytes")
        write("dynclib_channel", bytes([3, 0, 0, 10]) + head[:10] + bytes([3, 0, 0, 14]) + head[10:] + bytes([3, 0, 0, 5]) + b"bytes")
    write("dynclib_channel", bytes([2, 0, 0, 24]) + struct.pack("<IIiIQ", 6, 0, 0, 0xffffffff, 0))
    for where in (0, 0x4008, 0x8010, 0x9014):
        write("dynclib_channel", bytes([0, where >> 8, where & 255, 16]) + b"\xff" * 16 + bytes([4, 255, 0, 0, 5, 255, 0, 0]))

    # Four kinds of numbers, hints: which, and their values.
    for text in ("00000001 00", "01000002 3f 01 01 01 00000100 00000010 00000064", "04030001 3f 01 02 00 00010001 00000401 00000000",
                 "02030100 16 00 02 00 00000200 00000008 00000001", "05050000 ff 01 02 01 00000001 00000001 00000001",
                 "ffffffff ff ff ff ff ffffffff ffffffff ffffffff", "03030002 3f 00 00 01 00000000 00000000 00000000"):
        write("execution_plan", bytes.fromhex(text))

    # Type, field number - 1, payload.
    for text in ("03 00 08ac02", "00 00 0802", "01 00 08ffffffffffffffffff01", "05 00 0885808000",
                 "07 01 0801 1504030201", "08 01 110102030405060708", "0c 02 1a04c3a96162", "0d 02 1a02ff00 0801",
                 "0c 00 0a03eda080", "04 00 0801 0b0801 0c", "04 00 08010802", "04 ff f8ffffff0f2a",
                 "0d 00 0affffffffffffffff7f61", "04 00 0880808080808080808002", "04 00 8800ac02 1205"):
        write("conflict_key", bytes.fromhex(text))

    words = {}
    for line in (vectors / "signaling.txt").read_text().split("\n"):
        words[line.rsplit(" ", 1)[0]] = line.rsplit(" ", 1)[-1]
    identity = bytes.fromhex(words["ActrId"])
    write("ais_request", bytes.fromhex(words["register linked min"]))
    write("ais_request", b"\x0a" + bytes([len(identity)]) + identity + b"\x12\x03tok")
    write("ais_request", bytes.fromhex(
        "0a09 0a0161 120162 1a0163 1202 0807 1a14 0a014e 1a0146 2209 0a0170 120163 1a0166 320174"
        "2242 0a0f 0801 1209 0a0161 120162 1a0163 2007 0a0f 0800 1209 0a0161 120162 1a0163 1801"
        "0a0d 0863 1209 0a0161 120162 1a0163 0a0f 0801 1209 0a0161 120162 1a0163 1800"
        "2a0173 320177 52016d 5a0167 6a0178 70ac02 7a0169 800105 8a0100"))
    write("ais_response", bytes.fromhex("1207 089303 12026e6f"))
    for name in ("ping env 181", "pong env", "err env"):
        write("signaling", bytes.fromhex(words[name]))
    for name in ("cred", "claims"):
        write("credential", bytes.fromhex(words[name]))
    for text in ("0800 1200 1a00", "0807 120161 1805", "0801 120163 1a0173 2201"):
        write("credential", bytes.fromhex(text))
    write("id", identity)
    mailbox(identity)
    for text in ("1a2b3c@101/acme:echo-service:1.0.0", "0@0/a:b:c", "acme:echo:1.2.3", "цех:a_b.c-d:β",
                 "actr://101:acme+echo-service@1.0.0", "actr://7:a+b@1@2", "a.b_c.d1", "EchoService"):
        write("id", text.encode())


main()
