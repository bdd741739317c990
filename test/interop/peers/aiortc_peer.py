# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
"""aiortc as a peer; the commands and events are those of w3c.mjs."""

import asyncio
import json
import sys

import aiortc
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp


def emit(**event):
    print(json.dumps({"is": event.pop("kind"), **event}), flush=True)


class Peer:
    def __init__(self):
        self.connection = None

    def open(self, command):
        servers = [
            RTCIceServer(urls=s["urls"], username=s.get("username"), credential=s.get("credential"))
            for s in command.get("servers") or []
        ]
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self.connection.on("datachannel", self.adopt)

        @self.connection.on("connectionstatechange")
        async def changed():
            emit(kind="state", state=self.connection.connectionState)

    def adopt(self, channel):
        @channel.on("message")
        def echo(message):
            channel.send(message)

        @channel.on("close")
        def closed():
            emit(kind="closed", label=channel.label)

        def opened():
            emit(kind="open", label=channel.label, ordered=channel.ordered,
                 retransmits=channel.maxRetransmits)

        if channel.readyState == "open":
            opened()
        else:
            channel.on("open", opened)

    async def describe_self(self, description):
        # aiortc gathers inside setLocalDescription and puts every candidate into the text.
        await self.connection.setLocalDescription(description)
        local = self.connection.localDescription
        emit(kind="description", type=local.type, sdp=local.sdp)

    async def do_offer(self, command):
        self.open(command)
        for channel in command["channels"]:
            self.adopt(self.connection.createDataChannel(
                channel["label"], ordered=channel["ordered"],
                maxRetransmits=channel.get("retransmits")))
        await self.describe_self(await self.connection.createOffer())

    async def do_answer(self, command):
        self.open(command)

    async def do_description(self, command):
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp=command["sdp"], type=command["type"]))
        if command["type"] == "offer":
            await self.describe_self(await self.connection.createAnswer())

    async def do_candidate(self, command):
        candidate = candidate_from_sdp(command["candidate"].split(":", 1)[1])
        candidate.sdpMid = command["mid"]
        candidate.sdpMLineIndex = 0
        await self.connection.addIceCandidate(candidate)

    async def do_restart(self, command):
        raise NotImplementedError("aiortc does not restart ICE")

    async def do_close(self, command):
        await self.connection.close()
        emit(kind="state", state="closed")


async def main():
    emit(kind="version", name="aiortc", version=aiortc.__version__)
    peer = Peer()
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    early = []  # candidates that came before the description
    while line := await reader.readline():
        command = json.loads(line)
        try:
            if command["do"] == "candidate" and not peer.connection.remoteDescription:
                early.append(command)
                continue
            await getattr(peer, "do_" + command["do"])(command)
            if command["do"] == "description":
                for waiting in early:
                    await peer.do_candidate(waiting)
                early.clear()
        except Exception as error:  # told to the driver, which judges
            emit(kind="failed", why=f"{command['do']}: {error!r}")


asyncio.run(main())
