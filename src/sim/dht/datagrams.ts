import { formatAddress, type PeerAddress } from '../../engine/ids.js';
import type { Rng } from '../../engine/policy/rng.js';
import type { VirtualClock } from '../virtual-clock.js';

export interface DatagramOptions {
  /** One way, drawn for each packet. Defaults to 10 to 150 ms. */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Share of the packets that are lost. Defaults to none. */
  readonly loss?: number;
}

/** Who listens at an address. */
export type Receiver = (packet: Uint8Array, from: PeerAddress) => void;

/** Packets between addresses: late, lost, or sent where nobody is. */
export class Datagrams {
  readonly #receivers = new Map<string, Receiver>();
  readonly #latencyMs: readonly [number, number];
  readonly #loss: number;
  /** Packets handed in, and those that somebody got. */
  sent = 0;
  delivered = 0;

  constructor(
    readonly clock: VirtualClock,
    readonly rng: Rng,
    options: DatagramOptions = {},
  ) {
    this.#latencyMs = options.latencyMs ?? [10, 150];
    this.#loss = options.loss ?? 0;
  }

  attach(at: PeerAddress, receiver: Receiver): void {
    this.#receivers.set(formatAddress(at), receiver);
  }

  detach(at: PeerAddress): void {
    this.#receivers.delete(formatAddress(at));
  }

  send(packet: Uint8Array, from: PeerAddress, to: PeerAddress): void {
    this.sent++;
    const lost = this.rng.fraction() < this.#loss;
    const [least, most] = this.#latencyMs;
    const delayMs = least + this.rng.below(most - least + 1);
    if (lost) return;
    this.clock.after(delayMs, () => {
      const receiver = this.#receivers.get(formatAddress(to));
      if (receiver === undefined) return;
      this.delivered++;
      receiver(packet, from);
    });
  }
}
