// What a transfer cannot do without, each alone in this process: TCP, hashing, writing and reading files.
import { once } from 'node:events';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createArena } from '../../dist/workers/arena.js';
import { serve } from '../lib/child.mjs';

/** Larger than the caches, as pieces that come and go are; smaller than what would have to be touched first. */
const BUFFER_BYTES = 64 * 1024 * 1024;
const UNIT_BYTES = 256 * 1024;

const arena = createArena({ threads: 0, budgetBytes: BUFFER_BYTES });
const bufferAt = arena.slots.allocate(BUFFER_BYTES);
const buffer = arena.bytes.subarray(bufferAt, bufferAt + BUFFER_BYTES);
const digestsAt = arena.heap.allocate(128);
for (let i = 0; i < BUFFER_BYTES; i += 8) buffer[i] = i >>> 8;

let server;

serve({
  /** SHA-1 as the engine does it: four pieces a call, by the backend that is fastest here. */
  hash: ({ bytes }) =>
    timed(() => {
      for (const at of units(bytes, 4 * UNIT_BYTES)) {
        const from = bufferAt + at;
        arena.kernels.sha1x4(
          from,
          from + UNIT_BYTES,
          from + 2 * UNIT_BYTES,
          from + 3 * UNIT_BYTES,
          UNIT_BYTES,
          digestsAt,
        );
      }
    }),

  write: ({ bytes, path }) =>
    timed(() => {
      const file = openSync(path, 'w');
      let position = 0;
      for (const at of units(bytes, UNIT_BYTES)) {
        writeSync(file, buffer, at, UNIT_BYTES, position);
        position += UNIT_BYTES;
      }
      closeSync(file);
    }),

  read: ({ bytes, path }) =>
    timed(() => {
      const file = openSync(path, 'r');
      let position = 0;
      for (const at of units(bytes, UNIT_BYTES)) {
        readSync(file, buffer, at, UNIT_BYTES, position);
        position += UNIT_BYTES;
      }
      closeSync(file);
    }),

  /** Waits for `receive` of another process. */
  async listen() {
    server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: server.address().port };
  },

  send: ({ bytes }) =>
    timed(async () => {
      const [socket] = await once(server, 'connection');
      for (const at of units(bytes, UNIT_BYTES)) {
        if (!socket.write(buffer.subarray(at, at + UNIT_BYTES))) await once(socket, 'drain');
      }
      socket.end();
      await once(socket, 'close');
      server.close();
    }),

  /** Reads into one buffer again and again, as the engine does. */
  receive: ({ port }) =>
    timed(async () => {
      const into = arena.bytes.subarray(arena.receiveAt, arena.receiveAt + arena.receiveBytes);
      const socket = connect({ host: '127.0.0.1', port, onread: { buffer: into, callback: () => true } });
      await once(socket, 'close');
    }),

  describe: () => arena.describe(),
  close() {},
});

function* units(bytes, unit) {
  for (let at = 0; at < bytes; at += unit) yield at % BUFFER_BYTES;
}

async function timed(work) {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}
