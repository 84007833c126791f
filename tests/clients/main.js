// Runs the official clients of Clever Cloud against the sandbox, prints the table of what works, and compares it with `table.txt`.
//
//   node main.js PROGRAMS ROOT RUST_PROGRAM RUST_SOURCE
//
// PROGRAMS is the folder of the programs of this repository, ROOT the folder in which npm installed the clients, RUST_PROGRAM the program of `rust/`, and
// RUST_SOURCE the source of the Rust SDK. UPDATE_EXPECTED=1 rewrites `table.txt`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javascriptClient } from './javascript-client.js';
import { commandLine } from './command-line.js';
import { kinds } from './kinds.js';
import { Operator } from './operator.js';
import { runClient, runOnAddonsOfTheOperator } from './run.js';
import { Sandbox } from './sandbox.js';
import { rustClient } from './rust-client.js';
import { table } from './table.js';

const EXPECTED = new URL('table.txt', import.meta.url);

const [programs, root, rustProgram, rustSource] = process.argv.slice(2);
const sandbox = await Sandbox.start(join(programs, 'clever-sandbox'));
const operator = await Operator.start(
  { controlPlane: join(programs, 'control-plane'), operator: join(programs, 'clever-operator') },
  sandbox,
);
try {
  const addons = await operator.addons(kinds());
  const sections = [];
  for (const open of [javascriptClient, commandLine, rustClient]) {
    const client = await open({ root, rustProgram, rustSource }, sandbox);
    sections.push(await runClient(client, sandbox, kinds()));
    sections.push(await runOnAddonsOfTheOperator(client, sandbox, addons));
  }
  await operator.areReady(kinds());
  process.exitCode = compare(table(sections));
} finally {
  await operator.stop();
  sandbox.stop();
}

function compare(text) {
  process.stdout.write(text);
  if (process.env.UPDATE_EXPECTED === '1') {
    writeFileSync(EXPECTED, text);
  }
  const expected = readFileSync(EXPECTED, 'utf8');
  if (text === expected) {
    return 0;
  }
  const [before, now] = [expected, text].map((table) => table.split('\n'));
  const gone = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const added = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  console.error(`\nThe table differs from tests/clients/table.txt:\n${[...gone, ...added].join('\n')}`);
  return 1;
}
