# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""The ground of nets.py: network namespaces, the processes in them, and what they say.

Everything lives in namespaces of the test's own (network, mounts, processes), so that nothing of it
outlives the test, however that ends. Without root a user namespace is tried first.
"""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

SERVER, SERVER_2, SERVER_3 = "192.0.2.1", "192.0.2.2", "192.0.2.3"  # of namespace `pub`
SERVER_V6 = "2001:db8:9::1"
PORT, STUN_PORT, TURN_PORT = 8081, 3478, 3479
SECRET, TURN_SECRET, REALM = "net-secret", "turn-secret", 101
LIMIT_S = 40  # ends a hang; measures nothing
INSIDE = "ACTR_NETS_INSIDE"
LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    pass


def possible():
    """The command that makes the namespaces, or the reason why it cannot."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    test = ("mount -t tmpfs tmpfs /run && ip netns add one && ip -n one link add name a type veth peer name b"
            " && nsenter --net=/run/netns/one nft add table ip test")
    done = subprocess.run(command + ["sh", "-c", test], capture_output=True, text=True)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["unshare fails"])[-1]
    os.environ[INSIDE] = "1"
    return command


def enter(arguments):
    """Runs `arguments` in namespaces of its own, or returns the reason why that is impossible."""
    command = possible()
    if isinstance(command, str):
        return command
    os.execvp(command[0], command + arguments)
    return None


def sh(*arguments, **more):
    done = subprocess.run(arguments, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


class Process:
    """A process in a namespace that says JSON objects, one a line."""

    def __init__(self, name, space, command, log, environment=None):
        self.name = name
        self.events = []
        self.changed = threading.Condition()
        self.log = open(log, "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{space}", *map(str, command)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, **(environment or {})})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if '"report"' not in line:
                self.log.write(line)
                self.log.flush()
            with self.changed:
                self.events.append(json.loads(line) if line[0] == "{" else {"is": line.strip()})
                self.changed.notify_all()
        with self.changed:
            self.events.append({"is": "gone"})
            self.changed.notify_all()

    def tell(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed(f"{self.name} has ended") from error

    def wait(self, what, wanted, since=0, limit_s=LIMIT_S):
        """The first event from number `since` on for which wanted(event) is true."""
        end = time.monotonic() + limit_s
        at = since
        with self.changed:
            while True:
                while at < len(self.events):
                    event = self.events[at]
                    at += 1
                    if event["is"] == "failed":
                        raise Failed(f"{self.name}: {event['why']}")
                    if wanted(event):
                        return event
                    if event["is"] == "gone":
                        raise Failed(f"{self.name} has ended; wanted: {what}")
                if not self.changed.wait(end - time.monotonic()):
                    raise Failed(f"{self.name}: not within {limit_s} s: {what}")

    def ask(self, command, answer):
        since = len(self.events)
        self.tell(command)
        return self.wait(answer, lambda e: e["is"] == answer, since)

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} does not end")
        finally:
            self.log.close()


class Node(Process):
    def report(self):
        return self.ask("report", "report")

    def path(self):
        """The last that was told."""
        paths = [e for e in self.events if e["is"] == "path"]
        return paths[-1] if paths else {"up": False, "local": "", "remote": ""}

    def wait_path(self, what, wanted, since=0):
        return self.wait(what, lambda e: e["is"] == "path" and wanted(e), since)


class Bed:
    """The namespaces and processes of one test."""

    def __init__(self, name, programs, logs):
        self.name = name
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="actr-nets-"))
        self.logs = logs
        self.spaces = []
        self.processes = []
        self.children = []
        self.figures = []

    # ---- Namespaces

    def space(self, name):
        sh("ip", "netns", "add", name)
        self.spaces.append(name)
        self.ip(name, "link set lo up")
        return name

    def ip(self, space, *lines):
        """Commands for ip, all at once."""
        sh("nsenter", f"--net=/run/netns/{space}", "ip", "-batch", "-",
           input="\n".join(lines) + "\n")

    def nft(self, space, rules):
        sh("nsenter", f"--net=/run/netns/{space}", "nft", "-f", "-", input=rules)

    def set(self, space, key, value):
        sh("nsenter", f"--net=/run/netns/{space}", "sh", "-c",
           f"echo {value} > /proc/sys/net/{key}")

    def link(self, first, first_name, second, second_name):
        self.ip(first, f"link add name {first_name} type veth peer name {second_name} netns {second}",
                f"link set dev {first_name} up")
        self.ip(second, f"link set dev {second_name} up")

    @contextmanager
    def inside(self, space):
        """Sockets made meanwhile belong to that namespace."""
        with open("/proc/self/ns/net") as own, open(f"/run/netns/{space}") as other:
            LIBC.setns(other.fileno(), 0)
            try:
                yield
            finally:
                LIBC.setns(own.fileno(), 0)

    def udp(self, space, address):
        with self.inside(space):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 0))
        sock.settimeout(0.3)
        return sock

    # ---- Processes

    def start(self, kind, name, space, command, environment=None):
        process = kind(name, space, command, self.logs / f"{self.name}-{name}.log", environment)
        self.processes.append(process)
        return process

    def rendezvous(self, space="pub", address=SERVER, stun=True):
        (self.folder / "turn-secret").write_text(TURN_SECRET)
        command = [self.programs.actr, "rendezvous", "--json", "--bind", address, "--port", PORT,
                   "--realm", REALM, "--data", self.folder / "rendezvous", "--log", "warn",
                   "--turn-secret-file", self.folder / "turn-secret"]
        if stun:
            command += ["--stun", STUN_PORT]
        server = self.start(Process, "rendezvous", space, command,
                            {"ACTR_REALM_SECRET": SECRET})
        # Its line is an object without "is".
        with server.changed:
            if not server.changed.wait_for(lambda: server.events, LIMIT_S):
                raise Failed("rendezvous says nothing")
        return server

    def turn(self, address, space="pub"):
        """coturn; returns when it answers."""
        program = shutil.which("turnserver", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if not program:
            raise Failed("turnserver is not installed (Debian: apt-get install coturn)")
        config = self.folder / "turnserver.conf"
        config.write_text(
            f"listening-ip={address}\nrelay-ip={address}\nlistening-port={TURN_PORT}\n"
            f"use-auth-secret\nstatic-auth-secret={TURN_SECRET}\nrealm=actrix.local\nno-cli\n"
            f"no-dtls\nno-tls\nno-rfc5780\nrelay-threads=1\nlog-file=stdout\nsimple-log\n"
            f"pidfile={self.folder}/turn.pid\nuserdb={self.folder}/turn.db\n")
        log = open(self.logs / f"{self.name}-turnserver.log", "w", encoding="utf-8")
        child = subprocess.Popen(["nsenter", f"--net=/run/netns/{space}", program, "-c", config],
                                 stdout=log, stderr=log)
        self.children.append(child)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside(space):
            probe = socket.socket(family, socket.SOCK_DGRAM)
        probe.settimeout(0.1)
        binding = bytes.fromhex("000100002112a442") + b"nets.py-coturn"[:12]
        for _ in range(int(LIMIT_S / 0.1)):
            probe.sendto(binding, (address, TURN_PORT))
            try:
                probe.recv(1500)
                probe.close()
                return
            except (TimeoutError, ConnectionRefusedError):
                pass
        raise Failed("turnserver does not answer")

    def config(self, name, server, webrtc):
        path = self.folder / f"{name}.toml"
        path.write_text(
            f'edition = 1\n[signaling]\nurl = "ws://{server}:{PORT}/signaling/ws"\n'
            f'[ais_endpoint]\nurl = "http://{server}:{PORT}/ais"\n'
            f'[deployment]\nrealm_id = {REALM}\nrealm_secret = "{SECRET}"\n'
            f"[webrtc]\n" + "".join(f"{key} = {json.dumps(value)}\n"
                                    for key, value in webrtc.items()))
        return path

    def nodes(self, spaces, server=SERVER, webrtc=({}, {})):
        """Two nodes that have found each other."""
        pair = []
        for name, space, settings in zip(("left", "right"), spaces, webrtc):
            node = self.start(Node, name, space,
                              [self.programs.node, self.config(name, server, settings),
                               f"test:{name}:1.0.0"])
            node.wait("ready", lambda e: e["is"] == "ready")
            pair.append(node)
        pair[0].ask("peer test:right:1.0.0", "found")
        pair[1].ask("peer test:left:1.0.0", "found")
        return pair

    def close(self):
        """Ends all; a process that does not end is a failure, told when everything is gone."""
        troubles = []
        for process in reversed(self.processes):
            try:
                if process.name == "rendezvous":
                    process.process.terminate()
                process.end()
            except Failed as failure:
                troubles.append(failure)
        for child in self.children:
            child.kill()
            child.wait()
        for space in self.spaces:
            sh("ip", "netns", "del", space)
        shutil.rmtree(self.folder)
        if troubles:
            raise troubles[0]
