#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Our WebRTC wire against other stacks, each as offerer and as answerer.

webrtc.py [--only NAME]... [--table FILE] OURS PEERS

OURS is webrtc_peer; PEERS the folder that peers.sh filled. Prints a line for each step, a table at
the end (to FILE as well) and `N passed, N failed`. A step fails when it is not reached within its
limit, which is there to end a hang, not to measure. What a stack cannot do (and says so) is
reported as such, not as passed.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent / "peers"
LIMIT_S = 30
CHANNELS = [
    {"label": "RPC_RELIABLE", "ordered": True},
    {"label": "RPC_SIGNAL", "ordered": True},
    {"label": "STREAM_RELIABLE", "ordered": True},
    {"label": "STREAM_LATENCY_FIRST", "ordered": False, "retransmits": 3},
]
SIZES = [0, 1, 7, 1024, 1200, 16384, 65527, 65535, 65536, 131072, 262144]


@dataclass
class Stack:
    name: str
    command: list
    size_max: int = 262144  # of a message it takes, whatever its SDP says
    can_restart: bool = True
    tells_parameters: bool = True  # of channels that we open
    takes_empty: bool = True  # hands up messages of 0 bytes


def stacks(peers):
    node = ["node", str(HERE / "node.mjs")]
    return [
        Stack("libwebrtc", node + ["@roamhq/wrtc"]),
        Stack("libdatachannel", node + ["node-datachannel"], can_restart=False,
              tells_parameters=False),
        Stack("pion", [str(peers / "pion")], size_max=65535),
        Stack("chromium", ["node", str(HERE / "chromium.mjs")]),
        Stack("aiortc", [str(peers / "python/bin/python"), str(HERE / "aiortc_peer.py")],
              size_max=65536, can_restart=False),
        Stack("werift", node + ["werift"], size_max=65536, takes_empty=False),
        # It takes an empty message for the end of the channel.
        Stack("webrtc-rs", [str(peers / "webrtc-rs")], size_max=65535, takes_empty=False),
    ]


class Failed(Exception):
    pass


class Peer:
    """A process that takes commands and tells events, one JSON object a line."""

    def __init__(self, name, command, folder):
        self.name = name
        self.events = queue.Queue()
        self.seen = []
        self.forward = None
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put({"is": "gone"})

    def tell(self, do, **more):
        try:
            self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed(f"{self.name} has ended") from error

    def pump(self, timeout):
        """Takes one event; passes on what is for the other side. None: none came."""
        try:
            event = self.events.get(timeout=timeout)
        except queue.Empty:
            return None
        kind = event["is"]
        if kind == "failed":
            raise Failed(f"{self.name}: {event['why']}")
        if kind == "description":
            self.forward.tell("description", type=event["type"], sdp=event["sdp"])
        elif kind == "candidate":
            self.forward.tell("candidate", candidate=event["candidate"], mid=event["mid"])
        self.seen.append(event)
        return event

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Run:
    stack: Stack
    ours: Peer
    theirs: Peer
    steps: dict = field(default_factory=dict)

    def wait(self, what, wanted):
        """Until wanted() is true; both sides' events are dealt with meanwhile."""
        end = time.monotonic() + LIMIT_S
        while not wanted():
            if time.monotonic() > end:
                raise Failed(f"{what}: not within {LIMIT_S} s")
            for peer in (self.ours, self.theirs):
                event = peer.pump(0.002)
                if event and event["is"] == "gone" and not wanted():
                    raise Failed(f"{what}: {peer.name} has ended")

    def count(self, peer, kind, **more):
        return sum(event["is"] == kind and all(event.get(k) == v for k, v in more.items())
                   for event in peer.seen)

    def exercise(self, what):
        least = 0 if self.stack.takes_empty else 1
        sizes = [size for size in SIZES if least <= size <= self.stack.size_max]
        for channel in CHANNELS:
            before = self.count(self.ours, "exercised")
            self.ours.tell("exercise", label=channel["label"], sizes=sizes, rounds=4)
            self.wait(f"{what}, {channel['label']}",
                      lambda: self.count(self.ours, "exercised") > before)
            result = [e for e in self.ours.seen if e["is"] == "exercised"][-1]
            if result["wrong"] or result["missing"]:
                raise Failed(f"{what}, {channel['label']}: {result}")

    def connect(self, we_offer):
        offerer, answerer = (self.ours, self.theirs) if we_offer else (self.theirs, self.ours)
        begin = time.monotonic()
        answerer.tell("answer")
        offerer.tell("offer", channels=CHANNELS)
        self.wait("connect", lambda: all(
            self.count(peer, "open", label=channel["label"]) for peer in (self.ours, self.theirs)
            for channel in CHANNELS))
        if not self.stack.tells_parameters:
            return time.monotonic() - begin
        for channel in CHANNELS:
            heard = [e for e in self.theirs.seen
                     if e["is"] == "open" and e["label"] == channel["label"]][0]
            if (heard["ordered"] != channel["ordered"]
                    or heard["retransmits"] not in (channel.get("retransmits"), 65535)):
                raise Failed(f"the peer sees other parameters: {heard}")
        return time.monotonic() - begin

    def restart(self, we_offer):
        before = [self.count(peer, "description") for peer in (self.ours, self.theirs)]
        selected = self.count(self.ours, "selected")
        (self.ours if we_offer else self.theirs).tell("restart")
        self.wait("restart", lambda: all(
            self.count(peer, "description") > count
            for peer, count in zip((self.ours, self.theirs), before))
            and self.count(self.ours, "selected") > selected)
        self.exercise("after the restart")

    def close(self, by_us):
        (self.ours if by_us else self.theirs).tell("close")
        other = self.theirs if by_us else self.ours

        def noticed():
            return (self.count(other, "state", state="closed")
                    or self.count(other, "state", state="disconnected")
                    or self.count(other, "closed") >= len(CHANNELS))
        self.wait("close", noticed)


def one(stack, we_offer, close_by_us, options):
    """One session; returns what was reached, by step, and why it ended early."""
    run = Run(stack, Peer("actr", [options.ours], options.peers),
              Peer(stack.name, stack.command, options.peers))
    run.ours.forward, run.theirs.forward = run.theirs, run.ours
    reached, why = {}, None
    try:
        run.wait("version", lambda: run.count(run.theirs, "version"))
        reached["version"] = [e for e in run.theirs.seen if e["is"] == "version"][0]
        reached["connect"] = f"{run.connect(we_offer) * 1000:.0f} ms"
        run.exercise("messages")
        reached["messages"] = f"{0 if stack.takes_empty else 1} B to {stack.size_max} B"
        if stack.can_restart:
            run.restart(we_offer)
            reached["restart"] = "yes"
        else:
            reached["restart"] = "it cannot"
        run.close(close_by_us)
        reached["close"] = "yes"
    except Failed as failure:
        why = str(failure)
    run.ours.end()
    run.theirs.end()
    return reached, why


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a stack; may be repeated")
    parser.add_argument("--table", type=Path, help="write the table there too")
    parser.add_argument("ours", type=lambda path: os.path.abspath(path))
    parser.add_argument("peers", type=lambda path: Path(path).resolve())
    options = parser.parse_args()
    known = stacks(options.peers)
    unknown = set(options.only or []) - {stack.name for stack in known}
    if unknown:
        parser.error(f"no such stack: {', '.join(sorted(unknown))}")
    rows, passed, failed = [], 0, 0
    for stack in known:
        if options.only and stack.name not in options.only:
            continue
        for we_offer in (True, False):
            for close_by_us in (True, False):
                title = (f"{stack.name}, {'we' if we_offer else 'it'} offer{'' if we_offer else 's'}"
                         f", closed by {'us' if close_by_us else 'it'}")
                reached, why = one(stack, we_offer, close_by_us, options)
                passed, failed = passed + (why is None), failed + (why is not None)
                print(f"{'ok  ' if why is None else 'FAIL'} {title}" + (f": {why}" if why else ""),
                      flush=True)
                rows.append((stack, we_offer, close_by_us, reached, why))
    table = format_table(rows)
    print(table)
    if options.table:
        options.table.write_text(table)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def format_table(rows):
    lines = ["| stack | version | offers | connect | messages | restart | closed by | close |",
             "|---|---|---|---|---|---|---|---|"]
    for stack, we_offer, close_by_us, reached, why in rows:
        version = reached.get("version", {"name": stack.name, "version": "?"})
        cells = [version["name"], version["version"], "we" if we_offer else "it",
                 reached.get("connect", "**no**"), reached.get("messages", "**no**"),
                 reached.get("restart", "**no**"), "us" if close_by_us else "it",
                 reached.get("close", "**no**")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
