import { messageBytes, PIECE_HEADER_BYTES } from '../../engine/protocol/peer/encoder.js';
import type { BlockRange, Message } from '../../engine/protocol/peer/messages.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { Payload } from './cargo.js';
import type { Pipe } from './pipe.js';

/** What travels: a message, which arrives whole, or a block, whose last byte comes later than its first. */
type Parcel =
  | { readonly arriveMs: number; readonly message: Message }
  | {
      readonly arriveMs: number;
      readonly lastMs: number;
      readonly range: BlockRange;
      readonly payload: Payload;
    };

/** Who sits at an end. Calls come in the order of the wire. */
export interface LinkOwner {
  readonly up: Pipe;
  readonly down: Pipe;
  onMessage(end: LinkEnd, message: Message): void;
  onBlockStart(end: LinkEnd, range: BlockRange): void;
  /** Bytes `from` to `to` of the block's payload have arrived. */
  onBlockData(end: LinkEnd, range: BlockRange, payload: Payload, from: number, to: number): void;
  onBlockEnd(end: LinkEnd, range: BlockRange): void;
  /** The other side is gone. */
  onGone(end: LinkEnd): void;
}

/** A block of real bytes arrives in so many parts, so that two peers' copies of it can overlap. */
const PARTS = 4;

/**
 * One end of a connection between two simulated peers. A block takes its time on the sender's uplink and on the
 * receiver's downlink; a message takes it on the uplink alone. What was sent first arrives first. There is no
 * back-pressure: what a receiver takes slowly waits in its inbox.
 */
export class LinkEnd {
  remote!: LinkEnd;
  closed = false;
  readonly #inbox: Parcel[] = [];
  #busy = false;

  private constructor(
    readonly clock: VirtualClock,
    readonly owner: LinkOwner,
    readonly latencyMs: number,
  ) {}

  static pair(clock: VirtualClock, a: LinkOwner, b: LinkOwner, latencyMs: number): [LinkEnd, LinkEnd] {
    const ends: [LinkEnd, LinkEnd] = [new LinkEnd(clock, a, latencyMs), new LinkEnd(clock, b, latencyMs)];
    [ends[0].remote, ends[1].remote] = [ends[1], ends[0]];
    return ends;
  }

  send(message: Message): void {
    const sentMs = this.owner.up.take(messageBytes(message), this.clock.nowMs);
    this.remote.#arrive({ arriveMs: sentMs + this.latencyMs, message });
  }

  sendBlock(range: BlockRange, payload: Payload): void {
    const { nowMs } = this.clock;
    const arriveMs = Math.max(nowMs, this.owner.up.freeMs) + this.latencyMs;
    const lastMs = this.owner.up.take(PIECE_HEADER_BYTES + payload.length, nowMs) + this.latencyMs;
    this.remote.#arrive({ arriveMs, lastMs, range, payload });
  }

  /** Cuts the connection: what is under way is lost, the other side learns of it a latency later. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#inbox.length = 0;
    const { remote } = this;
    this.clock.after(this.latencyMs, () => {
      if (remote.closed) return;
      remote.closed = true;
      remote.#inbox.length = 0;
      remote.owner.onGone(remote);
    });
  }

  #arrive(parcel: Parcel): void {
    if (this.closed || this.remote.closed) return;
    this.#inbox.push(parcel);
    this.#next();
  }

  #next(): void {
    const [parcel] = this.#inbox;
    if (this.#busy || parcel === undefined) return;
    this.#busy = true;
    this.#at(parcel.arriveMs, () => {
      if ('message' in parcel) {
        this.#done();
        this.owner.onMessage(this, parcel.message);
      } else this.#receive(parcel);
    });
  }

  #receive({ lastMs, range, payload }: Extract<Parcel, { range: BlockRange }>): void {
    const { nowMs } = this.clock;
    const endMs = Math.max(lastMs, this.owner.down.take(PIECE_HEADER_BYTES + payload.length, nowMs));
    this.owner.onBlockStart(this, range);
    const parts = payload instanceof Uint8Array ? PARTS : 1;
    for (let part = 1; part <= parts; part++) {
      const from = Math.floor((payload.length * (part - 1)) / parts);
      const to = Math.floor((payload.length * part) / parts);
      this.#at(nowMs + ((endMs - nowMs) * part) / parts, () => {
        this.owner.onBlockData(this, range, payload, from, to);
        if (part < parts) return;
        this.#done();
        this.owner.onBlockEnd(this, range);
      });
    }
  }

  #done(): void {
    this.#inbox.shift();
    this.#busy = false;
    // the next parcel is handled in an event of its own, behind the owner's answer to this one
    this.#next();
  }

  #at(atMs: number, run: () => void): void {
    this.clock.at(atMs, () => {
      if (!this.closed) run();
    });
  }
}
