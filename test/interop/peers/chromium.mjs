// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// Chromium without a window, driven over its debugging pipe; the page runs w3c.mjs.
// chromium.mjs [PROGRAM]
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {emit, each} from './lines.mjs';

const profile = mkdtempSync(join(tmpdir(), 'actr-chromium-'));
const browser = spawn(process.argv[2] ?? 'chromium', [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--no-first-run',
    '--disable-background-networking', '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--allow-loopback-in-peer-connection', 'about:blank'
], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});

function leave(code)
{
    browser.kill('SIGKILL');
    rmSync(profile, {recursive: true, force: true, maxRetries: 5});
    process.exit(code);
}
browser.on('exit', code => { emit({is: 'failed', why: `the browser ended with ${code}`}); leave(1); });
browser.on('error', error => { emit({is: 'failed', why: String(error)}); leave(1); });

// Messages are JSON with a NUL behind each.
const [toBrowser, fromBrowser] = [browser.stdio[3], browser.stdio[4]];
const replies = new Map();
let count = 0, rest = '';
let onEvent = () => {};

function ask(method, params, sessionId)
{
    const id = ++count;
    toBrowser.write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise((resolve, reject) => replies.set(id, {resolve, reject}));
}

fromBrowser.setEncoding('utf8');
fromBrowser.on('data', text => {
    const parts = (rest + text).split('\0');
    rest = parts.pop();
    for (const part of parts) {
        const message = JSON.parse(part);
        if (message.id === undefined) {
            onEvent(message);
            continue;
        }
        const reply = replies.get(message.id);
        replies.delete(message.id);
        if (message.error)
            reply.reject(new Error(message.error.message));
        else
            reply.resolve(message.result);
    }
});

const {product} = await ask('Browser.getVersion', {});
const {targetId} = await ask('Target.createTarget', {url: 'about:blank'});
const {sessionId} = await ask('Target.attachToTarget', {targetId, flatten: true});
onEvent = message => {
    if (message.method === 'Runtime.bindingCalled')
        emit(JSON.parse(message.params.payload));
};
await ask('Runtime.enable', {}, sessionId);
await ask('Runtime.addBinding', {name: 'tell'}, sessionId);

async function run(expression)
{
    const result = await ask('Runtime.evaluate', {expression}, sessionId);
    if (result.exceptionDetails)
        emit({is: 'failed', why: JSON.stringify(result.exceptionDetails)});
}

const here = dirname(fileURLToPath(import.meta.url));
const source = readFileSync(join(here, 'w3c.mjs'), 'utf8').replace('export function', 'function');
await run(`${source}\nconst take = peer(RTCPeerConnection, event => tell(JSON.stringify(event)));`);
emit({is: 'version', name: 'Chromium', version: product});
each(command => { run(`take(${JSON.stringify(command)})`); });
process.on('exit', () => browser.kill('SIGKILL'));
