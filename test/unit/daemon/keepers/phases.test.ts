import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ActiveClock } from '../../../../src/daemon/torrents/active-clock.js';
import { DaemonStage } from '../../../lib/daemon-stage.js';

let stage: DaemonStage;
let hash: string;
beforeEach(async () => {
  stage = await DaemonStage.open();
  hash = await stage.add('one');
});
afterEach(() => stage.close());

const seconds = () => stage.keepers.phases.seconds(stage.entry(hash).record);
const pass = (s: number) => {
  stage.nowMs += s * 1000;
};
/** A run begins with a clock of its own; days may lie between the two. */
async function again(end: 'close' | 'kill', done = 0) {
  stage = await stage.again(end);
  await stage.torrent(hash).endCheck(done);
}

it('counts each phase while it goes on, and what was before it', async () => {
  pass(10);
  expect(seconds()).toEqual({ downloading: 10, seeding: 0 });
  stage.torrent(hash).complete();
  pass(5);
  expect(seconds()).toEqual({ downloading: 10, seeding: 5 });
  await stage.ask('torrent-stop', { ids: [hash] });
  pass(100);
  expect(seconds()).toEqual({ downloading: 10, seeding: 5 });
  await stage.ask('torrent-start', { ids: [hash] });
  pass(1);
  expect(seconds()).toEqual({ downloading: 10, seeding: 6 });
});

it('stands still while the daemon does, and goes on from there', async () => {
  pass(30);
  await again('close');
  expect(seconds().downloading).toBe(30);
  pass(12);
  await again('close');
  pass(1);
  expect(seconds()).toEqual({ downloading: 43, seeding: 0 });
});

it('a kill costs what was since the last beat, and nothing of what was before', async () => {
  pass(60);
  await stage.state.beat();
  pass(59);
  await again('kill');
  expect(seconds().downloading).toBe(60);
  pass(10);
  expect(seconds().downloading).toBe(70);
});

it('a phase that began after the last beat before a kill never counts backwards', async () => {
  pass(60);
  await stage.state.beat();
  pass(40);
  stage.torrent(hash).complete(); // a seed since 100 s
  await stage.state.catalog.flush();
  pass(15);
  await again('kill', stage.torrent(hash).wanted);
  expect(seconds()).toEqual({ downloading: 100, seeding: 0 });
  pass(30);
  expect(seconds().seeding).toBe(0);
  pass(20);
  expect(seconds()).toEqual({ downloading: 100, seeding: 10 });
});

it('a check belongs to what it interrupts; what a recheck finds missing is a download', async () => {
  stage.torrent(hash).complete();
  pass(5);
  await stage.ask('torrent-verify', { ids: [hash] });
  stage.keepers.phases.update(stage.entry(hash)); // whatever happens meanwhile
  pass(5);
  await stage.torrent(hash).endRecheck(0);
  pass(7);
  expect(seconds()).toEqual({ downloading: 7, seeding: 10 });
});

it('one that fails is in no phase, nor is one that cannot be opened', async () => {
  pass(5);
  stage.torrent(hash).fail();
  pass(50);
  expect(seconds()).toEqual({ downloading: 5, seeding: 0 });
});

it('nothing is written while a phase goes on', async () => {
  await stage.state.catalog.flush();
  const before = stage.onDisk().get(`torrent.${hash}`);
  pass(1000);
  await stage.state.beat();
  expect(stage.onDisk().get(`torrent.${hash}`)).toEqual(before);
  expect(stage.onDisk().get('totals')).toMatchObject({ seconds: 1000, sessions: 1 });
});

it('the clock beats once a minute until it is stopped', () => {
  vi.useFakeTimers();
  let nowMs = 500;
  const clock = new ActiveClock({ earlier: 100, nowMs: () => nowMs });
  let beats = 0;
  const stop = clock.beat(() => beats++);
  vi.advanceTimersByTime(180_000);
  expect(beats).toBe(3);
  stop();
  vi.advanceTimersByTime(180_000);
  expect(beats).toBe(3);
  nowMs = 1500;
  expect([clock.seconds, clock.thisRun]).toEqual([101, 1]);
  vi.useRealTimers();
});
