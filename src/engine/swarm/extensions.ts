import type { PeerKey } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';
import {
  DONT_HAVE,
  decodeDontHave,
  decodeExtendedHandshake,
  EXTENDED_HANDSHAKE_ID,
  encodeExtendedHandshake,
} from '../protocol/peer/extended.js';
import { BLOCK_BYTES, type Message } from '../protocol/peer/messages.js';
import { UT_METADATA } from '../protocol/peer/metadata.js';
import { UT_PEX } from '../protocol/peer/pex.js';
import type { ActionSink } from './actions.js';
import { MAX_INCOMING_REQUESTS } from './limits.js';
import { MetadataOffers } from './metadata-offers.js';
import type { PeerCore } from './peer-core.js';
import { PeerExchange } from './peer-exchange.js';
import { takePex } from './pex-intake.js';

/** Ids under which we want extension messages (BEP 10 `m`). */
const OUR_IDS = { [DONT_HAVE]: 1, [UT_METADATA]: 2, [UT_PEX]: 3 } as const;

export interface ExtensionsOptions {
  readonly client: string;
  readonly listenPort: () => number | undefined;
  /** As whom everybody knows us by this family, if others reach us there. */
  readonly ownHost?: (family: IpFamily) => string | undefined;
  readonly pieceCount: number;
  /** What we send as one block, told to peers when it is more than everybody does. */
  readonly maxBlockBytes: number;
  /** Size of the info dictionary that we hand on. */
  readonly metadataBytes?: number;
  /** Whether peers exchange addresses at present; absent when they never may. */
  readonly pex?: () => boolean;
  readonly peers: ReadonlyMap<PeerKey, PeerCore>;
  readonly act: ActionSink;
}

/** The extension protocol (BEP 10): our handshake, theirs, and the messages that we take. */
export class Extensions {
  /** The info dictionary for those who lack it (BEP 9). */
  readonly offers: MetadataOffers | undefined;
  /** Peers are told of each other (BEP 11). */
  readonly #exchange: PeerExchange | undefined;

  constructor(readonly options: ExtensionsOptions) {
    const { metadataBytes, pex, peers } = options;
    if (metadataBytes !== undefined) this.offers = new MetadataOffers(metadataBytes);
    if (pex !== undefined) this.#exchange = new PeerExchange(peers);
  }

  /** Sent first, and again when we stop wanting anything (BEP 21) or an extension goes on or off. */
  greet(peer: PeerCore, uploadOnly: boolean): void {
    const { client, listenPort, ownHost, maxBlockBytes, metadataBytes } = this.options;
    const byIp6 = peer.info.address.host.includes(':');
    const payload = encodeExtendedHandshake({
      extensions: this.#ids,
      version: client,
      reqq: MAX_INCOMING_REQUESTS,
      port: listenPort(),
      yourIp: peer.info.address.host,
      ip4: byIp6 ? ownHost?.(4) : undefined,
      ip6: byIp6 ? undefined : ownHost?.(6),
      uploadOnly,
      metadataBytes,
      maxBlockBytes: maxBlockBytes > BLOCK_BYTES ? maxBlockBytes : undefined,
    });
    peer.send({ type: 'extended', id: EXTENDED_HANDSHAKE_ID, payload });
  }

  get #ids(): Map<string, number> {
    const { metadataBytes, pex } = this.options;
    const ids = new Map<string, number>([[DONT_HAVE, OUR_IDS[DONT_HAVE]]]);
    if (metadataBytes !== undefined) ids.set(UT_METADATA, OUR_IDS[UT_METADATA]);
    if (pex !== undefined) ids.set(UT_PEX, pex() ? OUR_IDS[UT_PEX] : 0); // BEP 10: 0 turns it off
    return ids;
  }

  /** Unknown ids are ignored: a peer may use what it had learnt of an older handshake of ours. */
  handle(
    peer: PeerCore,
    message: Extract<Message, { type: 'extended' }>,
    dontHave: (piece: number) => void,
    nowMs: number,
  ): void {
    const { id, payload } = message;
    if (id === OUR_IDS[DONT_HAVE]) dontHave(decodeDontHave(payload, this.options.pieceCount));
    else if (id === OUR_IDS[UT_METADATA]) this.offers?.handle(peer, payload);
    else if (id === OUR_IDS[UT_PEX]) this.#handlePex(peer, payload, nowMs);
    else if (id === EXTENDED_HANDSHAKE_ID) this.#handleHandshake(peer, payload);
  }

  /** Somebody came or left, or has everything now. */
  neighboursChanged(left?: PeerCore): void {
    if (left !== undefined) this.#exchange?.left(left);
    else this.#exchange?.changed();
  }

  tick(nowMs: number): void {
    if (this.options.pex?.()) this.#exchange!.tick(nowMs);
  }

  #handlePex(peer: PeerCore, payload: Uint8Array, nowMs: number): void {
    if (!this.options.pex?.()) return;
    const addresses = takePex(peer, payload, nowMs);
    if (addresses.length > 0) this.options.act({ type: 'peers', addresses });
  }

  #handleHandshake(peer: PeerCore, payload: Uint8Array): void {
    const told = decodeExtendedHandshake(payload);
    const { extensions, version, reqq, port, uploadOnly } = told;
    peer.metadataId = extensions.get(UT_METADATA) ?? peer.metadataId; // a later one may tell of changes alone
    peer.pexId = extensions.get(UT_PEX) ?? peer.pexId;
    if (version !== undefined) peer.client = version;
    if (reqq !== undefined) peer.window.setReqq(reqq);
    if (port !== undefined && port !== peer.listenPort) {
      peer.listenPort = port;
      if (peer.info.incoming) this.options.act({ type: 'listens', peer: peer.key, port });
    }
    if (told.yourIp !== undefined)
      this.options.act({ type: 'your-ip', host: told.yourIp, voter: peer.info.address.host });
    // A peer with two connections needs one: by IPv4 it says that it is there by IPv6, too.
    if (told.ip6 !== undefined && !peer.info.address.host.includes(':'))
      this.options.act({ type: 'also-at', peer: peer.key, host: told.ip6 });
    if (told.maxBlockBytes !== undefined)
      peer.maxBlockBytes = Math.min(told.maxBlockBytes, this.options.maxBlockBytes);
    if (uploadOnly !== undefined) peer.uploadOnly = uploadOnly;
    this.#exchange?.changed();
  }
}
