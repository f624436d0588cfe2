import { MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import { mayPassOn, scopeOf } from '../policy/host-scope.js';
import { canonicalAddress } from '../policy/peer-list-address.js';
import { decodePexMessage, MAX_PEX_PEERS, UT_PEX } from '../protocol/peer/pex.js';
import { MAX_PEX_TOO_SOON, PEX_LEAST_MS } from './limits.js';
import type { PeerCore } from './peer-core.js';

/**
 * Peers that one of ours tells of (BEP 11), at most 50 once a minute: what comes sooner is not even read, and a peer
 * that goes on so is cut off. Who is gone for the teller may be here for us, so that is not listened to.
 * @throws MillraceError ERR_WIRE_MESSAGE
 */
export function takePex(peer: PeerCore, payload: Uint8Array, nowMs: number): PeerAddress[] {
  if (nowMs < peer.pexHeardMs + PEX_LEAST_MS) {
    if (++peer.pexTooSoon < MAX_PEX_TOO_SOON) return [];
    throw new MillraceError('ERR_WIRE_MESSAGE', `${UT_PEX} messages flood: they are due once a minute`, {
      messages: peer.pexTooSoon,
      limit: MAX_PEX_TOO_SOON,
    });
  }
  peer.pexHeardMs = nowMs;
  peer.pexTooSoon = 0;
  const addresses: PeerAddress[] = [];
  const scope = scopeOf(peer.info.address.host);
  for (const told of decodePexMessage(payload).added) {
    if (addresses.length === MAX_PEX_PEERS) break;
    const address = canonicalAddress(told);
    if (address !== undefined && mayPassOn(scopeOf(address.host), scope)) addresses.push(address);
  }
  return addresses;
}
