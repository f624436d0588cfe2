import {
  DONT_HAVE,
  decodeDontHave,
  decodeExtendedHandshake,
  EXTENDED_HANDSHAKE_ID,
  encodeExtendedHandshake,
} from '../protocol/peer/extended.js';
import { BLOCK_BYTES, type Message } from '../protocol/peer/messages.js';
import { UT_METADATA } from '../protocol/peer/metadata.js';
import { MAX_INCOMING_REQUESTS } from './limits.js';
import { MetadataOffers } from './metadata-offers.js';
import type { PeerCore } from './peer-core.js';

/** Ids under which we want extension messages (BEP 10 `m`). */
const OUR_IDS = { [DONT_HAVE]: 1, [UT_METADATA]: 2 } as const;

/** The extension protocol (BEP 10): our handshake, theirs, and the messages that we take. */
export class Extensions {
  /** The info dictionary for those who lack it (BEP 9). */
  readonly offers: MetadataOffers | undefined;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(
    readonly client: string,
    readonly listenPort: () => number | undefined,
    readonly pieceCount: number,
    /** What we send as one block, told to peers when it is more than everybody does. */
    readonly maxBlockBytes: number,
    /** Size of the info dictionary that we hand on. */
    readonly metadataBytes?: number,
  ) {
    const names = metadataBytes === undefined ? ([DONT_HAVE] as const) : ([DONT_HAVE, UT_METADATA] as const);
    this.#ids = new Map(names.map(name => [name, OUR_IDS[name]]));
    if (metadataBytes !== undefined) this.offers = new MetadataOffers(metadataBytes);
  }

  /** Sent first, and again when we stop wanting anything (BEP 21). */
  greet(peer: PeerCore, uploadOnly: boolean): void {
    const payload = encodeExtendedHandshake({
      extensions: this.#ids,
      version: this.client,
      reqq: MAX_INCOMING_REQUESTS,
      port: this.listenPort(),
      yourIp: peer.info.address.host,
      uploadOnly,
      metadataBytes: this.metadataBytes,
      maxBlockBytes: this.maxBlockBytes > BLOCK_BYTES ? this.maxBlockBytes : undefined,
    });
    peer.send({ type: 'extended', id: EXTENDED_HANDSHAKE_ID, payload });
  }

  /** Unknown ids are ignored: a peer may use what it had learnt of an older handshake of ours. */
  handle(
    peer: PeerCore,
    message: Extract<Message, { type: 'extended' }>,
    dontHave: (piece: number) => void,
  ): void {
    if (message.id === OUR_IDS[DONT_HAVE]) dontHave(decodeDontHave(message.payload, this.pieceCount));
    if (message.id === OUR_IDS[UT_METADATA]) this.offers?.handle(peer, message.payload);
    if (message.id !== EXTENDED_HANDSHAKE_ID) return;
    const told = decodeExtendedHandshake(message.payload);
    peer.metadataId = told.extensions.get(UT_METADATA) ?? peer.metadataId; // a later one may tell of changes alone
    if (told.version !== undefined) peer.client = told.version;
    if (told.reqq !== undefined) peer.window.setReqq(told.reqq);
    if (told.port !== undefined) peer.listenPort = told.port;
    if (told.maxBlockBytes !== undefined)
      peer.maxBlockBytes = Math.min(told.maxBlockBytes, this.maxBlockBytes);
    if (told.uploadOnly !== undefined) peer.uploadOnly = told.uploadOnly;
  }
}
