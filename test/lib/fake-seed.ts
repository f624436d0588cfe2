import type { PeerAddress } from '../../dist/index.js';
import { encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import type { BlockRange } from '../../src/engine/protocol/peer/messages.js';
import { RawListener, type RawPeer } from '../hostile/raw-peer.js';
import { blockOf, type Content } from '../hostile/world.js';
import type { Stage } from './stage.js';

export interface FakeSeedOptions {
  /** Each request is answered so long after it came: a long way, not a slow one. Defaults to at once. */
  readonly delayMs?: number;
  /** Requests that it answers; what is asked after that stays owed. Defaults to all. */
  readonly answers?: number;
  /** Requests that it says to take at once (BEP 10). */
  readonly reqq?: number;
  /** Defaults to true. */
  readonly unchokes?: boolean;
}

/** A seed without an engine, which does nothing slower than it is told to. @returns where it listens */
export async function openFakeSeed(
  stage: Stage,
  content: Content,
  options: FakeSeedOptions = {},
): Promise<PeerAddress> {
  const listener = await RawListener.open();
  stage.defer(() => listener.close());
  void listener.next().then(peer => serve(peer, content, options));
  return listener.address;
}

function serve(peer: RawPeer, content: Content, options: FakeSeedOptions) {
  const { delayMs = 0, answers = Number.POSITIVE_INFINITY, reqq, unchokes = true } = options;
  const { infoHash, pieceCount } = content.metainfo;
  const answer = ({ piece, begin, length }: BlockRange) =>
    peer.sendBlock(piece, begin, blockOf(content, piece, begin, length));
  peer.onMessage = message => {
    if (message.type === 'interested' && unchokes) peer.send({ type: 'unchoke' });
    if (message.type !== 'request' || peer.count('request') > answers) return;
    if (delayMs === 0) answer(message);
    else setTimeout(answer, delayMs, message);
  };
  peer.expectPieces(pieceCount).handshake(infoHash);
  peer.send(
    { type: 'extended', id: 0, payload: encodeExtendedHandshake({ extensions: new Map(), reqq }) },
    { type: 'have-all' },
  );
}
