import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/engine/bytes.js';
import {
  LSD_INTERVAL_MS,
  LSD_MIN_INTERVAL_MS,
  LSD_PACKET_GAP_MS,
  LsdSchedule,
} from '../../src/engine/policy/lsd-schedule.js';
import { createRng } from '../../src/engine/policy/rng.js';
import {
  decodeLsdAnnounce,
  encodeLsdAnnounces,
  MAX_LSD_BYTES,
  MAX_LSD_READ_BYTES,
} from '../../src/engine/protocol/lsd.js';

const OPTIONS = { numRuns: 3000, interruptAfterTimeLimit: 2000 };

const infoHash = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map(hash => Buffer.from(hash).toString('hex'));
const port = fc.integer({ min: 1, max: 65535 });
const family = fc.constantFrom(4 as const, 6 as const);
/** What some client wrote, or might have. */
const line = fc.oneof(
  fc.constantFrom(
    'BT-SEARCH * HTTP/1.1',
    'Host: 239.192.152.143:6771',
    'Port',
    'Infohash:',
    'cookie: x',
    '',
    ':',
  ),
  infoHash.map(hash => `Infohash: ${hash}`),
  port.map(number => `port:${number}`),
  fc.string(),
  fc.string().map(text => `cookie:${text}`),
);

function check(packet: Uint8Array): void {
  const announce = decodeLsdAnnounce(packet);
  if (announce === undefined) return;
  expect(packet.length).toBeLessThanOrEqual(MAX_LSD_READ_BYTES);
  expect(announce.port >= 1 && announce.port <= 65535).toBe(true);
  expect(announce.infoHashes.length).toBeGreaterThan(0);
  expect(announce.infoHashes.length).toBeLessThanOrEqual(MAX_LSD_READ_BYTES / 50);
  expect(new Set(announce.infoHashes).size).toBe(announce.infoHashes.length);
  for (const hash of announce.infoHashes) expect(hash).toMatch(/^[0-9a-f]{40}$/);
}

describe('announces to the local network', () => {
  it('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), check), OPTIONS);
  });

  it('any lines', () => {
    const text = fc.tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('\r\n', '\n', '\r', '\n\r'));
    fc.assert(
      fc.property(text, fc.boolean(), ([lines, end], starts) => {
        check(utf8([...(starts ? ['BT-SEARCH * HTTP/1.1'] : []), ...lines].join(end)));
      }),
      OPTIONS,
    );
  });

  it('a good one with a byte changed, or cut', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat());
    fc.assert(
      fc.property(fc.array(infoHash, { minLength: 1, maxLength: 20 }), change, (hashes, [at, byte, cut]) => {
        const [packet] = encodeLsdAnnounces({ port: 1, infoHashes: hashes, cookie: 'x' }, 4);
        packet[at % packet.length] = byte;
        check(packet);
        check(packet.subarray(0, cut % packet.length));
      }),
      OPTIONS,
    );
  });

  it('written and read again', () => {
    const hashes = fc.uniqueArray(infoHash, { maxLength: 60 });
    const cookie = fc.option(fc.stringMatching(/^[0-9a-z]{1,40}$/), { nil: undefined });
    fc.assert(
      fc.property(hashes, port, cookie, family, (infoHashes, port, cookie, family) => {
        const packets = encodeLsdAnnounces({ port, infoHashes, cookie }, family);
        for (const packet of packets) expect(packet.length).toBeLessThanOrEqual(MAX_LSD_BYTES);
        const read = packets.map(packet => decodeLsdAnnounce(packet)!);
        expect(read.flatMap(announce => announce.infoHashes)).toEqual(infoHashes);
        for (const announce of read) expect(announce).toMatchObject({ port, ...(cookie && { cookie }) });
      }),
      OPTIONS,
    );
  });
});

it('whatever comes and goes and is heard, a torrent is told once a minute, a port in between', () => {
  const torrents = Array.from({ length: 4 }, (_, i) => i.toString(16).padStart(40, '0'));
  const step = fc.record({
    act: fc.constantFrom('add', 'add', 'delete', 'heard', 'moved'),
    torrent: fc.constantFrom(...torrents),
    waitMs: fc.oneof(fc.nat({ max: 500 }), fc.nat({ max: 2 * LSD_MIN_INTERVAL_MS })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer(), (steps, seed) => {
      const schedule = new LsdSchedule(createRng(seed), 3);
      const told = new Map<string, number[]>();
      const present = new Set<string>();
      let now = 0;
      let packetMs = Number.NEGATIVE_INFINITY;
      const runUntil = (endMs: number) => {
        for (let wakes = 0; schedule.nextTimeout() <= endMs; wakes++) {
          expect(wakes).toBeLessThan(10_000);
          now = Math.max(now, schedule.nextTimeout());
          const taken = schedule.take(now);
          if (taken.length === 0) continue;
          expect(taken.length).toBeLessThanOrEqual(3);
          expect(now - packetMs).toBeGreaterThanOrEqual(LSD_PACKET_GAP_MS);
          packetMs = now;
          for (const torrent of taken) {
            expect(present.has(torrent)).toBe(true);
            told.set(torrent, [...(told.get(torrent) ?? []), now]);
          }
        }
        now = endMs;
      };
      for (const { act, torrent, waitMs } of steps) {
        if (act === 'add') {
          schedule.add(torrent, now);
          present.add(torrent);
        } else if (act === 'delete') {
          schedule.delete(torrent);
          present.delete(torrent);
        } else if (act === 'heard') schedule.heard(torrent, now);
        else if (act === 'moved') schedule.moved(now);
        runUntil(now + waitMs);
      }
      runUntil(now + 2 * LSD_INTERVAL_MS);
      const moves = steps.filter(({ act }) => act === 'moved').length;
      for (const times of told.values()) {
        const early = times.filter((atMs, i) => i > 0 && atMs - times[i - 1] < LSD_MIN_INTERVAL_MS);
        expect(early.length).toBeLessThanOrEqual(moves);
        for (let i = 1; i < early.length; i++)
          expect(early[i] - early[i - 1]).toBeGreaterThan(LSD_INTERVAL_MS / 2);
      }
      for (const torrent of present) expect(told.get(torrent)?.length ?? 0).toBeGreaterThanOrEqual(2);
      expect(schedule.size).toBe(present.size);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 3000 },
  );
});
