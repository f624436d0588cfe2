import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { encode } from '../../src/engine/protocol/bencode.js';
import { formatIp } from '../../src/engine/protocol/compact.js';
import {
  decodePexMessage,
  encodePexMessage,
  MAX_PEX_PEERS,
  MAX_PEX_READ,
} from '../../src/engine/protocol/peer/pex.js';
import { PeerCore } from '../../src/engine/swarm/peer-core.js';
import { takePex } from '../../src/engine/swarm/pex-intake.js';

const TIME_BOX = { interruptAfterTimeLimit: 2000, markInterruptAsFailure: false, numRuns: 3000 };

const port = fc.integer({ min: 1, max: 65535 });
const host4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIp);
const host6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIp);
const peers = (host: fc.Arbitrary<string>) =>
  fc.array(fc.record({ host, port, flags: fc.nat({ max: 255 }) }), { maxLength: 100 });
const plain = (list: readonly { host: string; port: number }[]) =>
  list.map(({ host, port }) => ({ host, port }));

const KEYS = ['added', 'added.f', 'dropped', 'added6', 'added6.f', 'dropped6', 'x'];
const value = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.integer(),
  fc.constant([1, 2]),
  fc.constant({ a: 1 }),
);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.dictionary(fc.constantFrom(...KEYS), value).map(dict => encode(dict)),
  fc
    .tuple(
      fc.dictionary(fc.constantFrom(...KEYS), value).map(dict => encode(dict)),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }),
    )
    .map(([bytes, changes]) => {
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    }),
);

function coded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect(error.code).toBe('ERR_WIRE_MESSAGE');
    return undefined;
  }
}

describe('peer exchange', () => {
  it('what is told reads back', () => {
    fc.assert(
      fc.property(peers(host4), peers(host6), peers(host4), peers(host6), (a4, a6, d4, d6) => {
        const message = { added: [...a4, ...a6], dropped: plain([...d4, ...d6]) };
        expect(decodePexMessage(encodePexMessage(message))).toEqual(message);
      }),
      { ...TIME_BOX, numRuns: 500 },
    );
  });

  it('any bytes are a message or a coded error, and name a bounded number of peers', () => {
    fc.assert(
      fc.property(payload, bytes => {
        const message = coded(() => decodePexMessage(bytes));
        expect(message?.added.length ?? 0).toBeLessThanOrEqual(2 * MAX_PEX_READ);
        expect(message?.dropped.length ?? 0).toBeLessThanOrEqual(2 * MAX_PEX_READ);
      }),
      TIME_BOX,
    );
  });

  it('whatever a peer tells and when, few are taken, and it is cut off before long', () => {
    const address = { host: '192.0.2.1', port: 1 };
    const info = { address, incoming: false, fast: true, extended: true };
    const step = fc.tuple(payload, fc.nat({ max: 60_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const peer = new PeerCore(1, info, 0, 0, []);
        let nowMs = 0;
        let taken = 0;
        for (const [bytes, waitMs] of steps) {
          nowMs += waitMs;
          const addresses = coded(() => takePex(peer, bytes, nowMs));
          if (addresses === undefined) break;
          taken += addresses.length;
        }
        expect(taken).toBeLessThanOrEqual(MAX_PEX_PEERS * (1 + Math.floor(nowMs / 45_000)));
      }),
      { ...TIME_BOX, numRuns: 500 },
    );
  });
});
