/**
 * Runs in an empty folder where the packed package was installed: imports every entry, and lets two processes of the
 * installed command share a file.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as millrace from 'millrace';
import * as protocol from 'millrace/protocol';
import * as sim from 'millrace/sim';

const { createSession, createTorrent, verifyTorrent, readTorrent, MillraceError } = millrace;
for (const entry of [createSession, createTorrent, verifyTorrent, readTorrent, MillraceError])
  assert.equal(typeof entry, 'function');
assert.ok(Object.keys(protocol).length > 0 && Object.keys(sim).length > 0);

const session = await createSession({ listen: false });
assert.equal(session.stats().kernels.name, 'wasm', 'the core is in the package');
await session.close();

const BIN = join('node_modules', '.bin', process.platform === 'win32' ? 'millrace.cmd' : 'millrace');
const bytes = randomBytes(5_000_001);
mkdirSync('source');
mkdirSync('target');
writeFileSync('source/payload.bin', bytes);
const { bytes: torrent } = await createTorrent('source/payload.bin', { pieceLength: 65536 });
writeFileSync('payload.torrent', torrent);

const seed = start('seed', 'payload.torrent', '--dir', 'source');
const { port } = await seed.event('listening');
const download = start('download', 'payload.torrent', '--dir', 'target', '--peer', `127.0.0.1:${port}`);
await download.event('complete');
assert.equal(await download.exit, 0, 'exit code of download');
assert.deepEqual(readFileSync('target/payload.bin'), bytes);
seed.child.kill('SIGINT');
assert.equal(await seed.exit, 0, 'exit code of seed');
console.log(`the installed package works: ${bytes.length} bytes from process to process`);

/** A command with --json, its events and its exit code. */
function start(...args) {
  const child = spawn(
    BIN,
    [...args, '--json', '--host', '127.0.0.1', '--port', '0', '--no-state', '--no-dht', '--no-lsd'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  const exit = once(child, 'exit').then(([code]) => code);
  const seen = [];
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', line => {
    seen.push(JSON.parse(line));
    for (const check of waiting) check();
  });
  return {
    child,
    exit,
    event(name) {
      return new Promise((resolve, reject) => {
        const check = () => {
          const found = seen.find(event => event.event === name);
          if (found) resolve(found);
        };
        waiting.push(check);
        check();
        exit.then(code => reject(new Error(`${args[0]} ended with ${code}: ${JSON.stringify(seen)}`)));
      });
    },
  };
}
