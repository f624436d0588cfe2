import { MillraceError } from '../errors.js';
import type { PeerAddress, PeerKey } from '../ids.js';
import type { ControlMessage } from '../protocol/peer/decoder.js';
import {
  decodeExtendedHandshake,
  EXTENDED_HANDSHAKE_ID,
  encodeExtendedHandshake,
} from '../protocol/peer/extended.js';
import type { PeerFeatures } from '../protocol/peer/features.js';
import { encodeMetadataMessage, UT_METADATA } from '../protocol/peer/metadata.js';
import { UT_PEX } from '../protocol/peer/pex.js';
import { KEEP_ALIVE_MS, PEER_TIMEOUT_MS } from '../swarm/limits.js';
import type { MetadataAction, MetadataFetch } from '../swarm/metadata-fetch.js';
import { PeerCore } from '../swarm/peer-core.js';
import { takePex } from '../swarm/pex-intake.js';
import { Alarm, nowMs } from './clock.js';
import type { LinkTorrent, PeerLink } from './link.js';
import { CLIENT_VERSION } from './version.js';

/** Ids under which we want messages (BEP 10 `m`). */
const OUR_ID = 2;
const PEX_ID = 3;

/** How often peers are looked over for silence. */
const SWEEP_MS = 10_000;

/** A peer may take so long to be of use before it has to give way, as in a torrent (`Room`). */
const GRACE_MS = 60_000;

/** Rejects that wait for a peer that does not read them; it is not read either then. */
const MAX_QUEUED_BYTES = 64 * 1024;

export interface MetadataLinksOptions {
  readonly fetch: MetadataFetch;
  readonly listenPort: () => number | undefined;
  /** Whether peers may tell of others at present (BEP 11). */
  readonly pex: () => boolean;
  /** Others wait for a place. */
  readonly crowded: () => boolean;
  readonly onPeers: (addresses: readonly PeerAddress[]) => void;
  /** Somebody says that this is our address. */
  readonly onYourIp: (host: string, voter: string) => void;
  readonly onDone: (info: Uint8Array) => void;
  readonly onBan: (address: PeerAddress, reason: string, link: PeerLink | undefined) => void;
  readonly onDetached: (link: PeerLink, error: MillraceError | undefined) => void;
}

/** Neighbours while nothing but the info-hash is known: joins their connections to the fetch of the metadata. */
export class MetadataLinks implements LinkTorrent {
  readonly links = new Map<PeerKey, PeerLink>();
  readonly #dirty: PeerCore[] = [];
  #sweepAtMs = nowMs() + SWEEP_MS;
  readonly #alarm = new Alarm(() => this.#onAlarm());

  constructor(readonly options: MetadataLinksOptions) {}

  /** The peer is told who we are and that we have nothing. */
  attach(link: PeerLink, { fast, extended }: PeerFeatures): PeerCore {
    const { address, incoming, key } = link;
    // It has no bitfield: nobody knows yet how long that would be.
    const peer = new PeerCore(key, { address, incoming, fast, extended }, 0, nowMs(), this.#dirty);
    this.links.set(key, link);
    link.neighbours = this;
    this.options.fetch.addPeer(key, address);
    if (extended) this.#greet(peer);
    if (fast) peer.send({ type: 'have-none' });
    this.#turn();
    return peer;
  }

  /** What we take of peers has changed, or where we listen. */
  greetAgain(): void {
    for (const { peer } of this.links.values()) if (peer?.info.extended) this.#greet(peer);
    this.#turn();
  }

  close(error: MillraceError): void {
    this.#alarm.clear();
    for (const link of [...this.links.values()]) link.close(error);
  }

  // --- LinkTorrent -----------------------------------------------------------------------------------------------

  detach(link: PeerLink, error: MillraceError | undefined): void {
    if (this.links.delete(link.key)) {
      this.options.fetch.removePeer(link.key, nowMs());
      this.#turn();
    }
    this.options.onDetached(link, error);
  }

  readQuota(link: PeerLink): number {
    return link.socket.queuedBytes >= MAX_QUEUED_BYTES ? 0 : Number.POSITIVE_INFINITY;
  }

  received(): void {
    this.#turn();
  }

  drained(): void {}

  /** What peers have and want is not asked yet: they are met anew when there is a torrent. */
  handleMessage(peer: PeerCore, message: ControlMessage): void {
    const now = nowMs();
    peer.lastInMs = now;
    if (message.type !== 'extended') return;
    if (message.id === OUR_ID) this.options.fetch.handleMessage(peer.key, message.payload, now);
    if (message.id === PEX_ID && this.options.pex()) this.#handlePex(peer, message.payload, now);
    if (message.id !== EXTENDED_HANDSHAKE_ID) return;
    const told = decodeExtendedHandshake(message.payload);
    peer.metadataId = told.extensions.get(UT_METADATA) ?? peer.metadataId;
    peer.listenPort = told.port ?? peer.listenPort;
    if (told.yourIp !== undefined) this.options.onYourIp(told.yourIp, peer.info.address.host);
    this.options.fetch.handleHandshake(peer.key, peer.metadataId > 0, told.metadataBytes, now);
  }

  beginBlock(): void {
    throw new MillraceError('ERR_WIRE_MESSAGE', 'a block, before we could have asked for any');
  }

  endBlock(): void {}

  // --- inside ----------------------------------------------------------------------------------------------------

  #greet(peer: PeerCore): void {
    const payload = encodeExtendedHandshake({
      extensions: new Map([
        [UT_METADATA, OUR_ID],
        [UT_PEX, this.options.pex() ? PEX_ID : 0],
      ]),
      version: CLIENT_VERSION,
      port: this.options.listenPort(),
      yourIp: peer.info.address.host,
    });
    peer.send({ type: 'extended', id: EXTENDED_HANDSHAKE_ID, payload });
  }

  /** Whom the peers of a torrent know, it needs from its first moment on; nobody can be told yet whether it is private. */
  #handlePex(peer: PeerCore, payload: Uint8Array, now: number): void {
    const addresses = takePex(peer, payload, now);
    if (addresses.length > 0) this.options.onPeers(addresses);
  }

  #turn(): void {
    const { fetch } = this.options;
    for (let action = fetch.poll(); action !== undefined; action = fetch.poll()) this.#act(action);
    for (const peer of this.#dirty.splice(0)) this.#flush(peer);
    this.#setAlarm();
  }

  #act(action: MetadataAction): void {
    if (action.type === 'done') {
      this.options.onDone(action.bytes);
      return;
    }
    const link = this.links.get(action.peer);
    const peer = link?.peer;
    if (action.type === 'send') {
      const payload = encodeMetadataMessage(action.message);
      if (peer !== undefined && peer.metadataId > 0)
        peer.send({ type: 'extended', id: peer.metadataId, payload });
      return;
    }
    const { host, port } = action.address;
    this.options.onBan({ host, port: peer?.listenPort ?? port }, action.reason, link);
  }

  #flush(peer: PeerCore): void {
    if (peer.outbox.length === 0) return;
    peer.lastOutMs = nowMs();
    this.links.get(peer.key)?.flush(peer);
  }

  #onAlarm(): void {
    const now = nowMs();
    this.#sweepAtMs = now + SWEEP_MS;
    const { fetch, crowded } = this.options;
    fetch.handleTimeout(now);
    const isCrowded = crowded();
    for (const link of [...this.links.values()]) {
      const { peer } = link;
      if (peer === undefined) continue;
      if (isCrowded && now - peer.connectedAtMs >= GRACE_MS && !fetch.isOfUse(peer.key))
        link.close(new MillraceError('ERR_PEER_LIMIT', 'it has no metadata for us, and others wait'));
      else if (now - peer.lastInMs >= PEER_TIMEOUT_MS)
        link.close(new MillraceError('ERR_PEER_TIMEOUT', `silent for ${PEER_TIMEOUT_MS / 1000} s`));
      else if (now - peer.lastOutMs >= KEEP_ALIVE_MS) peer.send({ type: 'keep-alive' });
    }
    this.#turn();
  }

  #setAlarm(): void {
    if (this.links.size === 0) this.#alarm.clear();
    else this.#alarm.set(Math.min(this.options.fetch.nextTimeout(), this.#sweepAtMs));
  }
}
