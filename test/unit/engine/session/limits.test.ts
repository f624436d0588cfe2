import { describe, expect, it } from 'vitest';
import { PeerLimits, SharedLimits } from '../../../../src/engine/session/limits.js';

function limitsOf(down: number): PeerLimits {
  return new PeerLimits([new SharedLimits({ down, up: 0, peerDown: 0, peerUp: 0 })]);
}

/** Reads whenever it may, and waits as long as it is told to: bytes and calls of a hundred seconds. */
function read(limits: PeerLimits) {
  let bytes = 0;
  let calls = 0;
  for (let now = 0; now <= 100_000; now += Math.max(5, limits.readDelayMs(now))) {
    const most = limits.readable(now);
    if (most === 0) continue;
    calls++;
    bytes += most;
    limits.down.take(most, now);
  }
  return { bytes, calls };
}

describe('a limit on what is read', () => {
  it.each([500, 2_000, 4_000, 5_000, 100_000])('of %d bytes a second is kept, without many calls', rate => {
    const { bytes, calls } = read(limitsOf(rate));
    expect(bytes / 100 / rate).toBeGreaterThan(0.95);
    expect(bytes / 100 / rate).toBeLessThan(1.05);
    expect(calls).toBeLessThanOrEqual(bytes / 1024);
  });

  it('that is none allows everything at once', () => {
    expect(limitsOf(0).readable(0)).toBe(Number.POSITIVE_INFINITY);
    expect(limitsOf(0).readDelayMs(0)).toBe(0);
  });
});
