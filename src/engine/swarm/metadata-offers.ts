import { MillraceError } from '../errors.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PART_BYTES,
  metadataPartBytes,
  metadataParts,
} from '../protocol/peer/metadata.js';
import { MAX_METADATA_REJECTS, METADATA_TIMES } from './limits.js';
import type { PeerCore } from './peer-core.js';

/**
 * Takes requests for the info dictionary (BEP 9) and answers them once the session has the bytes. A peer may have the
 * whole of it twice; what it asks for beyond that is rejected, and it leaves when it asks on.
 */
export class MetadataOffers {
  constructor(
    /** Size of the info dictionary. */
    readonly bytes: number,
  ) {}

  /** @throws MillraceError ERR_WIRE_MESSAGE */
  handle(peer: PeerCore, payload: Uint8Array): void {
    const message = decodeMetadataMessage(payload);
    if (message?.type !== 'request') return; // we have it
    const { part } = message;
    const parts = metadataParts(this.bytes);
    if (part < parts && peer.metadataTaken < METADATA_TIMES * parts) {
      peer.metadataTaken++;
      peer.metadataAsked.push(part);
      return;
    }
    if (++peer.metadataRejects > MAX_METADATA_REJECTS)
      throw new MillraceError('ERR_WIRE_MESSAGE', 'the peer asks for metadata beyond all need', {
        limit: MAX_METADATA_REJECTS,
      });
    this.#send(peer, encodeMetadataMessage({ type: 'reject', part }));
  }

  /** Answers the oldest request, with a reject when there is no info dictionary any more. */
  answer(peer: PeerCore, info: Uint8Array | undefined): void {
    const part = peer.metadataAsked.shift();
    if (part === undefined) return;
    const totalBytes = this.bytes;
    const at = part * METADATA_PART_BYTES;
    const bytes = info?.subarray(at, at + metadataPartBytes(totalBytes, part));
    this.#send(
      peer,
      encodeMetadataMessage(
        bytes === undefined ? { type: 'reject', part } : { type: 'data', part, totalBytes, bytes },
      ),
    );
  }

  /** A peer that has never said under which id it wants them is told nothing. */
  #send(peer: PeerCore, payload: Uint8Array): void {
    if (peer.metadataId > 0) peer.send({ type: 'extended', id: peer.metadataId, payload });
  }
}
