// Bitfields, availability, picking and ranking at the sizes of ordinary, large and huge torrents and swarms.
import { bitfieldBytes, TABLE_ALIGN } from '../../dist/engine/kernels/types.js';
import { openBackends } from './backends.mjs';

/** 1,000: a film. 16,384: 4 GiB at 256 KiB. 1,000,000: 256 GiB at 256 KiB. */
const PIECES = [1000, 16_384, 1_000_000];
const NEIGHBOURS = [50, 500];
const PEERS = [100, 10_000];
const COPY_BYTES = [16, 256].map(kib => kib * 1024);
const BACKENDS = ['wasm', 'js'];

/** Pieces of one pick: what the picker asks the kernel for. */
const PICKED = 64;

/** Regular unchoke slots of a torrent. */
const SLOTS = 4;

/** Bitfields that come and go in one call: few enough that a call of the slowest case takes milliseconds. */
const BITFIELDS_PER_CALL = 8;

/** @returns {import('./hash-cases.mjs').Case[]} */
export function tableCases() {
  const most = PIECES.at(-1);
  const room = NEIGHBOURS.at(-1) * padded(bitfieldBytes(most)) + 32 * most;
  const backends = openBackends(room);
  return [...copyCases(backends), ...bitCases(backends), ...swarmCases(backends), ...rankCases(backends)];
}

function copyCases({ kernels, allocate }) {
  const largest = COPY_BYTES.at(-1);
  const [from, to] = [allocate(largest + 16), allocate(largest)];
  return COPY_BYTES.flatMap(length => [
    // payload lies anywhere in what a socket has read: 13 bytes of header before it
    one('copy', `${length / 1024} KiB`, length, 'B', name => () => kernels[name].copy(to, from + 13, length)),
    one('fill', `${length / 1024} KiB`, length, 'B', name => () => kernels[name].fill(to, 0, length)),
  ]);
}

function bitCases({ kernels, bytes, allocate }) {
  return PIECES.slice(1).flatMap(pieces => {
    const length = bitfieldBytes(pieces);
    const [a, b, none, out] = [1, 2, 3, 4].map(() => allocate(length));
    bytes.fill(0, none, none + padded(length));
    const on = `${count(pieces)} pieces`;
    return [
      one('bitCount', on, 1, 'calls', name => () => kernels[name].bitCount(a, length)),
      one('bitAndNotCount', on, 1, 'calls', name => () => kernels[name].bitAndNotCount(a, b, length)),
      one('bitAndNot', on, 1, 'calls', name => () => kernels[name].bitAndNot(out, a, b, length)),
      // nothing in common: it must look at everything
      one('bitIntersects', on, 1, 'calls', name => () => kernels[name].bitIntersects(a, none, length)),
    ];
  });
}

/** A swarm of so many neighbours, each with about half of the pieces. */
function swarmCases({ kernels, bytes, allocate }) {
  const most = NEIGHBOURS.at(-1);
  const fieldsAt = allocate(most * padded(bitfieldBytes(PIECES.at(-1))));
  const outAt = allocate(4 * PICKED);
  return PIECES.flatMap(pieces => {
    const length = bitfieldBytes(pieces);
    const stride = padded(length);
    const [wantedAt, busyAt] = [allocate(length), allocate(length)];
    clearSpare(bytes, wantedAt, pieces, 255);
    clearSpare(bytes, busyAt, pieces, 0);
    for (let peer = 0; peer < most; peer++) clearSpare(bytes, fieldsAt + peer * stride, pieces);
    const countsAt = allocate(2 * pieces);
    return NEIGHBOURS.flatMap(neighbours => {
      const swarmAt = allocate(2 * pieces);
      const on = `${count(pieces)} pieces, ${neighbours} neighbours`;
      bytes.fill(0, countsAt, countsAt + padded(2 * pieces));
      bytes.fill(0, swarmAt, swarmAt + padded(2 * pieces));
      for (let peer = 0; peer < neighbours; peer++)
        kernels.wasm.availabilityAdd(swarmAt, fieldsAt + peer * stride, pieces);
      const comeAndGo = name => {
        let next = 0;
        return () => {
          for (let i = 0; i < BITFIELDS_PER_CALL; i++)
            kernels[name].availabilityAdd(countsAt, fieldsAt + ((next + i) % neighbours) * stride, pieces);
          for (let i = 0; i < BITFIELDS_PER_CALL; i++)
            kernels[name].availabilityRemove(countsAt, fieldsAt + ((next + i) % neighbours) * stride, pieces);
          next = (next + BITFIELDS_PER_CALL) % neighbours;
        };
      };
      const pick = name => {
        let next = 0;
        return () => {
          next = (next + 1) % neighbours;
          const peerAt = fieldsAt + next * stride;
          kernels[name].pickRarest(swarmAt, peerAt, wantedAt, busyAt, pieces, PICKED, next, outAt);
        };
      };
      return [
        one('availabilityAdd, Remove', on, 2 * BITFIELDS_PER_CALL, 'calls', comeAndGo),
        one('pickRarest', on, 1, 'calls', pick),
      ];
    });
  }).concat(addOneCase({ kernels, allocate }));
}

function addOneCase({ kernels, allocate }) {
  const pieces = 16_384;
  const countsAt = allocate(2 * pieces);
  return [
    one('availabilityAddOne', `${count(pieces)} pieces`, 64, 'calls', name => () => {
      for (let piece = 0; piece < 64; piece++) kernels[name].availabilityAddOne(countsAt, piece * 251);
    }),
  ];
}

function rankCases({ kernels, bytes, allocate }) {
  return PEERS.map(peers => {
    const ratesAt = allocate(8 * peers);
    const outAt = allocate(4 * SLOTS);
    const rates = new Float64Array(bytes.buffer, ratesAt, peers);
    for (let i = 0; i < peers; i++) rates[i] = ((i * 2654435761) >>> 0) % 1_000_000;
    return one('rankTop', `${SLOTS} of ${count(peers)} peers`, 1, 'calls', name => {
      return () => kernels[name].rankTop(ratesAt, peers, SLOTS, 7, outAt);
    });
  });
}

function one(kernel, on, work, unit, make) {
  return { kernel, on, work, unit, run: Object.fromEntries(BACKENDS.map(name => [name, make(name)])) };
}

/** Zeros behind the last piece, as kernels want it; all pieces to `byte` if it is given. */
function clearSpare(bytes, at, pieces, byte) {
  const length = bitfieldBytes(pieces);
  if (byte !== undefined) bytes.fill(byte, at, at + length);
  bytes.fill(0, at + length, at + padded(length));
  if (pieces % 8 !== 0) bytes[at + length - 1] &= 0xff << (8 - (pieces % 8));
}

function padded(length) {
  return Math.ceil(length / TABLE_ALIGN) * TABLE_ALIGN;
}

function count(value) {
  return value.toLocaleString('en-US');
}
