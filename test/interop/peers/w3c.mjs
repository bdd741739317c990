// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// A peer by the W3C interface (RTCPeerConnection), told what to do by one JSON object a line and
// telling what happens in the same way. It echoes every message on the channel it came by.
//
//   do: offer {channels, servers} | answer {servers} | description {type, sdp}
//       | candidate {candidate, mid} | restart | close
//       | count                          messages are counted, not echoed, up to the text "end"
//       | flood {label, size, bytes}     sends as fast as it can, and then the text "end"
//       | ping {label, size, count}      one message after the other, each awaited
//   is: version {name, version} | description | candidate | open {label, ordered, retransmits}
//       | state {state} | closed {label} | failed {why}
//       | counted {bytes, ms} | pinged {p50_us, p99_us}

// peer(RTCPeerConnection, emit) returns the function that takes the commands. tellsLow: the stack has
// the event bufferedamountlow.
export function peer(RTCPeerConnection, emit, tellsLow = true)
{
    let connection;
    const channels = new Map();
    let counter = null;  // {bytes, begin} while messages are counted
    let answered = null; // called by the echo of a ping
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
        channels.set(channel.label, channel);
        channel.onmessage = event => receive(channel, event.data);
        channel.onclose = () => emit({is: 'closed', label: channel.label});
    }

    function receive(channel, data)
    {
        if (answered)
            answered();
        else if (!counter)
            echo(channel, data);
        else if (data === 'end')
            emit({is: 'counted', bytes: counter.bytes, ms: performance.now() - counter.begin});
        else
            count(data.byteLength);
    }

    function count(bytes)
    {
        if (counter.bytes === 0)
            counter.begin = performance.now();
        counter.bytes += bytes;
    }

    function flood(channel, size, bytes)
    {
        const message = new Uint8Array(size);
        let left = bytes;
        channel.bufferedAmountLowThreshold = 1 << 20;
        const more = () => {
            while (left > 0 && channel.bufferedAmount < 4 << 20) {
                // In between it is not asked: for some that waits for another thread.
                for (let i = 0; i < 16 && left > 0; i++, left -= size)
                    channel.send(message);
            }
            if (left <= 0) {
                channel.onbufferedamountlow = null;
                channel.send('end');
            } else if (!tellsLow) {
                setTimeout(more, 1);
            }
        };
        if (tellsLow)
            channel.onbufferedamountlow = more;
        more();
    }

    async function ping(channel, size, count)
    {
        const times = [];
        const message = new Uint8Array(size);
        while (times.length < count) {
            const begin = performance.now();
            const answer = new Promise(resolve => { answered = resolve; });
            channel.send(message);
            await answer;
            times.push((performance.now() - begin) * 1000);
        }
        answered = null;
        times.sort((a, b) => a - b);
        emit({is: 'pinged', p50_us: times[count >> 1], p99_us: times[Math.floor(count * 0.99)]});
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
        async count() { counter = {bytes: 0, begin: 0}; },
        async flood(command) { flood(channels.get(command.label), command.size, command.bytes); },
        async ping(command) {
            await ping(channels.get(command.label), command.size, command.count);
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
