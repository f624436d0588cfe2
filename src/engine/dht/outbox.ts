import type { PeerAddress } from '../ids.js';

export interface OutgoingPacket {
  readonly to: PeerAddress;
  readonly packet: Uint8Array;
}

/** At most 1.5 MB: a socket that takes nothing for so long would send what nobody waits for any longer. */
const MAX_PACKETS = 1024;

/** Packets that wait to be sent, in order. */
export class Outbox {
  #packets: OutgoingPacket[] = [];
  /** The first that was not taken. */
  #next = 0;
  #dropped = 0;

  get full(): boolean {
    return this.#packets.length - this.#next >= MAX_PACKETS;
  }

  /** Packets kept, those included that were taken just now. */
  get size(): number {
    return this.#packets.length;
  }

  /** Packets for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  push(to: PeerAddress, packet: Uint8Array): void {
    if (this.full) this.#dropped++;
    else this.#packets.push({ to, packet });
  }

  take(): OutgoingPacket | undefined {
    if (this.#next === this.#packets.length) return undefined;
    const packet = this.#packets[this.#next++];
    if (this.#next === this.#packets.length || this.#next >= MAX_PACKETS) {
      this.#packets = this.#packets.slice(this.#next);
      this.#next = 0;
    }
    return packet;
  }
}
