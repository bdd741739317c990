// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// node --expose-gc idle.mjs COUNT: what an idle peer of libdatachannel takes. Opens COUNT / 2 sessions
// of four channels with both ends in this process, so that it has COUNT peers, and prints
// {is: "idle", bytes, descriptors}: what they have added, for each of them.
import {readdirSync} from 'node:fs';
import {createRequire} from 'node:module';

const require = createRequire(process.cwd() + '/');  // where the packages were installed
const {PeerConnection} = require('node-datachannel');
const labels = ['RPC_RELIABLE', 'RPC_SIGNAL', 'STREAM_RELIABLE', 'STREAM_LATENCY_FIRST'];
const kept = [];

function state()
{
    gc();
    return {bytes: process.memoryUsage().rss, descriptors: readdirSync('/proc/self/fd').length};
}

// A candidate may come before the description it belongs to.
function introduce(from, to)
{
    const early = [];
    let described = false;
    from.onLocalDescription((sdp, type) => {
        to.setRemoteDescription(sdp, type);
        described = true;
        for (const [candidate, mid] of early)
            to.addRemoteCandidate(candidate, mid);
    });
    from.onLocalCandidate((candidate, mid) => {
        if (described)
            to.addRemoteCandidate(candidate, mid);
        else
            early.push([candidate, mid]);
    });
}

function pair(i)
{
    const offerer = new PeerConnection(`o${i}`, {iceServers: []});
    const answerer = new PeerConnection(`a${i}`, {iceServers: []});
    introduce(offerer, answerer);
    introduce(answerer, offerer);
    return new Promise(resolve => {
        let left = 2 * labels.length;
        const opened = () => { if (--left === 0) resolve(); };
        answerer.onDataChannel(channel => {
            kept.push(channel);
            opened();
        });
        for (const label of labels) {
            const options = label === 'STREAM_LATENCY_FIRST' ? {unordered: true, maxRetransmits: 3} : {};
            const channel = offerer.createDataChannel(label, options);
            channel.onOpen(opened);
            kept.push(channel);
        }
        kept.push(offerer, answerer);
    });
}

const peers = Number(process.argv[2]);
await pair(-1);  // what the first one loads is no peer's
const before = state();
for (let i = 0; i < peers / 2; i += 8)
    await Promise.all(Array.from({length: Math.min(8, peers / 2 - i)}, (_, k) => pair(i + k)));
const after = state();
console.log(JSON.stringify({
    is: 'idle',
    bytes: (after.bytes - before.bytes) / peers,
    descriptors: (after.descriptors - before.descriptors) / peers
}));
process.exit(0);
