import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../src/engine/errors.js';
import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from '../../../src/sim/bounds.js';

const GB = 1e9;
const never = Number.POSITIVE_INFINITY;
const refused = expect.toSatisfy((error: unknown) => isMillraceError(error, 'ERR_OPTION'));

describe('client-server bound', () => {
  const swarm = { fileBytes: GB, peers: 10, seedUpBytesPerSecond: 1e8, downBytesPerSecond: never };

  it('grows with the number of peers', () => {
    expect(clientServerSeconds(swarm)).toBe(100);
    expect(clientServerSeconds({ ...swarm, peers: 1000 })).toBe(10_000);
  });

  it('is at least what the slowest download takes', () => {
    expect(clientServerSeconds({ ...swarm, downBytesPerSecond: 1e6 })).toBe(1000);
    expect(clientServerSeconds({ ...swarm, downBytesPerSecond: [never, 1e6, 1e9] })).toBe(1000);
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
    ['fileBytes', 1.5],
    ['fileBytes', 2 ** 53],
    ['peers', 2 ** 53],
    ['downBytesPerSecond', 0],
    ['downBytesPerSecond', -5],
    ['downBytesPerSecond', Number.NaN],
  ])('refuses %s %d', (name, value) => {
    const run = () => clientServerSeconds({ ...swarm, [name]: value });
    expect(run).toThrow(refused);
    expect(run).toThrow(`${name} is ${value}, must be`);
  });
});

describe('peer-to-peer bound', () => {
  const swarm = { fileBytes: GB, seedUpBytesPerSecond: 1e8 };
  const peers = (count: number, rate: number | readonly number[] = 1e8) => ({
    ...swarm,
    peers: count,
    upBytesPerSecond: rate,
  });

  it('does not grow with the number of peers when all upload', () => {
    expect(peerToPeerSeconds(peers(1))).toBe(10); // the seed has to send everything once
    expect(peerToPeerSeconds(peers(10))).toBe(10);
    expect(peerToPeerSeconds(peers(1e6))).toBe(10);
    expect(peerToPeerSeconds(peers(99, 5e7))).toBeCloseTo(99 / 5.05, 9);
  });

  it('is limited by the seed, by the slowest download, or by all uploads together', () => {
    expect(peerToPeerSeconds({ ...peers(10), seedUpBytesPerSecond: 1e6 })).toBe(1000);
    expect(peerToPeerSeconds({ ...peers(10), downBytesPerSecond: 1e7 })).toBe(100);
    expect(peerToPeerSeconds(peers(10, 0))).toBe(100);
    expect(peerToPeerSeconds(peers(2, [0, 1e8]))).toBe(10);
    expect(peerToPeerSeconds(peers(3, [0, 0, 1e8]))).toBe(15);
  });

  it('repeats a list that is shorter, and leaves out what is beyond the peers', () => {
    expect(peerToPeerSeconds(peers(6, [0, 0, 1e8]))).toBe(20);
    expect(peerToPeerSeconds(peers(7, [1e8, 0, 0]))).toBe(17.5);
    expect(peerToPeerSeconds(peers(3, [0, 0, 1e8, 1e9]))).toBe(15);
    const slowThird = { ...peers(2), downBytesPerSecond: [1e8, 1e9, 1e6] };
    expect(peerToPeerSeconds(slowThird)).toBe(10);
    expect(peerToPeerSeconds({ ...slowThird, peers: 3 })).toBe(1000);
  });

  it('is right to a rounding where products exceed whole numbers', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const bound = peerToPeerSeconds({ ...peers(most, 0), fileBytes: most, seedUpBytesPerSecond: 1 });
    expect(bound / 2 ** 106).toBeCloseTo(1, 12);
  });

  it.each([
    [1, -1],
    [1, never],
    [0, 1],
    [Number.NaN, 1],
    [1, []],
    [2, [1, Number.NaN]],
    [2, [1, -1]],
    [1, [1, -1]],
    [100, 1e307],
  ])('refuses %d peers of %j', (count, rates) => {
    expect(() => peerToPeerSeconds(peers(count, rates))).toThrow(refused);
  });

  it('refuses rates that would take for ever', () => {
    const slow = { ...peers(10), seedUpBytesPerSecond: Number.MIN_VALUE };
    expect(() => peerToPeerSeconds(slow)).toThrow('the rates are too low');
    expect(() => clientServerSeconds(slow)).toThrow(refused);
  });
});

describe('discrete bound', () => {
  const swarm = { fileBytes: 256, pieces: 256, peers: 16, seedUpBytesPerSecond: 1, upBytesPerSecond: 1 };

  it('one piece doubles its holders a round, many pieces flow behind each other', () => {
    expect(discreteSeconds({ ...swarm, pieces: 1 })).toBe(5 * 256);
    expect(discreteSeconds(swarm)).toBe(260);
    expect(discreteSeconds({ ...swarm, peers: 1 })).toBe(256);
  });

  it('doubles the holders of the last piece at the fastest rate there is', () => {
    expect(discreteSeconds({ ...swarm, upBytesPerSecond: [...Array(15).fill(1), 4] })).toBe(257);
    expect(discreteSeconds({ ...swarm, upBytesPerSecond: [...Array(16).fill(1), 4] })).toBe(260);
    expect(discreteSeconds({ ...swarm, seedUpBytesPerSecond: 64 })).toBe((16 * 256) / 80); // all uploads together
    expect(discreteSeconds({ ...swarm, downBytesPerSecond: 0.5 })).toBe(512);
  });

  it('takes the logarithm exactly at powers of two', () => {
    for (let log = 0; log < 50; log++) {
      const at = (peers: number) => discreteSeconds({ ...swarm, fileBytes: 1, pieces: 1, peers });
      expect(at(2 ** log)).toBe(1 + log);
      if (log > 1) expect(at(2 ** log - 1)).toBe(log);
    }
  });

  it('refuses more pieces than bytes', () => {
    expect(() => discreteSeconds({ ...swarm, pieces: 257 })).toThrow(
      'pieces is 257, must be at most one a byte',
    );
  });

  it.each(['fileBytes', 'pieces', 'peers', 'seedUpBytesPerSecond'])(
    'refuses %s 0, negative, NaN and Infinity',
    name => {
      for (const value of [0, -1, Number.NaN, never])
        expect(() => discreteSeconds({ ...swarm, [name]: value })).toThrow(refused);
    },
  );
});
