import { describe, expect, it } from 'vitest';
import { QueryLimit } from '../../../../src/engine/dht/query-limit.js';

const STRANGER = '192.0.2.1';

/** How many of so many queries in one moment are answered. */
function allowed(limit: QueryLimit, host: string, count: number, nowMs: number): number {
  let answers = 0;
  for (let i = 0; i < count; i++) if (limit.allows(host, nowMs)) answers++;
  return answers;
}

describe('limit of queries', () => {
  it('answers 50 at once, and nobody who asks more for five minutes', () => {
    const limit = new QueryLimit();
    expect(allowed(limit, STRANGER, 60, 0)).toBe(50);
    expect(allowed(limit, STRANGER, 60, 299_999)).toBe(0);
    expect(allowed(limit, STRANGER, 60, 300_000)).toBe(50);
  });

  it('answers five a second for ever', () => {
    const limit = new QueryLimit();
    for (let nowMs = 0; nowMs < 600_000; nowMs += 200) expect(limit.allows(STRANGER, nowMs)).toBe(true);
  });

  it('does not answer ten a second for long', () => {
    const limit = new QueryLimit();
    let answers = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) if (limit.allows(STRANGER, nowMs)) answers++;
    expect(answers).toBeGreaterThan(90);
    expect(answers).toBeLessThan(110);
  });

  it('does not mind one address for the sake of another, but takes a /64 for one', () => {
    const limit = new QueryLimit();
    allowed(limit, STRANGER, 60, 0);
    expect(limit.allows('192.0.2.2', 0)).toBe(true);
    allowed(limit, '2001:db8::1', 60, 0);
    expect(limit.allows('2001:db8::ffff:1', 0)).toBe(false);
    expect(limit.allows('2001:db8:0:1::1', 0)).toBe(true);
  });

  it.each(['127.0.0.1', '10.1.2.3', '192.168.0.9', '::1', 'fe80::1%eth0', 'fd00::1'])(
    'knows no limit for %s',
    host => {
      expect(allowed(new QueryLimit(), host, 20_000, 0)).toBe(20_000);
    },
  );

  it('answers 20,000 a second from everywhere, and keeps few in mind', () => {
    const limit = new QueryLimit();
    let answers = 0;
    for (let i = 0; i < 200_000; i++)
      if (limit.allows(`198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, i / 20)) answers++;
    expect(answers).toBe(200_000);
    expect(limit.size).toBeLessThanOrEqual(2 * 8192);
  });

  it('keeps whoever goes on asking in mind', () => {
    const limit = new QueryLimit();
    expect(allowed(limit, STRANGER, 60, 0)).toBe(50);
    for (let i = 0; i < 100_000; i++) {
      limit.allows(`198.18.${(i >> 8) & 255}.${i & 255}`, 1);
      if (i % 4096 === 0) expect(limit.allows(STRANGER, 1)).toBe(false);
    }
  });

  it('does not mind a clock that is set back', () => {
    const limit = new QueryLimit();
    expect(limit.allows(STRANGER, 1e6)).toBe(true);
    expect(allowed(limit, STRANGER, 49, 0)).toBe(49);
  });
});
