import type { Priority } from '../../../../src/engine/policy/picker.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import {
  type ExtendedHandshake,
  encodeExtendedHandshake,
} from '../../../../src/engine/protocol/peer/extended.js';
import type { Message } from '../../../../src/engine/protocol/peer/messages.js';
import type { Action } from '../../../../src/engine/swarm/actions.js';
import type { PeerCore, PeerInfo } from '../../../../src/engine/swarm/peer-core.js';
import { TorrentCore } from '../../../../src/engine/swarm/torrent-core.js';
import type { TorrentCoreOptions } from '../../../../src/engine/swarm/torrent-core-options.js';
import { createJsMachine, type Machine } from '../../../../src/sim/machine.js';

export const BLOCK = 16 * 1024;

export interface BenchOptions extends Partial<TorrentCoreOptions> {
  /** Blocks of a piece. Defaults to 4. */
  readonly blocks?: number;
  readonly budgetPieces?: number;
  /** Pieces that we have from the start. */
  readonly have?: readonly number[];
}

/** One torrent core with everything around it played by hand. 8 pieces unless said otherwise. */
export class Bench {
  readonly machine: Machine;
  readonly core: TorrentCore;
  readonly actions: Action[] = [];
  nowMs = 0;
  #keys = 0;

  constructor({ blocks = 4, budgetPieces = 32, have = [], ...options }: BenchOptions = {}) {
    const pieceLength = blocks * BLOCK;
    const pieceCount = options.pieceCount ?? 8;
    this.machine = createJsMachine(64 * 1024, budgetPieces * pieceLength);
    this.core = new TorrentCore({
      ...this.machine,
      rng: createRng(1),
      pieceCount,
      pieceLength,
      length: pieceCount * pieceLength,
      unchokeSlots: 4,
      client: 'bench',
      ...options,
    });
    for (const piece of have) this.core.markHave(piece);
    this.core.checkComplete();
  }

  /** A neighbour; fast and without the extension protocol unless said otherwise. */
  connect(info: Partial<PeerInfo> = {}): PeerCore {
    const key = ++this.#keys;
    const address = { host: `10.0.0.${key}`, port: 6881 };
    const peer = this.core.addPeer(
      key,
      { address, incoming: false, fast: true, extended: false, ...info },
      this.nowMs,
    );
    this.turn();
    return peer;
  }

  /** A neighbour that has everything and lets us ask. What it was sent is forgotten, its requests are not. */
  connectSeed(info: Partial<PeerInfo> = {}): PeerCore {
    const peer = this.connect(info);
    this.receive(peer, peer.info.fast ? { type: 'have-all' } : this.bitfield());
    this.receive(peer, { type: 'unchoke' });
    return peer;
  }

  /** These pieces, or all. */
  bitfield(pieces: readonly number[] = [...Array(this.core.options.pieceCount).keys()]): Message {
    const bits = new Uint8Array((this.core.options.pieceCount + 7) >>> 3);
    for (const piece of pieces) bits[piece >>> 3] |= 0x80 >>> (piece & 7);
    return { type: 'bitfield', bits };
  }

  receive(peer: PeerCore, ...messages: Message[]): void {
    for (const message of messages) this.core.handleMessage(peer, message, this.nowMs);
    this.turn();
  }

  /** The extension handshake of a peer (BEP 10). */
  greet(peer: PeerCore, handshake: Partial<Omit<ExtendedHandshake, 'extensions'>>): void {
    const payload = encodeExtendedHandshake({ extensions: new Map(), ...handshake });
    this.receive(peer, { type: 'extended', id: 0, payload });
  }

  /** A whole block arrives. @returns where it was put */
  block(peer: PeerCore, piece: number, begin: number, length = BLOCK): number {
    const at = this.core.beginBlock(peer, { piece, begin, length }, this.nowMs);
    this.core.endBlock(peer, this.nowMs);
    this.turn();
    return at;
  }

  /** Everything that is asked of the peer arrives, until nothing more is asked. @returns pieces that came to be hashed */
  serve(peer: PeerCore, most = 1000): number[] {
    for (let i = 0; i < most; i++) {
      const [first] = peer.outstanding.values();
      if (first === undefined) break;
      this.block(peer, first.ref.piece, first.ref.begin, first.ref.length);
    }
    return this.take('verify').map(action => action.piece);
  }

  /** Changes wishes within one turn: from, to, priority. */
  setPriorities(...wishes: [number, number, Priority][]): void {
    for (const [from, to, priority] of wishes) this.core.setPriority(from, to, priority);
    this.turn();
  }

  /** The answer of the disk; whoever gets the piece frees its slot. */
  verified(piece: number, good = true): void {
    this.core.handleVerified(piece, good);
    this.turn();
    for (const action of this.take('piece')) this.machine.slots.release(action.at);
  }

  /** Time passes, second by second, with a turn after each. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1000;
      this.core.handleTimeout(this.nowMs);
      this.turn();
    }
  }

  turn(): void {
    this.core.settle(this.nowMs);
    for (let action = this.core.poll(); action !== undefined; action = this.core.poll())
      this.actions.push(action);
    this.core.takeDirty();
  }

  /** Actions of a type since the last call; they are gone then. */
  take<T extends Action['type']>(type: T): Extract<Action, { type: T }>[] {
    const found = this.actions.filter(action => action.type === type);
    this.actions.splice(0, this.actions.length, ...this.actions.filter(action => action.type !== type));
    return found as Extract<Action, { type: T }>[];
  }
}

/** What was sent to the peer since the last call. */
export function sent(peer: PeerCore): Message[] {
  return peer.outbox.splice(0);
}

/** The same as text: type, then piece and block where there are any. */
export function said(peer: PeerCore): string[] {
  return sent(peer).map(message => {
    if ('begin' in message) return `${message.type} ${message.piece},${message.begin / BLOCK}`;
    return 'piece' in message ? `${message.type} ${message.piece}` : message.type;
  });
}

/** Outstanding requests as `piece,block`. */
export function asked(peer: PeerCore): string[] {
  return [...peer.outstanding.values()].map(({ ref }) => `${ref.piece},${ref.block}`);
}
