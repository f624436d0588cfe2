import type { PeerKey } from '../../engine/ids.js';
import type { Message } from '../../engine/protocol/peer/messages.js';
import { createJsMachine, type MachineFactory } from '../machine.js';
import { VirtualClock } from '../virtual-clock.js';
import { Content } from './content.js';
import { EventDigest } from './event-digest.js';
import { LinkEnd } from './link.js';
import { VirtualPeer } from './virtual-peer.js';
import type { VirtualPeerOptions } from './virtual-peer-options.js';
import type { SwarmEvent, World } from './world.js';

export type SimEvent = SwarmEvent<VirtualPeer>;

export interface VirtualSwarmOptions {
  /** Decides the bytes that are shared and all luck of the run. */
  readonly seed: number;
  /** Defaults to 16 pieces of 64 KiB. */
  readonly pieceLength?: number;
  readonly length?: number;
  /** One way. Defaults to 10 ms. */
  readonly latencyMs?: number | ((a: VirtualPeer, b: VirtualPeer) => number);
  /** Memory and kernels of each peer. Defaults to kernels in TypeScript. */
  readonly createMachine?: MachineFactory;
  /** Blocks are sizes alone: quicker, and of any length. Defaults to false. */
  readonly phantom?: boolean;
  /** Watches the cores and takes the fingerprint of all events. Defaults to true. */
  readonly audited?: boolean;
}

const DEFAULT_PIECE_LENGTH = 64 * 1024;
const DEFAULT_PIECES = 16;

/** A swarm in virtual time: the same seed and the same calls give the same run to the last event. */
export class VirtualSwarm implements World<VirtualPeer> {
  readonly clock = new VirtualClock();
  readonly digest = new EventDigest();
  readonly peers: VirtualPeer[] = [];
  readonly content: Content;
  readonly seed: number;
  readonly createMachine: MachineFactory;
  readonly phantom: boolean;
  readonly audited: boolean;
  readonly #latencyMs: (a: VirtualPeer, b: VirtualPeer) => number;
  readonly #watchers: ((event: SimEvent, nowMs: number) => void)[] = [];
  #keys = 0;

  constructor(options: VirtualSwarmOptions) {
    const pieceLength = options.pieceLength ?? DEFAULT_PIECE_LENGTH;
    const { latencyMs = 10 } = options;
    this.seed = options.seed;
    this.phantom = options.phantom ?? false;
    this.audited = options.audited ?? true;
    const length = options.length ?? DEFAULT_PIECES * pieceLength;
    this.content = new Content(options.seed, pieceLength, length, this.phantom);
    this.createMachine = options.createMachine ?? createJsMachine;
    this.#latencyMs = typeof latencyMs === 'number' ? () => latencyMs : latencyMs;
  }

  /** A new peer that is not connected yet. */
  add(options: VirtualPeerOptions = {}): VirtualPeer {
    const peer = new VirtualPeer(this, this.peers.length, options);
    this.peers.push(peer);
    return peer;
  }

  /** Connects a new or returned peer to everybody who is present. */
  join(peer: VirtualPeer): VirtualPeer {
    for (const other of this.peers) if (other.present && other !== peer) this.connect(peer, other);
    peer.present = true;
    return peer;
  }

  /** @returns false when one of the two has banned the other */
  connect(from: VirtualPeer, to: VirtualPeer): boolean {
    from.present = to.present = true;
    if (from.bannedHosts.has(to.address.host) || to.bannedHosts.has(from.address.host)) return false;
    const [a, b] = LinkEnd.pair(this.clock, from, to, this.#latencyMs(from, to));
    from.attach(a, to, false);
    to.attach(b, from, true);
    return true;
  }

  /** Keys are of the whole swarm and never used again, so that no two tables can be mixed up unnoticed. */
  nextKey(): PeerKey {
    return ++this.#keys;
  }

  watch(watcher: (event: SimEvent, nowMs: number) => void): void {
    this.#watchers.push(watcher);
  }

  note(event: SimEvent): void {
    const { nowMs } = this.clock;
    if (this.audited) this.digest.add(`${nowMs} ${event.by.number} ${event.type} ${text(event)}`);
    for (const watcher of this.#watchers) watcher(event, nowMs);
  }

  /** Runs until the condition holds after some event. @returns false when the time is over before that */
  runUntil(condition: () => boolean, withinMs: number): boolean {
    const endMs = this.clock.nowMs + withinMs;
    while (!condition()) if (!this.#step(endMs)) return false;
    return true;
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
    this.clock.runUntil(this.clock.nowMs); // nothing is due any more
  }

  /** Ends the run: everybody leaves, all memory must be back. */
  finish(): void {
    for (const peer of this.peers) peer.dispose();
    while (this.#step(Number.POSITIVE_INFINITY));
    for (const peer of this.peers) peer.checkLeaks();
  }

  #step(endMs: number): boolean {
    try {
      return this.clock.step(endMs);
    } catch (error) {
      throw new Error(`seed ${this.seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** One line that tells the event from others of the same moment. */
function text(event: SimEvent): string {
  switch (event.type) {
    case 'sent':
      return `${event.to.number} ${messageText(event.message)}`;
    case 'received':
      return `${event.from.number} ${messageText(event.message)}`;
    case 'sent-block':
      return `${event.to.number} ${event.range.piece} ${event.range.begin}`;
    case 'block':
      return `${event.from.number} ${event.range.piece} ${event.range.begin}`;
    case 'action':
      return 'piece' in event.action ? `${event.action.type} ${event.action.piece}` : event.action.type;
    case 'closed':
      return `${event.to.number} ${event.code}`;
  }
}

function messageText(message: Message): string {
  if ('bits' in message) return `${message.type} ${message.bits}`;
  if ('payload' in message) return `${message.type} ${message.id} ${message.payload}`;
  return Object.values(message).join(' ');
}
