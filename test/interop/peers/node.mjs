// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// node.mjs PACKAGE: the peers that are packages of node, by their W3C interface: @roamhq/wrtc
// (libwebrtc), node-datachannel (libdatachannel), werift.
import {createRequire} from 'node:module';
import {emit, each} from './lines.mjs';
import {peer} from './w3c.mjs';

const require = createRequire(process.cwd() + '/');  // where the packages were installed
const name = process.argv[2];
const version = require(`${process.cwd()}/node_modules/${name}/package.json`).version;
let connection, library = name, exact = version, tellsLow = true;

if (name === '@roamhq/wrtc') {
    connection = require(name).RTCPeerConnection;
    library = 'libwebrtc';
    exact = `@roamhq/wrtc ${version}`;
    tellsLow = false;
} else if (name === 'node-datachannel') {
    connection = (await import(require.resolve('node-datachannel/polyfill'))).RTCPeerConnection;
    library = 'libdatachannel';
    exact = `${require(name).getLibraryVersion()}, node-datachannel ${version}`;
} else {
    connection = require(name).RTCPeerConnection;
}

emit({is: 'version', name: library, version: exact});
each(peer(connection, emit, tellsLow));
