import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../src/engine/errors.js';
import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from '../../../src/sim/bounds.js';

const GB = 1e9;
const never = Number.POSITIVE_INFINITY;
const refused = expect.toSatisfy((error: unknown) => isMillraceError(error, 'ERR_OPTION'));

describe('client-server bound', () => {
  const swarm = { fileBytes: GB, peers: 10, seedUpBytesPerSecond: 1e8, downMinBytesPerSecond: never };

  it('grows with the number of peers', () => {
    expect(clientServerSeconds(swarm)).toBe(100);
    expect(clientServerSeconds({ ...swarm, peers: 1000 })).toBe(10_000);
  });

  it('is at least what the slowest download takes', () => {
    expect(clientServerSeconds({ ...swarm, downMinBytesPerSecond: 1e6 })).toBe(1000);
  });

  it.each([
    ['fileBytes', 0],
    ['fileBytes', never],
    ['peers', 0],
    ['peers', 1.5],
    ['peers', -1],
    ['seedUpBytesPerSecond', 0],
    ['seedUpBytesPerSecond', Number.NaN],
    ['seedUpBytesPerSecond', never],
    ['downMinBytesPerSecond', 0],
    ['downMinBytesPerSecond', -5],
    ['downMinBytesPerSecond', Number.NaN],
  ])('refuses %s %d', (name, value) => {
    const run = () => clientServerSeconds({ ...swarm, [name]: value });
    expect(run).toThrow(refused);
    expect(run).toThrow(`${name} is ${value}, must be`);
  });
});

describe('peer-to-peer bound', () => {
  const swarm = { fileBytes: GB, seedUpBytesPerSecond: 1e8, downMinBytesPerSecond: never };
  const peers = (count: number, rate = 1e8) => ({ ...swarm, peerUpsBytesPerSecond: { rate, count } });

  it('does not grow with the number of peers when all upload', () => {
    expect(peerToPeerSeconds(peers(1))).toBe(10); // the seed has to send everything once
    expect(peerToPeerSeconds(peers(10))).toBe(10);
    expect(peerToPeerSeconds(peers(1e6))).toBe(10);
    expect(peerToPeerSeconds(peers(99, 5e7))).toBeCloseTo(99 / 5.05, 9);
  });

  it('is limited by the seed, by the slowest download, or by all uploads together', () => {
    expect(peerToPeerSeconds({ ...peers(10), seedUpBytesPerSecond: 1e6 })).toBe(1000);
    expect(peerToPeerSeconds({ ...peers(10), downMinBytesPerSecond: 1e7 })).toBe(100);
    expect(peerToPeerSeconds(peers(10, 0))).toBe(100);
    expect(peerToPeerSeconds({ ...swarm, peerUpsBytesPerSecond: [0, 1e8] })).toBe(10);
    expect(peerToPeerSeconds({ ...swarm, peerUpsBytesPerSecond: [0, 0, 1e8] })).toBe(15);
  });

  it('a list of equal rates is the same as one rate', () => {
    const list = { ...swarm, peerUpsBytesPerSecond: Array(7).fill(3e6) };
    expect(peerToPeerSeconds(list)).toBe(peerToPeerSeconds(peers(7, 3e6)));
  });

  it('never exceeds the client-server bound', () => {
    for (const count of [1, 2, 5, 100])
      for (const rate of [0, 1e6, 1e9])
        expect(peerToPeerSeconds(peers(count, rate))).toBeLessThanOrEqual(
          clientServerSeconds({ ...swarm, peers: count }),
        );
  });

  it.each([
    { rate: -1, count: 1 },
    { rate: never, count: 1 },
    { rate: 1, count: 0 },
    { rate: 1, count: Number.NaN },
    [],
    [1, Number.NaN],
    [1, -1],
  ])('refuses peers %j', peerUpsBytesPerSecond => {
    expect(() => peerToPeerSeconds({ ...swarm, peerUpsBytesPerSecond })).toThrow(refused);
  });
});

describe('discrete bound', () => {
  const swarm = { fileBytes: 256, pieces: 256, peers: 16, upBytesPerSecond: 1 };

  it('one piece doubles its holders a round, many pieces flow behind each other', () => {
    expect(discreteSeconds({ ...swarm, pieces: 1 })).toBe(5 * 256);
    expect(discreteSeconds(swarm)).toBe(260);
    expect(discreteSeconds({ ...swarm, peers: 1 })).toBe(256);
  });

  it('takes the logarithm exactly at powers of two', () => {
    for (let log = 0; log < 50; log++) {
      const at = (peers: number) => discreteSeconds({ fileBytes: 1, pieces: 1, peers, upBytesPerSecond: 1 });
      expect(at(2 ** log)).toBe(1 + log);
      if (log > 1) expect(at(2 ** log - 1)).toBe(log);
    }
  });

  it.each(['fileBytes', 'pieces', 'peers', 'upBytesPerSecond'])('refuses %s 0, NaN and Infinity', name => {
    for (const value of [0, -1, Number.NaN, never])
      expect(() => discreteSeconds({ ...swarm, [name]: value })).toThrow(refused);
  });
});
