import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/engine/bytes.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import {
  encodeMetadataMessage,
  METADATA_PART_BYTES,
  type MetadataMessage,
  metadataPartBytes,
} from '../../../../src/engine/protocol/peer/metadata.js';
import {
  MAX_METADATA_NUISANCES,
  METADATA_PART_TIMEOUT_MS,
  METADATA_QUIET_MS,
  METADATA_TURN_MS,
} from '../../../../src/engine/swarm/limits.js';
import { MetadataFetch } from '../../../../src/engine/swarm/metadata-fetch.js';

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());
const noise = (length: number, seed = 1) => {
  const bytes = new Uint8Array(length);
  for (let at = 0, state = seed; at < length; at++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = state >>> 16;
  }
  return bytes;
};

/** A fetch of some bytes, whose peers are played by hand. */
class Scene {
  readonly fetch: MetadataFetch;
  readonly banned: number[] = [];
  readonly rejected: number[] = [];
  /** Requests that were not answered yet, of all peers in order. */
  asked: { peer: number; part: number }[] = [];
  done: Uint8Array | undefined;
  nowMs = 0;

  constructor(
    readonly info: Uint8Array,
    maxBytes = 10_000_000,
  ) {
    this.fetch = new MetadataFetch({ infoHash: toHex(sha1(info)), maxBytes, sha1 });
  }

  /** Size 0 tells none. */
  join(peer: number, bytes = this.info.length, able = true): void {
    this.fetch.addPeer(peer, { host: '10.0.0.1', port: peer });
    this.act(() => this.fetch.handleHandshake(peer, able, bytes || undefined, this.nowMs));
  }

  leave(peer: number): void {
    this.asked = this.asked.filter(asked => asked.peer !== peer);
    this.act(() => this.fetch.removePeer(peer, this.nowMs));
  }

  receive(peer: number, message: MetadataMessage): void {
    this.act(() => this.fetch.handleMessage(peer, encodeMetadataMessage(message), this.nowMs));
  }

  send(peer: number, part: number, info = this.info): void {
    const at = part * METADATA_PART_BYTES;
    const bytes = info.subarray(at, at + metadataPartBytes(info.length, part));
    this.receive(peer, { type: 'data', part, totalBytes: info.length, bytes });
  }

  /** Each answers what it was asked for, from its own version, until nothing is asked any more. */
  serve(versions: Readonly<Record<number, Uint8Array>> = {}): void {
    for (let next = this.asked.find(({ peer }) => versions[peer] !== undefined); next !== undefined; ) {
      this.asked.splice(this.asked.indexOf(next), 1);
      this.send(next.peer, next.part, versions[next.peer]);
      next = this.asked.find(({ peer }) => versions[peer] !== undefined);
    }
  }

  wait(ms: number): void {
    const end = this.nowMs + ms;
    for (let due = this.fetch.nextTimeout(); due <= end; due = this.fetch.nextTimeout()) {
      expect(due).toBeGreaterThan(this.nowMs - 1);
      this.nowMs = Math.max(due, this.nowMs);
      this.act(() => this.fetch.handleTimeout(this.nowMs));
      if (this.fetch.nextTimeout() <= this.nowMs) throw new Error('the same time-out comes again');
    }
    this.nowMs = end;
  }

  /** It is here; compared in one go, as the bytes are many. */
  get whole(): boolean {
    return this.done !== undefined && Buffer.compare(this.done, this.info) === 0;
  }

  partsOf(peer: number): number[] {
    return this.asked.filter(asked => asked.peer === peer).map(({ part }) => part);
  }

  act(input: () => void): void {
    input();
    for (let action = this.fetch.poll(); action !== undefined; action = this.fetch.poll()) {
      if (action.type === 'done') this.done = action.bytes;
      else if (action.type === 'ban') {
        this.banned.push(action.peer);
        this.asked = this.asked.filter(({ peer }) => peer !== action.peer);
      } else if (action.message.type === 'request')
        this.asked.push({ peer: action.peer, part: action.message.part });
      else this.rejected.push(action.peer);
    }
  }
}

describe('an info dictionary', () => {
  it('comes from one peer, four parts under way', () => {
    const scene = new Scene(noise(6 * METADATA_PART_BYTES + 5));
    scene.join(1);
    expect(scene.partsOf(1)).toEqual([0, 1, 2, 3]);
    scene.serve({ 1: scene.info });
    expect(scene.whole).toBe(true);
  });

  it('comes from several at once, each part from one of them', () => {
    const scene = new Scene(noise(6 * METADATA_PART_BYTES));
    scene.join(1);
    scene.join(2);
    expect(scene.partsOf(1)).toEqual([0, 1, 2, 3]);
    expect(scene.partsOf(2)).toEqual([4, 5]);
    scene.serve({ 1: scene.info, 2: scene.info });
    expect(scene.whole).toBe(true);
    expect(scene.banned).toEqual([]);
  });

  it('is asked of nobody who does not take requests, tells no size or one beyond the limit', () => {
    const scene = new Scene(noise(100), 1000);
    scene.join(1, 100, false);
    scene.join(2, 0);
    scene.join(3, 2 ** 31 - 1);
    expect(scene.asked).toEqual([]);
    scene.act(() => scene.fetch.handleHandshake(2, true, 100, 0));
    expect(scene.asked).toEqual([{ peer: 2, part: 0 }]);
  });

  it('of another size is another: who lies about it keeps nobody waiting', () => {
    const scene = new Scene(noise(3 * METADATA_PART_BYTES));
    const lie = noise(9_999_999);
    scene.join(1, lie.length);
    scene.join(2);
    scene.serve({ 2: scene.info });
    expect(scene.whole).toBe(true);
  });

  it('goes on with those who are left when one leaves', () => {
    const scene = new Scene(noise(4 * METADATA_PART_BYTES));
    scene.join(1);
    scene.join(2);
    scene.send(1, 0);
    scene.leave(1);
    expect(scene.partsOf(2)).toEqual([1, 2, 3]);
    scene.serve({ 2: scene.info });
    expect(scene.whole).toBe(true);
  });
});

describe('a peer that does not send', () => {
  it('is replaced after a while, and what it sends after all is taken', () => {
    const scene = new Scene(noise(2 * METADATA_PART_BYTES));
    scene.join(1);
    scene.join(2);
    expect(scene.partsOf(2)).toEqual([]);
    scene.wait(METADATA_PART_TIMEOUT_MS);
    expect(scene.partsOf(2)).toEqual([0, 1]);
    scene.send(1, 0);
    scene.send(2, 1);
    expect(scene.whole).toBe(true);
  });

  it('is asked again after all others: two of them do not pass the part to and fro', () => {
    const scene = new Scene(noise(100));
    for (const peer of [1, 2, 3]) scene.join(peer);
    scene.wait(3 * METADATA_PART_TIMEOUT_MS);
    expect(scene.asked.map(({ peer }) => peer)).toEqual([1, 2, 3, 1]);
  });

  it('is asked again when there is nobody else', () => {
    const scene = new Scene(noise(100));
    scene.join(1);
    scene.wait(METADATA_PART_TIMEOUT_MS + METADATA_QUIET_MS);
    expect(scene.partsOf(1)).toEqual([0, 0]);
  });

  it('may reject: others are asked at once, and it later', () => {
    const scene = new Scene(noise(100));
    scene.join(1);
    scene.join(2);
    scene.receive(1, { type: 'reject', part: 0 });
    scene.receive(2, { type: 'reject', part: 0 });
    expect(scene.asked).toHaveLength(2);
    scene.wait(METADATA_QUIET_MS);
    expect(scene.asked).toHaveLength(3);
    scene.send(scene.asked[2].peer, 0);
    expect(scene.whole).toBe(true);
  });
});

describe('bad bytes', () => {
  it('of one peer alone ban it', () => {
    const scene = new Scene(noise(100));
    scene.join(1);
    scene.serve({ 1: noise(100, 2) });
    expect(scene.banned).toEqual([1]);
    scene.join(2);
    scene.serve({ 2: scene.info });
    expect(scene.whole).toBe(true);
  });

  it('among those of several make each send all of it; only the liar is banned', () => {
    const scene = new Scene(noise(6 * METADATA_PART_BYTES));
    const bad = scene.info.slice();
    bad[5 * METADATA_PART_BYTES]++;
    scene.join(1);
    scene.join(2);
    for (const part of [0, 1, 2, 3]) scene.send(1, part);
    for (const part of [4, 5]) scene.send(2, part, bad);
    expect(scene.done).toBeUndefined();
    expect(scene.banned).toEqual([]);
    scene.asked = scene.asked.slice(6);
    scene.serve({ 1: scene.info });
    expect(scene.whole).toBe(true);
    expect(scene.banned).toEqual([2]);
  });

  it('convict a liar that has left, too', () => {
    const scene = new Scene(noise(6 * METADATA_PART_BYTES));
    const bad = scene.info.map(byte => byte ^ 1);
    scene.join(1);
    scene.join(2);
    for (const part of [0, 1, 2, 3]) scene.send(1, part);
    for (const part of [4, 5]) scene.send(2, part, bad);
    scene.asked = scene.asked.slice(6);
    scene.leave(2);
    scene.serve({ 1: scene.info });
    expect(scene.banned).toEqual([2]);
  });

  it('of many who trickle leave room for others', () => {
    const scene = new Scene(noise(100));
    for (let liar = 1; liar <= 6; liar++) scene.join(liar, 1000 + liar);
    scene.join(7);
    expect(scene.partsOf(7)).toEqual([]);
    for (let waited = 0; waited < 3 && scene.partsOf(7).length === 0; waited++) scene.wait(METADATA_TURN_MS);
    scene.send(7, 0);
    expect(scene.whole).toBe(true);
  });

  it('behind a second size end the connection', () => {
    const scene = new Scene(noise(100));
    scene.join(1);
    expect(() => scene.send(1, 0, noise(90))).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
  });
});

describe('what nobody asked for', () => {
  it('is thrown away, and a flood of it ends the connection', () => {
    const scene = new Scene(noise(2 * METADATA_PART_BYTES));
    scene.join(1, 0);
    for (let i = 0; i < MAX_METADATA_NUISANCES; i++) scene.send(1, 0);
    expect(() => scene.send(1, 0)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
    expect(scene.done).toBeUndefined();
  });

  it('requests are rejected while we have nothing ourselves', () => {
    const scene = new Scene(noise(100));
    scene.join(1);
    scene.receive(1, { type: 'request', part: 0 });
    expect(scene.rejected).toEqual([1]);
  });
});

it('an honest peer is enough, whatever the others do', () => {
  const behaviour = fc.constantFrom('honest', 'liar', 'silent', 'rejecting', 'size', 'leaving');
  fc.assert(
    fc.property(
      fc.array(behaviour, { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      fc.integer({ min: 1, max: 5 * METADATA_PART_BYTES }),
      fc.nat(),
      (others, place, length, seed) => {
        const kinds: string[] = [...others];
        kinds.splice(place, 0, 'honest');
        const scene = new Scene(noise(length));
        const bad = scene.info.map(byte => byte ^ 1);
        const rng = createRng(seed % 1000);
        kinds.forEach((kind, peer) => void scene.join(peer, kind === 'size' ? length + 1 + peer : length));
        for (let round = 0; scene.done === undefined; round++) {
          if (round > 500) throw new Error('it never comes');
          const [next] = scene.asked.splice(rng.below(scene.asked.length || 1), 1);
          if (next === undefined) {
            scene.wait(METADATA_PART_TIMEOUT_MS);
            continue;
          }
          const { peer, part } = next;
          if (kinds[peer] === 'honest') scene.send(peer, part);
          else if (kinds[peer] === 'liar') scene.send(peer, part, bad);
          else if (kinds[peer] === 'rejecting') scene.receive(peer, { type: 'reject', part });
          else if (kinds[peer] === 'leaving') scene.leave(peer);
        }
        expect(scene.whole).toBe(true);
        for (const peer of scene.banned) expect(kinds[peer]).toBe('liar');
      },
    ),
    { numRuns: 60 },
  );
});
