import { describe, expect, it } from 'vitest';
import { PeerLimits, SharedLimits } from '../../../../src/engine/session/limits.js';

function limitsOf(down: number, links = 1): PeerLimits[] {
  const shared = new SharedLimits({ down, up: 0, peerDown: 0, peerUp: 0 });
  return Array.from({ length: links }, () => new PeerLimits([shared]));
}

/** Some links that share a limit read whenever they may, and wait as long as they are told to. */
function read(limits: readonly PeerLimits[]) {
  let bytes = 0;
  let calls = 0;
  const take = ({ down }: PeerLimits, length: number, now: number) => {
    calls++;
    bytes += length;
    down.take(length, now);
  };
  let now = 0;
  while (now <= 100_000) {
    for (const limit of limits) {
      take(limit, 1, now); // the buffer of this read was asked for before the pause
      for (let most = limit.readable(now); most > 0; most = limit.readable(now)) take(limit, most, now);
    }
    now += Math.max(5, limits[0].readDelayMs(now));
  }
  return { rate: bytes / (now / 1000), calls };
}

describe('a limit on what is read', () => {
  it.each([
    [500, 1],
    [2_000, 1],
    [2_000, 40],
    [4_500, 40],
    [20_000, 40],
    [100_000, 1],
  ])('of %d bytes a second is kept by %d links, and not byte by byte', (down, links) => {
    const { rate, calls } = read(limitsOf(down, links));
    expect(rate / down).toBeGreaterThan(0.95);
    expect(rate / down).toBeLessThan(1.05);
    expect((100 * rate) / calls).toBeGreaterThan(20);
  });

  it('that is none allows everything at once', () => {
    const [limits] = limitsOf(0);
    expect(limits.readable(0)).toBe(Number.POSITIVE_INFINITY);
    expect(limits.readDelayMs(0)).toBe(0);
  });
});
