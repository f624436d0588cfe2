import { hasBit } from '../../engine/bits.js';
import type { PeerKey } from '../../engine/ids.js';
import { bitfieldBytes } from '../../engine/kernels/types.js';
import { BLOCK_BYTES, type BlockRange, type Message } from '../../engine/protocol/peer/messages.js';
import { MAX_INCOMING_REQUESTS } from '../../engine/swarm/limits.js';
import type { PeerCore } from '../../engine/swarm/peer-core.js';
import type { TorrentCore } from '../../engine/swarm/torrent-core.js';

/** Watches one core from outside and throws as soon as it breaks a rule of the protocol or of its own books. */
export class Auditor {
  /** Blocks that were asked of a second peer while the first still owed them. */
  doubles = 0;
  /** Set while pieces are urgent, which may be asked for twice before the end-game. */
  urgent = false;
  /** When the requests of this turn were made; a ban may have ended it since. */
  #endgame = false;
  /** Blocks asked of each peer and not answered, as the wire saw it. */
  readonly #asked = new Map<PeerKey, Set<number>>();
  readonly #askedNow = new Set<PeerCore>();
  readonly #memory: Uint8Array;
  readonly #bytes: number;
  readonly #blocksPerPiece: number;

  constructor(
    readonly core: TorrentCore,
    readonly where: () => string,
  ) {
    this.#memory = new Uint8Array(core.options.kernels.buffer);
    this.#bytes = bitfieldBytes(core.options.pieceCount);
    this.#blocksPerPiece = Math.ceil(core.options.pieceLength / BLOCK_BYTES);
  }

  /** The core has made the requests of this turn. */
  settled(): void {
    this.#endgame = this.core.picker.endgame;
  }

  sent(peer: PeerCore, message: Message): void {
    if (message.type === 'request') this.#requested(peer, message);
    if (message.type === 'cancel') this.#asked.get(peer.key)?.delete(this.#block(message));
  }

  received(peer: PeerCore, message: Message): void {
    if (message.type === 'reject') this.#asked.get(peer.key)?.delete(this.#block(message));
    if (message.type === 'choke' && !peer.info.fast) this.#asked.delete(peer.key);
  }

  /** Payload is about to be written into a slot. */
  writing(peer: PeerCore, range: BlockRange): void {
    const { picker, peers, downloads } = this.core;
    const name = describe(range);
    if (picker.isFinished(range.piece, range.begin / BLOCK_BYTES))
      this.#fail(`${name} is written a second time`);
    const at = downloads.slotOf(range.piece);
    if (at < 0 || peer.receiving?.targetAt !== at + range.begin)
      this.#fail(`${name} is written outside of its slot`);
    for (const other of peers.values())
      if (other !== peer && other.receiving?.targetAt === peer.receiving?.targetAt)
        this.#fail(`${name} is written by two peers at once`);
  }

  blockEnded(peer: PeerCore, range: BlockRange): void {
    this.#asked.get(peer.key)?.delete(this.#block(range));
  }

  gone(peer: PeerCore): void {
    this.#asked.delete(peer.key);
    this.#askedNow.delete(peer);
  }

  /** At the end of a turn everything must add up. */
  check(): void {
    const { core } = this;
    for (const peer of this.#askedNow)
      if (peer.outstanding.size > peer.window.size)
        this.#fail(`${peer.outstanding.size} requests at a window of ${peer.window.size}`);
    this.#askedNow.clear();
    let unchoked = 0;
    for (const peer of core.peers.values()) {
      this.#checkInterest(peer);
      this.#checkBooks(peer);
      if (peer.peerInterested && !peer.amChoking) unchoked++;
    }
    const { unchokeSlots, slotGrowth = 'none', slots, pieceLength } = core.options;
    if (slotGrowth === 'none' && unchoked > (unchokeSlots === 0 ? 0 : unchokeSlots + 1))
      this.#fail(`${unchoked} interested peers are unchoked, slots are ${unchokeSlots} and one`);
    const held = core.downloads.openPieces * pieceLength;
    if (slots.usedBytes !== held) this.#fail(`slots hold ${slots.usedBytes} bytes, open pieces ${held}`);
    if (slots.usedBytes > slots.budgetBytes) this.#fail(`${slots.usedBytes} bytes are over the budget`);
  }

  #requested(peer: PeerCore, range: BlockRange): void {
    const { picker, peers } = this.core;
    const name = describe(range);
    const block = this.#block(range);
    if (!hasBit(this.#memory.subarray(peer.bitsAt), range.piece))
      this.#fail(`${name} is asked of a peer that lacks the piece`);
    if (!picker.isWanted(range.piece)) this.#fail(`${name} is asked for, which is not wanted or had`);
    const asked = this.#asked.get(peer.key) ?? new Set();
    this.#asked.set(peer.key, asked);
    if (asked.has(block)) this.#fail(`${name} is asked of the same peer twice`);
    asked.add(block);
    this.#askedNow.add(peer);
    if (asked.size > MAX_INCOMING_REQUESTS) this.#fail(`${asked.size} requests are more than reqq`);
    for (const other of peers.values()) {
      const owed = other.outstanding.get(block);
      if (other === peer || owed === undefined || owed.lapsed) continue;
      this.doubles++;
      if (!picker.endgame && !this.#endgame && !this.urgent)
        this.#fail(`${name} is asked for twice before the end-game`);
    }
  }

  #checkInterest({ key, bitsAt, amInterested }: PeerCore): void {
    const { wantedAt } = this.core.picker;
    let interesting = false;
    for (let i = 0; i < this.#bytes && !interesting; i++)
      interesting = (this.#memory[bitsAt + i] & this.#memory[wantedAt + i]) !== 0;
    if (interesting !== amInterested)
      this.#fail(`amInterested of ${key} is ${amInterested}, the pieces say ${interesting}`);
  }

  /** The peer's requests and the picker's view of them are the same. */
  #checkBooks(peer: PeerCore): void {
    const { picker } = this.core;
    let owed = 0;
    for (const { ref, lapsed } of peer.outstanding.values()) {
      if (lapsed) continue;
      owed++;
      if (!picker.isRequested(ref.piece, ref.block, peer.key))
        this.#fail(`${describe(ref)} is outstanding at ${peer.key}, the picker knows nothing of it`);
    }
    if (picker.outstanding(peer.key) !== owed)
      this.#fail(`${owed} requests at ${peer.key}, the picker counts ${picker.outstanding(peer.key)}`);
    for (const { piece } of peer.uploads)
      if (peer.amChoking && !peer.allowedOut.has(piece)) this.#fail(`a choked peer waits for piece ${piece}`);
  }

  #block({ piece, begin }: BlockRange): number {
    return piece * this.#blocksPerPiece + begin / BLOCK_BYTES;
  }

  #fail(what: string): never {
    throw new Error(`${this.where()}: ${what}`);
  }
}

function describe({ piece, begin }: BlockRange): string {
  return `block ${begin / BLOCK_BYTES} of piece ${piece}`;
}
