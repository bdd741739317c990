// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// run.js MODULE: calls run() of a module that has no system, and says how many tests ran. Whatever
// the module asks of a system is refused.
'use strict';
const fs = require('fs');

const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const imports = {};
let memory = null;
for (const { module, name, kind } of WebAssembly.Module.imports(module_)) {
    if (kind !== 'function')
        throw new Error(`${module}.${name} is a ${kind}`);
    imports[module] ??= {};
    imports[module][name] = () => {
        throw new Error(`${module}.${name} was called`);
    };
}
imports.host ??= {};
imports.host.say = (at) => {
    const bytes = new Uint8Array(memory.buffer);
    console.error(Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString());
};
const { exports: guest } = new WebAssembly.Instance(module_, imports);
memory = guest.memory;
const count = guest.run();
if (count < Number(process.argv[3] ?? 1))
    throw new Error(`only ${count} tests`);
console.log(`${count} tests ran`);
