import { once } from 'node:events';
import net from 'node:net';
import type { Arena } from '../../dist/workers/arena.js';

/** What a session's kernels copied. */
export interface Copies {
  calls: number;
  bytes: number;
  /** Bytes that did not come from the region into which sockets are read. */
  strayBytes: number;
}

/** Arenas of this process with what their kernels copied; a session has one each. */
export const copies = new Map<Arena, Copies>();

/** The same arena with kernels that count. */
export function countedArena(arena: Arena): Arena {
  const found: Copies = { calls: 0, bytes: 0, strayBytes: 0 };
  const { kernels, receiveAt, receiveBytes } = arena;
  const copy: typeof kernels.copy = (targetAt, sourceAt, length) => {
    found.calls++;
    found.bytes += length;
    if (sourceAt < receiveAt || sourceAt + length > receiveAt + receiveBytes) found.strayBytes += length;
    kernels.copy(targetAt, sourceAt, length);
  };
  const counted = { ...arena, kernels: { ...kernels, copy } };
  copies.set(counted, found);
  return counted;
}

/** What left through the sockets of one local port: each call of the handle is one system call. */
export interface Sent {
  writes: number;
  /** Views of memory that sockets were given, by the memory. */
  bytes: Map<ArrayBufferLike, number>;
}

interface StreamHandle {
  writeBuffer(request: unknown, bytes: Uint8Array): number;
  writev(request: unknown, chunks: readonly unknown[], allBuffers?: boolean): number;
  getsockname?(out: { port?: number }): number;
}

/** Watches the handles of all TCP sockets of this process. @returns what was sent by local port, and how to end it */
export async function watchWrites(): Promise<{ sent: Map<number, Sent>; stop: () => void }> {
  const prototype = await streamPrototype();
  const { writeBuffer, writev } = prototype;
  const sent = new Map<number, Sent>();
  const account = (handle: StreamHandle, chunks: readonly Uint8Array[]) => {
    const name: { port?: number } = {};
    handle.getsockname?.(name);
    if (name.port === undefined) return; // a pipe
    const found = sent.get(name.port) ?? { writes: 0, bytes: new Map() };
    sent.set(name.port, found);
    found.writes++;
    for (const { buffer, byteLength } of chunks)
      found.bytes.set(buffer, (found.bytes.get(buffer) ?? 0) + byteLength);
  };
  prototype.writeBuffer = function (request, bytes) {
    account(this, [bytes]);
    return writeBuffer.call(this, request, bytes);
  };
  prototype.writev = function (request, chunks, allBuffers) {
    // without `allBuffers` every second one is an encoding
    account(this, chunks.filter((_, i) => allBuffers || i % 2 === 0) as Uint8Array[]);
    return writev.call(this, request, chunks, allBuffers);
  };
  return { sent, stop: () => Object.assign(prototype, { writeBuffer, writev }) };
}

/** Where the handles of sockets have the calls that write, whichever prototype it is. */
async function streamPrototype(): Promise<StreamHandle> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  let holder = (server as unknown as { _handle: object })._handle;
  while (!Object.hasOwn(holder, 'writev')) holder = Object.getPrototypeOf(holder);
  server.close();
  return holder as StreamHandle;
}

/** Counts the bytes that JavaScript moves between arrays. @returns what was counted so far, and how to end it */
export function watchMoves(): { moved: () => number; stop: () => void } {
  const typed = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  const { set, slice } = typed;
  const { copy } = Buffer.prototype;
  const { concat } = Buffer;
  let bytes = 0;
  const count = (length: number) => {
    bytes += length;
  };
  typed.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
    count(source.length);
    set.call(this, source, offset);
  };
  typed.slice = function (this: Uint8Array<ArrayBuffer>, from?: number, to?: number) {
    const result = slice.call(this, from, to) as Uint8Array<ArrayBuffer>;
    count(result.byteLength);
    return result;
  } as typeof slice;
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<Buffer['copy']>) {
    const length = copy.apply(this, args);
    count(length);
    return length;
  };
  Buffer.concat = (...args: Parameters<typeof concat>) => {
    const result = concat(...args);
    count(result.byteLength);
    return result;
  };
  const stop = () => {
    Object.assign(typed, { set, slice });
    Buffer.prototype.copy = copy;
    Buffer.concat = concat;
  };
  return { moved: () => bytes, stop };
}
