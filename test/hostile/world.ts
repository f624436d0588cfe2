import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import {
  type AddOptions,
  createSession,
  type Metainfo,
  parseMetainfo,
  type Session,
  type SessionOptions,
  type Torrent,
} from '../../dist/index.js';
import { createMetainfo } from '../../src/engine/protocol/create-metainfo.js';
import { sampleBytes } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { RawListener, RawPeer } from './raw-peer.js';

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const BLOCK = 16 * KiB;

/** A torrent of one file of random bytes, in memory. */
export interface Content {
  readonly bytes: Uint8Array;
  readonly torrent: Uint8Array;
  readonly metainfo: Metainfo;
}

export function makeContent(length: number, { pieceLength = 32 * KiB, seed = 7 } = {}): Content {
  const bytes = sampleBytes(length, seed);
  const count = Math.ceil(length / pieceLength);
  const pieces = new Uint8Array(count * 20);
  for (let i = 0; i < count; i++)
    pieces.set(
      createHash('sha1')
        .update(pieceOf(bytes, i, pieceLength))
        .digest(),
      i * 20,
    );
  const files = [{ path: ['content.bin'], length }];
  const torrent = createMetainfo({ name: 'content.bin', files, singleFile: true, pieceLength, pieces });
  return { bytes, torrent, metainfo: parseMetainfo(torrent) };
}

export function pieceOf(bytes: Uint8Array, piece: number, pieceLength: number): Uint8Array {
  return bytes.subarray(piece * pieceLength, Math.min(bytes.length, (piece + 1) * pieceLength));
}

/** The bytes that a request asks for. */
export function blockOf(
  { bytes, metainfo }: Content,
  piece: number,
  begin: number,
  length: number,
): Uint8Array {
  const at = piece * metainfo.pieceLength + begin;
  return bytes.subarray(at, at + length);
}

/** A session under attack, with what it logged of its peers. */
export class Target {
  /** Code and message of every connection that ended, by the peer's name. */
  readonly closed = new Map<string, { code: string | undefined; message: string }>();
  /** How many connections ended; names of raw peers come back. */
  closings = 0;
  readonly #peers: RawPeer[] = [];

  private constructor(
    readonly stage: Stage,
    readonly session: Session,
    readonly content: Content,
  ) {}

  static async open(stage: Stage, content: Content, options: SessionOptions = {}): Promise<Target> {
    let target: Target | undefined;
    const debug = (facts: object, message: string) => {
      const { peer, code } = facts as { peer?: string; code?: string };
      if (peer === undefined || target === undefined) return;
      target.closed.set(peer, { code, message });
      target.closings++;
    };
    const quiet = () => {};
    const session = await createSession({
      listen: { host: '127.0.0.1' },
      workers: 1,
      memoryBytes: 16 * MiB,
      kernels: 'native',
      log: { debug, info: quiet, warn: quiet, error: quiet },
      ...options,
    });
    stage.defer(() => session.close());
    target = new Target(stage, session, content);
    return target;
  }

  /** A target that has all of the content on disk. */
  static async seed(stage: Stage, content: Content, options: SessionOptions = {}): Promise<Target> {
    const dir = stage.path('seed');
    await mkdir(dir, { recursive: true });
    await writeFile(`${dir}/content.bin`, content.bytes);
    const target = await Target.open(stage, content, { dir, ...options });
    const torrent = await target.session.add(content.torrent, { check: 'seed' });
    await torrent.checked();
    return target;
  }

  get infoHash(): string {
    return this.content.metainfo.infoHash;
  }

  get torrent(): Torrent {
    return this.session.get(this.infoHash)!;
  }

  /** Starts to fetch the content into memory. */
  async fetch(options: AddOptions = {}): Promise<Torrent> {
    const torrent = await this.session.add(this.content.torrent, { storage: 'memory', ...options });
    await torrent.checked();
    return torrent;
  }

  /** A raw peer that dialled in; nothing is said yet. */
  async dial(localAddress?: string): Promise<RawPeer> {
    const peer = await RawPeer.dial(this.session.address!, localAddress);
    this.stage.defer(() => peer.destroy());
    this.#peers.push(peer);
    return peer.expectPieces(this.content.metainfo.pieceCount);
  }

  /** A raw peer whose handshake is over. */
  async join(features?: { fast?: boolean; extended?: boolean }, peerId?: Uint8Array): Promise<RawPeer> {
    const peer = await this.dial();
    peer.handshake(this.infoHash, features, peerId);
    await peer.until('peer id', () => peer.count('peer-id') > 0);
    return peer;
  }

  /** Ends all connections of raw peers that dialled in. */
  hangUp(): void {
    for (const peer of this.#peers.splice(0)) peer.destroy();
  }

  async listener(): Promise<RawListener> {
    const listener = await RawListener.open();
    this.stage.defer(() => listener.close());
    return listener;
  }

  /** Why the session closed the connection to this peer; waits for it. */
  async closeOf(peer: RawPeer | string): Promise<{ code: string | undefined; message: string }> {
    const name = typeof peer === 'string' ? peer : peer.name;
    return until(`end of ${name}`, () => this.closed.get(name), { timeoutMs: 8_000, everyMs: 2 });
  }

  /** Waits until nobody is connected any more. @returns bytes of the tables, which are then as before if nothing leaked */
  async idleTableBytes(): Promise<number> {
    await until('end of all connections', () => this.session.stats().connections === 0, { everyMs: 2 });
    return this.session.stats().memory.tableBytes;
  }
}

/** An honest peer that fetches the content from a target, again and again. */
export class Honest {
  private constructor(
    readonly target: Target,
    readonly session: Session,
  ) {}

  static async open(target: Target): Promise<Honest> {
    const session = await createSession({
      listen: false,
      workers: 0,
      memoryBytes: 16 * MiB,
      kernels: 'native',
    });
    target.stage.defer(() => session.close());
    return new Honest(target, session);
  }

  /** Fetches all from the target and compares it. */
  async fetch(): Promise<void> {
    const { content, session: seed } = this.target;
    const torrent = await this.session.add(content.torrent, { storage: 'memory', peers: [seed.address!] });
    await torrent.completed({ signal: AbortSignal.timeout(8_000) });
    const bytes = new Uint8Array(content.bytes.length);
    await torrent.files[0].read(bytes);
    await torrent.close();
    expect(Buffer.compare(bytes, content.bytes), 'what arrived is what was shared').toBe(0);
  }
}
