// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
// JSON objects, one a line: out by emit(), in by each().
import {createInterface} from 'node:readline';

export function emit(event)
{
    process.stdout.write(JSON.stringify(event) + '\n');
}

// The end of the input is the end of the program.
export function each(take)
{
    const lines = createInterface({input: process.stdin});
    lines.on('line', line => take(JSON.parse(line)));
    lines.on('close', () => process.exit(0));
}
