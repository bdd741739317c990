// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// A peer by the W3C interface (RTCPeerConnection), told what to do by one JSON object a line and
// telling what happens in the same way. It echoes every message on the channel it came by.
//
//   do: offer {channels, servers} | answer {servers} | description {type, sdp}
//       | candidate {candidate, mid} | restart | close
//   is: version {name, version} | description | candidate | open {label, ordered, retransmits}
//       | state {state} | closed {label} | failed {why}

// peer(RTCPeerConnection, emit) returns the function that takes the commands.
export function peer(RTCPeerConnection, emit)
{
    let connection;
    const early = [];  // candidates that came before their description

    function adopt(channel)
    {
        channel.binaryType = 'arraybuffer';
        const opened = () => emit({
            is: 'open', label: channel.label, ordered: channel.ordered,
            retransmits: channel.maxRetransmits ?? null
        });
        if (channel.readyState === 'open')
            opened();
        else
            channel.onopen = opened;
        channel.onmessage = event => echo(channel, event.data);
        channel.onclose = () => emit({is: 'closed', label: channel.label});
    }

    // What the channel does not take now waits until it has room.
    const waiting = new Map();
    function echo(channel, data)
    {
        const queue = waiting.get(channel) ?? [];
        waiting.set(channel, queue);
        queue.push(data);
        drain(channel, queue);
    }

    function drain(channel, queue)
    {
        while (queue.length > 0 && channel.readyState === 'open') {
            if (channel.bufferedAmount > 1 << 20) {
                setTimeout(() => drain(channel, queue), 2);
                return;
            }
            channel.send(queue.shift());
        }
    }

    function open(servers)
    {
        connection = new RTCPeerConnection({iceServers: servers ?? []});
        connection.onicecandidate = event => {
            if (event.candidate && event.candidate.candidate)
                emit({is: 'candidate', candidate: event.candidate.candidate,
                      mid: event.candidate.sdpMid ?? '0'});
        };
        connection.onconnectionstatechange = () =>
            emit({is: 'state', state: connection.connectionState});
        connection.ondatachannel = event => adopt(event.channel);
    }

    async function offer(options)
    {
        const description = await connection.createOffer(options);
        await connection.setLocalDescription(description);
        emit({is: 'description', type: 'offer', sdp: connection.localDescription.sdp});
    }

    async function describe(command)
    {
        await connection.setRemoteDescription({type: command.type, sdp: command.sdp});
        for (const candidate of early.splice(0))
            await connection.addIceCandidate(candidate);
        if (command.type !== 'offer')
            return;
        await connection.setLocalDescription(await connection.createAnswer());
        emit({is: 'description', type: 'answer', sdp: connection.localDescription.sdp});
    }

    const commands = {
        async offer(command) {
            open(command.servers);
            for (const channel of command.channels) {
                const options = {ordered: channel.ordered};
                if (channel.retransmits !== null && channel.retransmits !== undefined)
                    options.maxRetransmits = channel.retransmits;
                adopt(connection.createDataChannel(channel.label, options));
            }
            await offer();
        },
        async answer(command) { open(command.servers); },
        description: describe,
        async candidate(command) {
            const candidate = {candidate: command.candidate, sdpMid: command.mid, sdpMLineIndex: 0};
            if (connection.remoteDescription)
                await connection.addIceCandidate(candidate);
            else
                early.push(candidate);
        },
        async restart() { await offer({iceRestart: true}); },
        async close() { await connection.close(); emit({is: 'state', state: 'closed'}); }
    };

    // One after the other: a candidate must not overtake the description it belongs to.
    let last = Promise.resolve();
    return command => {
        last = last.then(() => commands[command.do](command))
                   .catch(error => emit({is: 'failed', why: `${command.do}: ${error}`}));
    };
}
