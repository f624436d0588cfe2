import { describe, expect, it } from 'vitest';
import type { InfoHash } from '../../../../src/engine/ids.js';
import {
  LSD_INTERVAL_MS,
  LSD_MIN_INTERVAL_MS,
  LSD_PACKET_GAP_MS,
  LsdSchedule,
} from '../../../../src/engine/policy/lsd-schedule.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const HOUR_MS = 3_600_000;
const PACKET = 24;
const name = (i: number): InfoHash => i.toString(16).padStart(40, '0');

/** A schedule and the packets that it has sent by a clock that jumps from one to the next. */
class Announcer {
  readonly schedule: LsdSchedule;
  readonly packets: { atMs: number; infoHashes: InfoHash[] }[] = [];
  nowMs = 0;

  constructor(packet = PACKET) {
    this.schedule = new LsdSchedule(createRng(1), packet);
  }

  runUntil(endMs: number): this {
    for (let wakes = 0; ; wakes++) {
      const dueMs = this.schedule.nextTimeout();
      if (dueMs > endMs) break;
      if (wakes > 100_000) throw new Error('it never sleeps');
      this.nowMs = Math.max(this.nowMs, dueMs);
      const infoHashes = this.schedule.take(this.nowMs);
      if (infoHashes.length > 0) this.packets.push({ atMs: this.nowMs, infoHashes });
    }
    this.nowMs = endMs;
    return this;
  }

  timesOf(infoHash: InfoHash): number[] {
    return this.packets.filter(packet => packet.infoHashes.includes(infoHash)).map(({ atMs }) => atMs);
  }
}

function withTorrents(count: number, packet?: number): Announcer {
  const announcer = new Announcer(packet);
  for (let i = 0; i < count; i++) announcer.schedule.add(name(i), 0);
  return announcer;
}

describe('a torrent', () => {
  it('is announced at once, after a minute, and every five minutes then', () => {
    expect(withTorrents(1).runUntil(HOUR_MS).timesOf(name(0))).toEqual([
      0,
      ...Array.from({ length: 12 }, (_, i) => LSD_MIN_INTERVAL_MS + i * LSD_INTERVAL_MS),
    ]);
  });

  it('is announced once however often it is added, and not after it has gone', () => {
    const announcer = withTorrents(1);
    announcer.schedule.add(name(0), 0);
    announcer.runUntil(10_000).schedule.delete(name(0));
    expect(announcer.runUntil(HOUR_MS).timesOf(name(0))).toEqual([0]);
    expect(announcer.schedule.size).toBe(0);
    expect(announcer.schedule.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('that goes before its turn is not announced', () => {
    const announcer = withTorrents(2);
    announcer.schedule.delete(name(0));
    announcer.runUntil(HOUR_MS);
    expect([announcer.timesOf(name(0)).length, announcer.timesOf(name(1)).length]).toEqual([0, 13]);
  });

  it('that goes and comes back is announced a minute after the last time', () => {
    const announcer = withTorrents(1).runUntil(10_000);
    for (let i = 0; i < 20; i++) {
      announcer.schedule.delete(name(0));
      announcer.schedule.add(name(0), announcer.nowMs);
      announcer.runUntil(announcer.nowMs + 1_000);
    }
    announcer.runUntil(2 * LSD_MIN_INTERVAL_MS);
    expect(announcer.timesOf(name(0))).toEqual([0, LSD_MIN_INTERVAL_MS]);
  });
});

describe('an answer to somebody else’s announce', () => {
  it('comes within two seconds, once a minute, and puts the next announce off', () => {
    const announcer = withTorrents(1).runUntil(200_000);
    announcer.schedule.heard(name(0), 200_000);
    announcer.schedule.heard(name(0), 200_000);
    announcer.runUntil(210_000).schedule.heard(name(0), 210_000);
    const [, , answeredMs, nextMs] = announcer.runUntil(HOUR_MS).timesOf(name(0));
    expect(answeredMs).toBeGreaterThanOrEqual(200_000);
    expect(answeredMs).toBeLessThanOrEqual(203_000);
    expect(nextMs).toBe(answeredMs + LSD_INTERVAL_MS);
  });

  it('is not given for torrents of others', () => {
    const announcer = withTorrents(1).runUntil(200_000);
    announcer.schedule.heard(name(7), 200_000);
    expect(announcer.runUntil(300_000).packets).toHaveLength(2);
  });

  it('keeps two machines from answering each other for ever', () => {
    const [one, two] = [withTorrents(1), new Announcer()];
    two.schedule.add(name(0), 90_000);
    let heard = [0, 0];
    for (let nowMs = 0; nowMs <= HOUR_MS; nowMs += 1_000) {
      one.runUntil(nowMs);
      two.runUntil(nowMs);
      if (one.packets.length > heard[0]) two.schedule.heard(name(0), nowMs);
      if (two.packets.length > heard[1]) one.schedule.heard(name(0), nowMs);
      heard = [one.packets.length, two.packets.length];
    }
    for (const { packets } of [one, two]) {
      expect(packets.length).toBeGreaterThan(HOUR_MS / LSD_INTERVAL_MS - 2);
      expect(packets.length).toBeLessThan(HOUR_MS / LSD_INTERVAL_MS + 4);
    }
  });
});

describe('a new address', () => {
  it('is told at once, though the old one has just been told', () => {
    const announcer = withTorrents(1).runUntil(5_000);
    announcer.schedule.moved(5_000);
    expect(announcer.runUntil(6_000).timesOf(name(0))).toEqual([0, 5_000]);
  });

  it('that changes all the time is told once a minute from then on', () => {
    const announcer = withTorrents(1).runUntil(5_000);
    for (let nowMs = 5_000; nowMs < LSD_INTERVAL_MS; nowMs += 500)
      announcer.runUntil(nowMs).schedule.moved(nowMs);
    expect(announcer.timesOf(name(0))).toEqual([0, 5_000, 65_000, 125_000, 185_000, 245_000]);
  });
});

describe('many torrents', () => {
  it('ten thousand share full packets that are spread, and all are told every five minutes', () => {
    const announcer = withTorrents(10_000).runUntil(2 * LSD_INTERVAL_MS);
    const { packets } = announcer;
    for (let i = 1; i < packets.length; i++)
      expect(packets[i].atMs - packets[i - 1].atMs).toBeGreaterThanOrEqual(LSD_PACKET_GAP_MS);
    for (const { infoHashes } of packets) expect(new Set(infoHashes).size).toBe(infoHashes.length);
    expect(Math.max(...packets.map(({ infoHashes }) => infoHashes.length))).toBe(PACKET);
    const counts = new Map<InfoHash, number>();
    for (const { infoHashes } of packets)
      for (const hash of infoHashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
    expect([counts.size, Math.min(...counts.values()), Math.max(...counts.values())]).toEqual([10_000, 3, 3]);
    const first = packets.findIndex(({ infoHashes }) => infoHashes.includes(name(9_999)));
    expect(first).toBe(Math.ceil(10_000 / PACKET) - 1);
  });

  it('wait for their turn when they are more than five minutes can tell of', () => {
    const announcer = withTorrents(5_000, 2).runUntil(2 * LSD_INTERVAL_MS);
    const counts = new Map<InfoHash, number>();
    for (const { infoHashes } of announcer.packets)
      for (const hash of infoHashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
    expect(counts.size).toBe(5_000);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    expect(announcer.packets.length).toBeLessThanOrEqual((2 * LSD_INTERVAL_MS) / LSD_PACKET_GAP_MS + 1);
  });
});
