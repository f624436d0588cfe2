import type { PeerAddress, PeerKey } from '../../engine/ids.js';
import { TABLE_ALIGN } from '../../engine/kernels/types.js';
import { createRng } from '../../engine/policy/rng.js';
import { UploadTurns } from '../../engine/policy/upload-turns.js';
import type { BlockRange, Message } from '../../engine/protocol/peer/messages.js';
import type { Action } from '../../engine/swarm/actions.js';
import type { PeerCore } from '../../engine/swarm/peer-core.js';
import { TorrentCore } from '../../engine/swarm/torrent-core.js';
import { Auditor } from './auditor.js';
import { type Cargo, type Payload, PhantomCargo, RealCargo } from './cargo.js';
import type { LinkEnd, LinkOwner } from './link.js';
import { Pipe } from './pipe.js';
import type { VirtualPeerOptions } from './virtual-peer-options.js';
import type { World } from './world.js';

/** A connection as its peer sees it. */
export interface Connection {
  readonly end: LinkEnd;
  readonly peer: PeerCore;
  readonly other: VirtualPeer;
}

const DEFAULT_MOST_NEIGHBOURS = 100;

/** Tables of a core: counts, its bitfields and those of the neighbours, and as much again for what is small. */
function heapBytes(pieces: number, neighbours: number): number {
  const bytes = 16_384 + 2 * (2 * pieces + (Math.ceil(pieces / 8) + 64) * (neighbours + 8));
  return Math.ceil(bytes / TABLE_ALIGN) * TABLE_ALIGN; // the slots lie behind it
}

/** One peer of a simulated swarm: the real torrent core, its memory, and what a session would be to it. */
export class VirtualPeer implements LinkOwner {
  readonly name: string;
  readonly address: PeerAddress;
  readonly core: TorrentCore;
  readonly cargo: Cargo;
  readonly up: Pipe;
  readonly down: Pipe;
  /** In the order in which they are served next. */
  readonly connections = new Map<PeerKey, Connection>();
  readonly bannedHosts = new Set<string>();
  readonly auditor: Auditor | undefined;
  present = false;
  completedMs: number | undefined;
  /** How often the core said that it is complete. */
  completions = 0;
  sentBytes = 0;

  readonly #byEnd = new Map<LinkEnd, Connection>();
  readonly #turns: UploadTurns | undefined;
  readonly #heapAtStart: number;
  #turnDue = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #pumpMs = -1;
  #disposed = false;

  constructor(
    readonly swarm: World<VirtualPeer>,
    readonly number: number,
    readonly options: VirtualPeerOptions,
  ) {
    const { content, clock } = swarm;
    const { pieceCount, pieceLength, length } = content;
    this.#turns = options.turns !== false ? new UploadTurns() : undefined;
    this.name = options.name ?? `peer ${number}`;
    this.address = { host: `10.0.${number >>> 8}.${number & 255}`, port: 6881 };
    const budgetPieces = options.budgetPieces ?? 2 * pieceCount + 4;
    const heap = heapBytes(pieceCount, options.mostNeighbours ?? DEFAULT_MOST_NEIGHBOURS);
    const slotBytes = budgetPieces * pieceLength;
    const have = options.have ?? [];
    this.cargo = swarm.phantom
      ? new PhantomCargo(piece => content.pieceBytes(piece), swarm.createMachine, heap, slotBytes)
      : new RealCargo(content, swarm.createMachine, heap, slotBytes, have);
    this.#heapAtStart = this.cargo.machine.heap.usedBytes;
    this.up = new Pipe(options.upBytesPerSecond ?? 1_000_000);
    this.down = new Pipe(options.downBytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.core = new TorrentCore({
      ...this.cargo.machine,
      rng: createRng(swarm.seed * 1000 + number),
      pieceCount,
      pieceLength,
      length,
      sequential: options.sequential,
      randomFirstPieces: options.randomFirstPieces,
      superSeeding: options.superSeeding,
      slotGrowth: options.slotGrowth,
      choking: options.choking,
      unchokeSlots: options.slots ?? 4,
      client: 'millrace sim',
      listenPort: () => this.address.port,
      allowedFastSet: options.allowedFastSet,
    });
    if (swarm.audited)
      this.auditor = new Auditor(this.core, () => `${this.name} at ${clock.nowMs.toFixed(1)} ms`);
    for (const piece of have === 'all' ? Array.from({ length: pieceCount }, (_, i) => i) : have)
      this.core.markHave(piece);
    this.core.checkComplete();
    this.poke();
  }

  /** What is verified and written, where there are bytes. */
  get store(): Uint8Array {
    return (this.cargo as RealCargo).store;
  }

  get complete(): boolean {
    return this.core.picker.complete;
  }

  /** The connection to that peer; the newest when there were several. */
  to(other: VirtualPeer): Connection | undefined {
    return [...this.connections.values()].findLast(connection => connection.other === other);
  }

  // --- connections ---------------------------------------------------------------------------------------------

  attach(end: LinkEnd, other: VirtualPeer, incoming: boolean): void {
    const fast = this.options.fast !== false && other.options.fast !== false;
    const extended = this.options.extended !== false && other.options.extended !== false;
    const key = this.swarm.nextKey();
    const info = { address: other.address, incoming, fast, extended };
    const peer = this.core.addPeer(key, info, this.swarm.clock.nowMs);
    const connection = { end, peer, other };
    this.connections.set(key, connection);
    this.#byEnd.set(end, connection);
    this.poke();
  }

  /** Cuts every connection. What it has stays; it may join again. */
  leave(): void {
    this.present = false;
    for (const connection of [...this.connections.values()]) this.#cut(connection);
    this.poke();
  }

  /** Gives all memory back. @throws Error when some is missing */
  dispose(): void {
    this.leave();
    this.core.dispose();
    this.#disposed = true;
  }

  /** After `dispose` and its last disk operation. */
  checkLeaks(): void {
    const { heap, slots } = this.cargo.machine;
    if (slots.usedBytes !== 0) throw new Error(`${this.name} kept ${slots.usedBytes} bytes of piece slots`);
    if (heap.usedBytes !== this.#heapAtStart)
      throw new Error(`${this.name} kept ${heap.usedBytes - this.#heapAtStart} bytes of tables`);
  }

  onGone(end: LinkEnd): void {
    const connection = this.#byEnd.get(end);
    if (connection !== undefined) this.#drop(connection);
  }

  // --- what comes in -------------------------------------------------------------------------------------------

  onMessage(end: LinkEnd, message: Message): void {
    const { peer, other } = this.#byEnd.get(end)!;
    this.swarm.note({ type: 'received', by: this, from: other, message });
    this.auditor?.received(peer, message);
    this.core.handleMessage(peer, message, this.swarm.clock.nowMs);
    this.poke();
  }

  onBlockStart(end: LinkEnd, range: BlockRange): void {
    this.core.beginBlock(this.#byEnd.get(end)!.peer, range, this.swarm.clock.nowMs);
  }

  onBlockData(end: LinkEnd, range: BlockRange, payload: Payload, from: number, to: number): void {
    const { peer } = this.#byEnd.get(end)!;
    const { targetAt } = peer.receiving!;
    if (targetAt < 0) return;
    this.auditor?.writing(peer, range);
    this.cargo.arrived(payload, targetAt, from, to);
  }

  onBlockEnd(end: LinkEnd, range: BlockRange): void {
    const { peer, other } = this.#byEnd.get(end)!;
    this.swarm.note({ type: 'block', by: this, from: other, range });
    this.auditor?.blockEnded(peer, range);
    this.core.endBlock(peer, this.swarm.clock.nowMs);
    this.poke();
  }

  // --- turns ---------------------------------------------------------------------------------------------------

  /** Asks for a turn behind everything else of this moment. */
  poke(): void {
    if (this.#turnDue) return;
    this.#turnDue = true;
    this.swarm.clock.after(0, () => {
      this.#turnDue = false;
      if (!this.#disposed) this.#turn();
    });
  }

  #turn(): void {
    const { core, options, swarm } = this;
    core.settle(swarm.clock.nowMs);
    this.auditor?.settled();
    for (let action = core.poll(); action !== undefined; action = core.poll()) this.#act(action);
    for (const peer of core.takeDirty()) this.#flush(peer);
    this.#pump();
    this.#setAlarm();
    this.auditor?.check();
    if (this.present && options.leaves?.()) this.leave();
  }

  #act(action: Action): void {
    this.swarm.note({ type: 'action', by: this, action });
    switch (action.type) {
      case 'verify':
        this.swarm.clock.after(this.options.diskMs ?? 5, () => this.#verify(action.piece, action.at));
        return;
      case 'piece':
        this.cargo.machine.slots.release(action.at);
        this.swarm.clock.after(0, () => {
          if (this.#disposed) return;
          this.core.memoryFreed();
          this.poke();
        });
        return;
      case 'complete':
        this.completedMs ??= this.swarm.clock.nowMs;
        this.completions++;
        return;
      case 'disconnect': {
        // everybody here speaks through the real core: whoever breaks the protocol is a bug
        if (action.error.code === 'ERR_WIRE_MESSAGE') throw action.error;
        const connection = this.connections.get(action.peer);
        if (connection === undefined) return;
        this.swarm.note({ type: 'closed', by: this, to: connection.other, code: action.error.code });
        this.#cut(connection);
        return;
      }
      case 'ban': {
        const connection = this.connections.get(action.peer);
        this.bannedHosts.add(action.address.host);
        if (connection !== undefined) this.#cut(connection);
        return;
      }
      case 'prefetch':
      case 'piece-failed':
        return;
    }
  }

  #flush(peer: PeerCore): void {
    const { clock } = this.swarm;
    const connection = this.connections.get(peer.key);
    const messages = peer.outbox.splice(0);
    if (connection === undefined || this.options.silent?.(clock.nowMs)) return;
    for (const message of messages) {
      this.swarm.note({ type: 'sent', by: this, to: connection.other, message });
      this.auditor?.sent(peer, message);
      connection.end.send(message);
    }
  }

  /** Puts the next block on the uplink when it is free, one a peer in turn. */
  #pump(): void {
    const { clock } = this.swarm;
    const { nowMs } = clock;
    const { stalls, silent } = this.options;
    if (this.#pumpMs > nowMs || stalls?.(nowMs) || silent?.(nowMs)) return;
    if (this.up.freeMs <= nowMs) {
      const waiting = this.#nextToServe(nowMs);
      if (waiting === undefined) return;
      const range = waiting.peer.uploads[0];
      const payload = this.#outgoing(range, nowMs);
      this.core.uploads.sent(waiting.peer, nowMs);
      if (this.core.dirty) this.poke(); // what was sent made it say something
      if (payload !== undefined) {
        this.sentBytes += payload.length;
        this.swarm.note({ type: 'sent-block', by: this, to: waiting.other, range });
        waiting.end.sendBlock(range, payload);
      }
    }
    this.#pumpMs = Math.max(this.up.freeMs, nowMs);
    clock.at(this.#pumpMs, () => {
      this.#pumpMs = -1;
      this.#pump();
    });
  }

  #setAlarm(): void {
    const atMs = Math.max(this.core.nextTimeout(), this.swarm.clock.nowMs);
    if (atMs === this.#wakeMs || atMs === Number.POSITIVE_INFINITY) return;
    this.#wakeMs = atMs;
    this.swarm.clock.at(atMs, () => {
      if (this.#wakeMs !== atMs || this.#disposed) return; // a nearer alarm took its place
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.core.handleTimeout(atMs);
      this.poke();
    });
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #outgoing(range: BlockRange, nowMs: number): Payload | undefined {
    const { payload, lies } = this.options;
    if (lies) return { length: range.length, madeUpBy: this.number + 1 };
    const good = this.cargo.outgoing(range);
    return payload === undefined ? good : payload(range, good as Uint8Array, nowMs);
  }

  #verify(piece: number, at: number): void {
    const { cargo } = this;
    if (this.#disposed) {
      cargo.machine.slots.release(at);
      return;
    }
    const good = cargo.isGood(piece, at);
    if (good) cargo.keep(piece, at);
    this.core.handleVerified(piece, good);
    this.poke();
  }

  /** Whose block is next: the peer's whose turn it is, else the first that waits, which is then the last. */
  #nextToServe(nowMs: number): Connection | undefined {
    let first: Connection | undefined;
    for (const connection of this.connections.values()) {
      const head = connection.peer.uploads[0];
      if (head === undefined) continue;
      if (this.#turns?.holds(connection.peer.key, head.piece, nowMs)) return connection;
      first ??= connection;
    }
    if (first === undefined) return undefined;
    const { key, uploads } = first.peer;
    this.#turns?.begin(key, uploads[0].piece, nowMs);
    this.connections.delete(key);
    this.connections.set(key, first);
    return first;
  }

  #cut(connection: Connection): void {
    connection.end.close();
    this.#drop(connection);
  }

  #drop({ end, peer }: Connection): void {
    this.connections.delete(peer.key);
    this.#byEnd.delete(end);
    this.auditor?.gone(peer);
    this.core.removePeer(peer.key, this.swarm.clock.nowMs);
    this.poke();
  }
}
