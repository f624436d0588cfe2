import { describe, expect, it, onTestFinished } from 'vitest';
import { formatAddress } from '../../dist/index.js';
import { CliProcess } from '../e2e/cli-process.js';
import { Peer, type PeerEvent } from '../lib/e2e-peer.js';
import { KiB, MiB, makeSample, openStage, type Sample } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';

const PEERS = 8;

/** A copy is out after a second, when all together have sent each other less than two more. */
const SEED_RATE = 4 * MiB;
const PEER_RATE = 1 * MiB;

/** Processes around a tracker: eight that have nothing, and one that has everything. */
class Swarm {
  readonly downloaders: Downloader[];
  #seed: Peer | undefined;

  private constructor(
    readonly stage: Stage,
    readonly sample: Sample,
    readonly host: string,
    readonly tracker: CliProcess,
    readonly announce: string,
  ) {
    this.downloaders = Array.from({ length: PEERS }, (_, index) => new Downloader(this, index));
  }

  /** All know others when there is something to have. */
  static async open(host: string): Promise<Swarm> {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'box/a.bin': 4 * MiB + 1, 'box/b.bin': 300 * KiB });
    const tracker = new CliProcess(['tracker', '--host', host, '--http-port', '0', '--udp-port', '0']);
    onTestFinished(() => tracker.kill('SIGKILL'));
    const { http } = await tracker.event('listening');
    const swarm = new Swarm(stage, sample, host, tracker, http as string);
    await Promise.all(swarm.downloaders.map(downloader => downloader.meets()));
    return swarm;
  }

  get seedAddress(): Promise<string> | undefined {
    return this.#seed?.address().then(formatAddress);
  }

  async seed(): Promise<void> {
    const { stage, sample, host, announce } = this;
    this.#seed = new Peer(stage, {
      session: { dir: sample.dir, workers: 0, listen: { host }, limits: { up: SEED_RATE } },
      torrent: sample.torrent,
      add: { check: 'seed', trackers: [[announce]] },
    });
    await this.#seed.event('peer');
  }

  /** Resolves in the moment in which the downloaders have `share` of all pieces between them. */
  spread(share: number): Promise<void> {
    const pieces = this.sample.metainfo.pieceCount * share;
    return new Promise(resolve => {
      for (const downloader of this.downloaders)
        downloader.onPiece = () => {
          const union = new Set(this.downloaders.flatMap(({ pieces }) => [...pieces]));
          if (union.size >= pieces) resolve();
        };
    });
  }

  /** Nobody says goodbye. */
  async orphan(): Promise<void> {
    this.tracker.kill('SIGKILL');
    await Promise.all([this.#seed!.kill(), this.tracker.ended]);
  }

  async everybodyFinishes(): Promise<void> {
    const whole = await hashTree(this.sample.dir);
    await Promise.all(this.downloaders.map(({ peer }) => peer.event('complete')));
    await Promise.all(
      this.downloaders.map(async ({ peer, dir }) => {
        expect(await peer.close()).toBe(0);
        expect(await hashTree(dir)).toEqual(whole);
      }),
    );
  }
}

class Downloader {
  readonly dir: string;
  /** Those that this life of it has verified. */
  readonly pieces = new Set<number>();
  peer: Peer;
  onPiece = () => {};

  constructor(
    readonly swarm: Swarm,
    readonly index: number,
  ) {
    this.dir = swarm.stage.path(`target${index}`);
    this.peer = this.#start(swarm.host);
  }

  get complete(): boolean {
    return this.peer.events.some(({ event }) => event === 'complete');
  }

  /** Is killed, and comes back somewhere else with what it had. */
  async move(host: string): Promise<void> {
    await this.peer.kill();
    this.pieces.clear();
    this.peer = this.#start(host);
  }

  /** Resolves when it has another downloader for a neighbour. */
  async meets(): Promise<void> {
    const seed = await this.swarm.seedAddress;
    await this.peer.event('peer', ({ address }) => address !== seed);
  }

  #start(host: string): Peer {
    const { stage, sample, announce } = this.swarm;
    const peer = new Peer(stage, {
      session: {
        ...{ dir: this.dir, stateDir: stage.path(`state${this.index}`), workers: 0 },
        ...{ bind: host, listen: { host }, limits: { up: PEER_RATE } },
      },
      torrent: sample.torrent,
      add: { trackers: [[announce]], onComplete: { kind: 'stay' } },
    });
    peer.watch(({ event, piece }: PeerEvent) => {
      if (event !== 'piece') return;
      this.pieces.add(piece as number);
      this.onPiece();
    });
    return peer;
  }
}

describe.each(['127.0.0.1', '::1'])('a swarm of 8 whose tracker and seed are killed, on %s', host => {
  it('finishes when one full copy is out', async () => {
    const swarm = await Swarm.open(host);
    const whole = swarm.spread(1);
    await swarm.seed();
    await whole;
    await swarm.orphan();
    expect(swarm.downloaders.some(({ complete }) => !complete)).toBe(true);
    await swarm.everybodyFinishes();
  }, 120_000);

  it('finishes though some left before and came back under other addresses', async () => {
    const swarm = await Swarm.open(host);
    const some = swarm.spread(0.25);
    await swarm.seed();
    await some;
    const movers = swarm.downloaders.slice(0, 3);
    const whole = swarm.spread(1);
    // ::1 has no neighbours: there it is another port.
    await Promise.all(movers.map((mover, i) => mover.move(host === '::1' ? host : `127.0.0.${i + 2}`)));
    await Promise.all([whole, ...movers.map(mover => mover.meets())]);
    await swarm.orphan();
    await swarm.everybodyFinishes();
  }, 120_000);
});
