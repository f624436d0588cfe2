import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTorrent } from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { createRng, type Rng } from '../../src/engine/policy/rng.js';
import { DaemonProcess } from '../lib/daemon-process.js';
import { KiB, MiB, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** 200 of them take some minutes: `KILLS=200 npx vitest run --project slow test/slow/daemon-kill.test.ts`. */
const KILLS = Number(process.env.KILLS ?? 25);
/** For another course of events. */
const SEED = Number(process.env.SEED ?? 20260101);

const PIECE = 32 * KiB;
const TORRENTS = 16;
const TORRENT_BYTES = 12 * MiB + 1;
/** So slow that torrents are still on their way at the last kill. */
const RATE = (TORRENTS * TORRENT_BYTES) / (1.5 * KILLS);
/** Requests until it is killed. */
const MAX_REQUESTS = 30;
/** A start takes about so long: one kill in five comes within it. */
const START_MS = 500;

/** What the daemon has confirmed of a torrent. */
interface Known {
  labels: string;
  uploadLimit: number;
  /** Bits of the pieces that it has told of. */
  pieces: Buffer;
}

interface Told {
  readonly hashString: string;
  readonly status: number;
  readonly error: number;
  readonly errorString: string;
  readonly labels: readonly string[];
  readonly uploadLimit: number;
  readonly pieces: string;
  readonly percentDone: number;
}

const FIELDS = [
  ...['hashString', 'status', 'error', 'errorString', 'labels', 'uploadLimit', 'pieces', 'percentDone'],
];
/** Waiting for a check, and being checked. */
const CHECKING = [1, 2];

describe(`SIGKILL at ${KILLS} random moments of a daemon under load`, () => {
  it('loses no torrent, no verified piece, and nothing that was confirmed', async () => {
    const stage = await openStage();
    const swarm = await openSwarm(stage);
    const rng = createRng(SEED);
    const model = new Model(rng, swarm.torrents);
    const settings = { 'state-dir': stage.path('state'), 'download-dir': stage.path('downloads') };

    const moments = { start: 0, request: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const daemon = new DaemonProcess(stage, settings);
      if (kill > 0 && rng.below(5) === 0) {
        await delay(rng.below(START_MS));
        await daemon.kill();
        moments.start++;
        continue;
      }
      await model.check(daemon, `after kill ${kill}`);
      for (let request = rng.below(MAX_REQUESTS); request > 0; request--) await model.change(daemon);
      // one more is on its way
      const last = model.change(daemon).catch(() => {});
      await daemon.kill();
      await last;
      moments.request++;
    }

    const daemon = new DaemonProcess(stage, settings);
    await model.check(daemon, 'at the end');
    console.log(
      `seed ${SEED}: killed ${moments.start} times while it started, ${moments.request} times among requests; ` +
        `${model.confirmed} changes were confirmed, ${model.describe()}`,
    );
    swarm.hurry();
    await until(
      'all torrents',
      async () => (await daemon.torrents<Told>(FIELDS)).every(({ percentDone }) => percentDone === 1),
      { timeoutMs: 120_000, everyMs: 250 },
    );
    expect(await daemon.stop()).toBe(0);
    const [source, copy] = [await hashTree(stage.path('source')), await hashTree(stage.path('downloads'))];
    for (const name of model.names) expect(copy[name], name).toBe(source[name]);
  });
});

interface Prepared {
  readonly infoHash: string;
  readonly name: string;
  readonly metainfo: string;
}

/** Torrents, a seed of all of them, and a tracker that tells of it. */
async function openSwarm(stage: Stage): Promise<{ torrents: Prepared[]; hurry: () => void }> {
  const tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' }, intervalSeconds: 60 });
  stage.defer(() => tracker.close());
  const dir = stage.path('source');
  const names = Array.from({ length: TORRENTS }, (_, i) => `${i}.bin`);
  await writeSamples(dir, Object.fromEntries(names.map(name => [name, TORRENT_BYTES])), 1);
  const seed = await openSession(stage, { dir, limits: { up: RATE } });
  const torrents: Prepared[] = [];
  for (const name of names) {
    const options = { pieceLength: PIECE, workers: 0, announce: [[tracker.http!.url]] };
    const { bytes, metainfo } = await createTorrent(`${dir}/${name}`, options);
    const torrent = await seed.add(metainfo, { check: 'seed' });
    await torrent.checked();
    torrents.push({ name, infoHash: metainfo.infoHash, metainfo: Buffer.from(bytes).toString('base64') });
  }
  return { torrents, hurry: () => seed.setLimits({ up: 0 }) };
}

/** What must be there after a kill: all that was confirmed, and of the one change that was not, all or nothing. */
class Model {
  confirmed = 0;
  readonly #rng: Rng;
  readonly #fresh: Prepared[];
  readonly #byHash: ReadonlyMap<string, Prepared>;
  readonly #torrents = new Map<string, Known>();
  #altSpeed = 50;
  /** Undoes what was not confirmed, when it turns out not to have happened, or does it. */
  #open: ((told: ReadonlyMap<string, Told>, altSpeed: number) => void) | undefined;

  constructor(rng: Rng, torrents: readonly Prepared[]) {
    this.#rng = rng;
    this.#fresh = [...torrents];
    this.#byHash = new Map(torrents.map(torrent => [torrent.infoHash, torrent]));
  }

  get names(): string[] {
    return [...this.#torrents.keys()].map(hash => this.#byHash.get(hash)!.name);
  }

  describe(): string {
    const pieces = [...this.#torrents.values()].reduce((all, { pieces }) => all + countBits(pieces), 0);
    return `${this.#torrents.size} torrents with ${pieces} pieces`;
  }

  /** Compares with all that the daemon tells, once nothing is being checked. */
  async check(daemon: DaemonProcess, when: string): Promise<void> {
    const told = await until('the end of checks', async () => {
      const torrents = await daemon.torrents<Told>(FIELDS);
      return torrents.some(({ status }) => CHECKING.includes(status)) ? undefined : torrents;
    });
    const altSpeed = (await daemon.call('session-get'))['alt-speed-up'] as number;
    const byHash = new Map(told.map(torrent => [torrent.hashString, torrent]));
    this.#open?.(byHash, altSpeed);
    this.#open = undefined;
    expect(told.filter(({ error }) => error === 3).map(({ errorString }) => errorString)).toEqual([]);
    expect([...byHash.keys()].sort(), `torrents ${when}`).toEqual([...this.#torrents.keys()].sort());
    expect(altSpeed, `settings ${when}`).toBe(this.#altSpeed);
    for (const [hash, known] of this.#torrents) {
      const { labels, uploadLimit, pieces } = byHash.get(hash)!;
      expect([labels.join(), uploadLimit], `${hash} ${when}`).toEqual([known.labels, known.uploadLimit]);
      const now = Buffer.from(pieces, 'base64');
      const lost = known.pieces.filter((bits, i) => (bits & ~now[i]) !== 0);
      expect(lost.length, `bytes of bits with pieces lost of ${hash} ${when}`).toBe(0);
      known.pieces = now;
    }
  }

  /** One request. Whether it has happened is open until it is answered. */
  async change(daemon: DaemonProcess): Promise<void> {
    const torrent = this.#pick([...this.#torrents.keys()]);
    const kind = this.#rng.below(10);
    if (torrent === undefined || (kind === 0 && this.#fresh.length > 0)) return this.#add(daemon);
    if (kind < 3) return this.#set(daemon, torrent, 'labels', `label-${this.#rng.below(1000)}`);
    if (kind < 5) return this.#set(daemon, torrent, 'uploadLimit', this.#rng.below(1000) + 1);
    if (kind < 7) return this.#setAltSpeed(daemon);
    return this.#look(daemon);
  }

  async #add(daemon: DaemonProcess): Promise<void> {
    const { infoHash, metainfo } = this.#fresh.shift()!;
    const now = ({ labels, uploadLimit }: Told) =>
      this.#torrents.set(infoHash, { labels: labels.join(), uploadLimit, pieces: Buffer.alloc(0) });
    this.#open = told => {
      const torrent = told.get(infoHash);
      if (torrent === undefined) this.#fresh.push(this.#byHash.get(infoHash)!);
      else now(torrent);
    };
    await daemon.call('torrent-add', { metainfo });
    const [torrent] = (await daemon.call('torrent-get', { fields: FIELDS, ids: infoHash }))
      .torrents as Told[];
    // between the two it may have been killed: it must be there all the same
    now(torrent);
    this.#done();
  }

  async #set(
    daemon: DaemonProcess,
    hash: string,
    key: 'labels' | 'uploadLimit',
    value: string | number,
  ): Promise<void> {
    const known = this.#torrents.get(hash)!;
    this.#open = told => {
      const torrent = told.get(hash);
      const now = key === 'labels' ? torrent?.labels.join() : torrent?.uploadLimit;
      if (now === value) Object.assign(known, { [key]: value });
    };
    await daemon.call('torrent-set', { ids: [hash], [key]: key === 'labels' ? [value] : value });
    Object.assign(known, { [key]: value });
    this.#done();
  }

  async #setAltSpeed(daemon: DaemonProcess): Promise<void> {
    const value = this.#rng.below(10_000) + 1;
    this.#open = (_, altSpeed) => {
      if (altSpeed === value) this.#altSpeed = value;
    };
    await daemon.call('session-set', { 'alt-speed-up': value });
    this.#altSpeed = value;
    this.#done();
  }

  async #look(daemon: DaemonProcess): Promise<void> {
    for (const { hashString, pieces } of await daemon.torrents<Told>(FIELDS)) {
      const known = this.#torrents.get(hashString);
      if (known !== undefined) known.pieces = Buffer.from(pieces, 'base64');
    }
  }

  #done(): void {
    this.#open = undefined;
    this.confirmed++;
  }

  #pick(hashes: readonly string[]): string | undefined {
    return hashes.length === 0 ? undefined : hashes[this.#rng.below(hashes.length)];
  }
}

function countBits(bytes: Buffer): number {
  let count = 0;
  for (let bits of bytes) for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}
