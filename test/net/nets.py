#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""Two nodes and the WebRTC wire between them on real networks, which the test makes itself out of
network namespaces, and over our own impairing relay on loopback.

nets.py [--list] [--logs FOLDER] ACTR NET_NODE IMPAIR [NAME…]

Both nodes send numbered tells and calls to each other on both lanes for RPCs all the time. Each
test changes the network meanwhile, and afterwards every message must have come: once, in order, on
the session it was sent on. Pauses are the longest times between two messages that arrive, by the
monotonic clock of the nodes. Prints a line for each test and `N passed, N failed`; where namespaces
are not allowed it says so, and nothing has passed.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import bed as ground
from bed import Bed, Failed, LIMIT_S, Process, SERVER, SERVER_2, SERVER_3, SERVER_V6
from bed import STUN_PORT, TURN_PORT

STUN = {"stun_urls": [f"stun:{SERVER}:{STUN_PORT}"]}
TURN = {"turn_urls": [f"turn:{SERVER_2}:{TURN_PORT}"]}
RECOVERY_S = 1.0  # after an address has changed
NOTICE_S = 3.0  # until a path that is dead is known to be
ENOUGH = 100  # messages that have come show that it flows


def check(holds, what):
    if not holds:
        raise Failed(what)


# ---- Traffic


def flow(nodes, bytes_each=600, interval_ms=10):
    for node in nodes:
        node.tell(f"send 0 {bytes_each} {interval_ms}")
    wait_flow(nodes)


def wait_flow(nodes, more=ENOUGH):
    """Until so many messages more have come on each side."""
    wanted = [node.report()["came"][0] + more for node in nodes]
    end = time.monotonic() + LIMIT_S
    for node, least in zip(nodes, wanted):
        while node.report()["came"][0] < least:
            check(time.monotonic() < end, f"{node.name}: no messages for {LIMIT_S} s")
            time.sleep(0.02)


def finish(nodes, limit_s=LIMIT_S):
    """Nothing is missing, doubled or out of order, and no session was lost."""
    for node in nodes:
        node.tell("stop")
    end = time.monotonic() + limit_s
    while True:
        left, right = (node.report() for node in nodes)
        if (left["came"] == right["sent"] and right["came"] == left["sent"]
                and all(r["answered"] == r["sent"][2] + r["sent"][3] for r in (left, right))):
            break
        for report in (left, right):
            check(report["failed"] == 0, f"failed: {report['why']}")
        check(time.monotonic() < end, f"not all has come: {left} {right}")
        time.sleep(0.02)
    for report in (left, right):
        check(report["wrong"] == 0, f"doubled or out of order: {report}")
        check(report["failed"] == 0, f"failed: {report['why']}")
        # What the session that is up now has carried is all that there was.
        check(report["session_bytes_out"] >= sum(report["sent"]) * report["bytes"]
              and report["resends"] == 0, f"another session took its place: {report}")
    return left, right


def mark(nodes):
    for node in nodes:
        node.tell("mark")
        node.report()
    return time.monotonic()


def pause_s(nodes):
    """The longest pause since mark(), also one that has not ended yet."""
    longest = 0
    for node in nodes:
        report = node.report()
        longest = max(longest, report["pause_us"] / 1e6,
                      time.monotonic() - report["last_us"] / 1e6)
    return longest


def types(node):
    path = node.path()
    return f"{path['local_type']}/{path['remote_type']}"


# ---- Networks


def servers(bed):
    bed.space("pub")
    bed.ip("pub", *(f"addr add {address}/32 dev lo" for address in (SERVER, SERVER_2, SERVER_3)),
           # What is sent to private addresses vanishes; an error would end coturn's allocations.
           "link add name void type veth peer name void-end", "link set dev void arp off up",
           "link set dev void-end up", "route add default dev void")
    bed.set("pub", "ipv4/ip_forward", 1)


def routed(bed):
    """Hosts a and b, each on a link of its own with two networks, and pub between them."""
    servers(bed)
    for host, net in (("a", 1), ("b", 2)):
        bed.space(host)
        bed.link("pub", host, host, "eth0")
        bed.ip("pub", f"addr add 10.{net}.0.1/24 dev {host}",
               f"addr add 10.{net}.1.1/24 dev {host}")
        bed.ip(host, f"addr add 10.{net}.0.2/24 dev eth0", f"route add default via 10.{net}.0.1")
    bed.rendezvous()
    return bed.nodes(("a", "b"))


NAT_HEAD = """
table ip nat {
    set talked { type ipv4_addr; flags dynamic; size 1024; }
    chain input { type filter hook input priority 0; iifname "wan" drop; }
    chain forward { type filter hook forward priority 0; iifname "lan" add @talked { ip daddr }; }
"""
NATS = {
    # A mapping for all remotes; what comes from any port of an address that was spoken to is let in.
    "address": """
    chain post { type nat hook postrouting priority 100; oifname "wan" masquerade; }
    chain pre {
        type nat hook prerouting priority -100;
        iifname "wan" ip protocol udp ip saddr @talked dnat to HOST;
    }
}""",
    # A mapping for all remotes; only whom it was sent to may answer.
    "port": """
    chain post { type nat hook postrouting priority 100; oifname "wan" masquerade; }
}""",
    # A mapping for each remote.
    "symmetric": """
    chain post { type nat hook postrouting priority 100; oifname "wan" masquerade random,fully-random; }
}"""}


def translated(bed, kind):
    """Hosts a and b, each behind a router of its own that translates addresses."""
    servers(bed)
    for host, net, wan in (("a", "192.168.1", "198.51.100"), ("b", "192.168.2", "203.0.113")):
        router = "r" + host
        bed.space(host)
        bed.space(router)
        bed.link("pub", host, router, "wan")
        bed.link(router, "lan", host, "eth0")
        bed.ip("pub", f"addr add {wan}.1/24 dev {host}")
        bed.ip(router, f"addr add {wan}.2/24 dev wan", f"addr add {net}.1/24 dev lan",
               f"route add default via {wan}.1")
        bed.ip(host, f"addr add {net}.2/24 dev eth0", f"route add default via {net}.1")
        bed.set(router, "ipv4/ip_forward", 1)
        bed.nft(router, NAT_HEAD + NATS[kind].replace("HOST", f"{net}.2"))
        check(nat_kind(bed, host, f"{net}.2") == kind, f"the NAT of {host} is not {kind}")
    bed.rendezvous()


def nat_kind(bed, host, address):
    """What a NAT is, from what it does (RFC 4787 §4.1, §5)."""
    inner = bed.udp(host, address)
    first, other_port = bed.udp("pub", SERVER), bed.udp("pub", SERVER)
    second, stranger = bed.udp("pub", SERVER_2), bed.udp("pub", SERVER_3)

    def lets_in(sender, to):
        sender.sendto(b"in", to)
        try:
            return inner.recv(10) == b"in"
        except TimeoutError:
            return False

    try:
        inner.sendto(b"out", first.getsockname())
        mapped = first.recvfrom(10)[1]
        check(mapped[0] != address, "it does not translate")
        check(lets_in(first, mapped), "nothing comes back")
        check(not lets_in(stranger, mapped), "it lets strangers in")
        inner.sendto(b"out", second.getsockname())
        if second.recvfrom(10)[1] != mapped:
            return "symmetric"
        return "address" if lets_in(other_port, mapped) else "port"
    finally:
        for sock in (inner, first, other_port, second, stranger):
            sock.close()


# ---- Tests


def through_nat(bed, kind, wants_relay):
    translated(bed, kind)
    bed.turn(SERVER_2)
    nodes = bed.nodes(("a", "b"), webrtc=({**STUN, **TURN},) * 2)
    flow(nodes)
    left, _ = finish(nodes)
    for node in nodes:
        path = node.path()
        bed.figures.append(f"{types(node)}")
        check(path["up"] and path["relayed"] == wants_relay, f"{node.name}: {path}")
        if not wants_relay:
            check("host" not in types(node).split("/")[1], f"{node.name}: {types(node)}")
    bed.figures.append(f"rtt {left['rtt_us'] / 1000:.1f} ms")


def nat_address_restricted(bed):
    """address-restricted NAT on both sides, through STUN"""
    through_nat(bed, "address", False)


def nat_port_restricted(bed):
    """port-restricted NAT on both sides, through STUN"""
    through_nat(bed, "port", False)


def nat_symmetric(bed):
    """symmetric NAT on both sides, through TURN"""
    through_nat(bed, "symmetric", True)


def address_change(bed):
    """the address changes in mid-stream: of either side, and of both at once, to and fro"""
    nodes = routed(bed)
    flow(nodes)
    at = {"a": 0, "b": 0}
    for who, hosts in (("left", "a"), ("right", "b"), ("both", "ab"), ("both", "ba"),
                       ("both", "ab"), ("both", "ba")):
        mark(nodes)
        since = [len(node.events) for node in nodes]
        for host in hosts:
            net, was, at[host] = "ab".index(host) + 1, at[host], 1 - at[host]
            bed.ip(host, f"addr add 10.{net}.{at[host]}.2/24 dev eth0",
                   f"route replace default via 10.{net}.{at[host]}.1",
                   f"addr del 10.{net}.{was}.2/24 dev eth0")
        for host in hosts:
            net = "ab".index(host) + 1
            address = f"10.{net}.{at[host]}.2:"
            nodes[net - 1].wait_path("the new address", lambda e: e["up"] and address in e["local"],
                                     since[net - 1])
        wait_flow(nodes)
        paused = pause_s(nodes)
        bed.figures.append(f"{who} {paused:.2f} s")
        time.sleep(2.5)  # restarts are 2 s apart, whatever they are for
    finish(nodes)
    for figure in bed.figures:
        check(float(figure.split()[1]) <= RECOVERY_S, f"slower than {RECOVERY_S} s: {bed.figures}")


def link_down(bed):
    """the link is down for 5 s"""
    nodes = routed(bed)
    flow(nodes)
    mark(nodes)
    bed.ip("a", "link set eth0 down")
    time.sleep(5)
    up = time.monotonic()
    bed.ip("a", "link set eth0 up", "route add default via 10.1.0.1")
    wait_flow(nodes)
    bed.figures.append(f"flows {time.monotonic() - up:.2f} s after it is up")
    finish(nodes)


def black_hole(bed):
    """the path is a black hole for a while, and the interface stays up"""
    nodes = routed(bed)
    flow(nodes)
    since = [len(node.events) for node in nodes]
    began = mark(nodes)
    bed.nft("pub", "table ip hole { chain forward { type filter hook forward priority 0; drop; }\n}")
    noticed = []
    for node, number in zip(nodes, since):
        event = node.wait_path("no path", lambda e: not e["up"], number)
        noticed.append(event["at_us"] / 1e6 - began)
        bed.figures.append(f"{node.name} notices in {noticed[-1]:.2f} s")
    time.sleep(2)
    healed = time.monotonic()
    bed.nft("pub", "delete table ip hole")
    wait_flow(nodes)
    bed.figures.append(f"flows {time.monotonic() - healed:.2f} s after it is healed")
    finish(nodes)
    check(max(noticed) <= NOTICE_S, f"slower than {NOTICE_S} s: {bed.figures}")


def ipv6_only(bed):
    """there is no IPv4"""
    bed.space("pub")
    bed.ip("pub", f"addr add {SERVER_V6}/128 dev lo nodad")
    bed.set("pub", "ipv6/conf/all/forwarding", 1)
    for host, net in (("a", 1), ("b", 2)):
        bed.space(host)
        bed.link("pub", host, host, "eth0")
        bed.ip("pub", f"addr add 2001:db8:{net}::1/64 dev {host} nodad")
        bed.ip(host, f"addr add 2001:db8:{net}::2/64 dev eth0 nodad",
               f"route add default via 2001:db8:{net}::1", "addr del 127.0.0.1/8 dev lo")
    bed.rendezvous(address="::", stun=False)
    nodes = bed.nodes(("a", "b"), server=f"[{SERVER_V6}]")
    flow(nodes)
    finish(nodes)
    for node, net in zip(nodes, (1, 2)):
        path = node.path()
        check(path["local"].startswith(f"[2001:db8:{net}::2]:"), f"{node.name}: {path}")
        bed.figures.append(f"{types(node)}")


# ---- Over the impairing relay, on loopback

LEFT_PORT, RIGHT_PORT = 41001, 41002
LEFT_SHOWN, RIGHT_SHOWN = "127.1.0.1", "127.1.0.2"  # where the relay is, as the other side sees it


def impaired(bed, *settings, count=600, interval_ms=10, bytes_each=600):
    """Each node announces an address at which there is the relay, by a rule of the firewall."""
    bed.space("pub")
    bed.set("pub", "ipv6/conf/all/disable_ipv6", 1)  # or they would go by ::1
    relay = bed.start(Process, "impair", "pub",
                      [bed.programs.impair, f"left 127.0.0.1 {LEFT_PORT}",
                       f"right 127.0.0.1 {RIGHT_PORT}", *settings])
    ready = relay.wait("ready", lambda e: e["is"].startswith("ready"))["is"].split()
    bed.nft("pub", f"""table ip relay {{ chain output {{
        type nat hook output priority -100;
        ip daddr {RIGHT_SHOWN} udp dport {RIGHT_PORT} dnat to 127.0.0.1:{ready[1]};
        ip daddr {LEFT_SHOWN} udp dport {LEFT_PORT} dnat to 127.0.0.1:{ready[2]};
    }}
}}
""")
    bed.rendezvous(address="127.0.0.1")
    nodes = bed.nodes(("pub", "pub"), server="127.0.0.1",
                      webrtc=({"ice_udp_mux_port": LEFT_PORT, "public_ips": [LEFT_SHOWN]},
                              {"ice_udp_mux_port": RIGHT_PORT, "public_ips": [RIGHT_SHOWN]}))
    began = time.monotonic()
    for node in nodes:
        node.tell(f"send {count} {bytes_each} {interval_ms}")
    for node in nodes:
        while node.report()["sent"][3] < count:
            time.sleep(0.05)
    left, right = finish(nodes, limit_s=90)
    since = len(relay.events)
    relay.tell("stats")
    counts = relay.wait("counts", lambda e: e["is"].startswith("in="), since)["is"]
    totals = {}
    for field in counts.split():
        key, value = field.split("=")
        check(key != "in" or int(value) > count, f"they did not speak through the relay: {counts}")
        totals[key] = totals.get(key, 0) + int(value)
    bed.figures.append(f"{time.monotonic() - began:.1f} s for {count * interval_ms / 1000:.0f} s, "
                       f"{left['retransmissions'] + right['retransmissions']} retransmissions")
    return totals


def losing(bed, percent, **more):
    totals = impaired(bed, f"loss {percent}", "delay 10", **more)
    share = 100 * totals["lost"] / totals["in"]
    bed.figures.append(f"lost {share:.1f} % of {totals['in']}")
    check(totals["lost"] > 0, "nothing was lost")


def loss_1(bed):
    """1 % loss"""
    losing(bed, 1)


def loss_5(bed):
    """5 % loss"""
    losing(bed, 5)


def loss_20(bed):
    """20 % loss"""
    losing(bed, 20, count=100, interval_ms=30)


def reordering(bed):
    """a fifth of the datagrams comes 20 ms late, after others"""
    totals = impaired(bed, "reorder 20 20", "delay 5")
    bed.figures.append(f"{totals['reordered']} of {totals['in']} late")
    check(totals["reordered"] > 0, "nothing was late")


def duplication(bed):
    """a fifth of the datagrams comes twice"""
    totals = impaired(bed, "duplicate 20", "delay 5")
    bed.figures.append(f"{totals['doubled']} of {totals['in']} twice")
    check(totals["doubled"] > 0, "nothing came twice")


def mtu_1200(bed):
    """IP packets over 1,200 bytes vanish"""
    totals = impaired(bed, "mtu 1200", bytes_each=8000)
    bed.figures.append(f"{totals['too_long']} of {totals['in']} too long")


TESTS = [nat_address_restricted, nat_port_restricted, nat_symmetric, address_change, link_down,
         black_hole, ipv6_only, loss_1, loss_5, loss_20, reordering, duplication, mtu_1200]


def run(test, programs, logs):
    bed = Bed(test.__name__, programs, logs)
    began = time.monotonic()
    failure = None
    try:
        test(bed)
    except Failed as reason:
        failure = reason
    try:
        bed.close()
    except Failed as reason:
        failure = failure or reason
    print(f"{'FAIL' if failure else 'ok  '} {test.__name__:23} {time.monotonic() - began:5.1f} s  "
          f"{failure or ', '.join(bed.figures)}", flush=True)
    return failure is None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--logs", default="build-logs/nets")
    parser.add_argument("actr")
    parser.add_argument("node")
    parser.add_argument("impair")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.list:
        for test in TESTS:
            print(f"{test.__name__:23} {test.__doc__}")
        return 0
    known = {test.__name__: test for test in TESTS}
    for name in arguments.names:
        if name not in known:
            print(f"there is no test {name}; --list tells them", file=sys.stderr)
            return 2
    if ground.INSIDE not in os.environ:
        reason = ground.enter([sys.executable, *sys.argv])
        print(f"SKIPPED, nothing was tested: namespaces cannot be made here: {reason}")
        return 77
    ground.sh("mount", "-t", "tmpfs", "tmpfs", "/run")
    logs = Path(arguments.logs)
    logs.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    for test in TESTS if not arguments.names else [known[name] for name in arguments.names]:
        if run(test, arguments, logs):
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
