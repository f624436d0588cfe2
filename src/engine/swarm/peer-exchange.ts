import { formatAddress, type PeerAddress, type PeerKey } from '../ids.js';
import { type HostScope, mayPassOn, scopeOf } from '../policy/host-scope.js';
import { canonicalAddress } from '../policy/peer-list-address.js';
import { encodePexMessage, MAX_PEX_PEERS, PEX_FLAGS, type PexPeer } from '../protocol/peer/pex.js';
import { MAX_PEX_TOLD, PEX_FIRST_MS, PEX_INTERVAL_MS } from './limits.js';
import type { PeerCore } from './peer-core.js';

/** A neighbour whom others may be told of. */
interface Contact {
  readonly peer: PeerCore;
  readonly address: PeerAddress;
  /** The address as text. */
  readonly key: string;
  readonly scope: HostScope;
}

/** What one neighbour was told. */
interface Account {
  /** Whom it believes us to be connected with, by address. */
  readonly told: Map<string, PeerAddress>;
  dueMs: number;
  /** State of the neighbourhood that it knows all of. */
  upTo: number;
}

/** Tells neighbours of each other (BEP 11): who is new since the last time, and who is gone, once a minute. */
export class PeerExchange {
  readonly #accounts = new Map<PeerKey, Account>();
  /** Counts changes of the neighbourhood. */
  #version = 0;

  constructor(readonly peers: ReadonlyMap<PeerKey, PeerCore>) {}

  /** Somebody came, left, became a seed, or told where it listens. */
  changed(): void {
    this.#version++;
  }

  left(peer: PeerCore): void {
    this.#accounts.delete(peer.key);
    this.changed();
  }

  tick(nowMs: number): void {
    let contacts: Map<string, Contact> | undefined;
    for (const peer of this.peers.values()) {
      if (peer.pexId === 0) continue;
      const account = this.#accountOf(peer);
      if (nowMs < account.dueMs || account.upTo === this.#version) continue;
      contacts ??= this.#contacts();
      const told = this.#tell(peer, account, contacts);
      // Whom there was no room to tell of is not looked for again each second: 2000 neighbours were 0.16 s of it.
      if (told || account.upTo !== this.#version) account.dueMs = nowMs + PEX_INTERVAL_MS;
    }
  }

  #accountOf(peer: PeerCore): Account {
    let account = this.#accounts.get(peer.key);
    if (account === undefined) {
      account = { told: new Map(), dueMs: peer.connectedAtMs + PEX_FIRST_MS, upTo: -1 };
      this.#accounts.set(peer.key, account);
    }
    return account;
  }

  #contacts(): Map<string, Contact> {
    const contacts = new Map<string, Contact>();
    for (const peer of this.peers.values()) {
      const address = listeningAddress(peer);
      if (address === undefined) continue;
      const key = formatAddress(address);
      contacts.set(key, { peer, address, key, scope: scopeOf(address.host) });
    }
    return contacts;
  }

  /** @returns whether there was anything to tell */
  #tell(peer: PeerCore, account: Account, contacts: ReadonlyMap<string, Contact>): boolean {
    const { told } = account;
    const dropped = [...told].filter(([key]) => !contacts.has(key)).slice(0, MAX_PEX_PEERS);
    const ownKey = keyOf(listeningAddress(peer));
    const scope = scopeOf(peer.info.address.host);
    const fresh = Array.from(contacts.values()).filter(
      contact =>
        contact.key !== ownKey &&
        !told.has(contact.key) &&
        mayPassOn(contact.scope, scope) &&
        !(isSeed(contact.peer) && isSeed(peer)), // they have nothing for each other
    );
    const room = Math.min(MAX_PEX_PEERS, MAX_PEX_TOLD - told.size + dropped.length);
    // Where there is no room for all, not everybody is told of the same ones.
    const from = fresh.length > room ? peer.key % fresh.length : 0;
    const added = [...fresh.slice(from), ...fresh.slice(0, from)].slice(0, room);
    if (added.length === fresh.length && dropped.length < MAX_PEX_PEERS) account.upTo = this.#version;
    if (added.length + dropped.length === 0) return false;
    for (const [key] of dropped) told.delete(key);
    for (const { key, address } of added) told.set(key, address);
    const payload = encodePexMessage({
      added: added.map(describe),
      dropped: dropped.map(([, address]) => address),
    });
    peer.send({ type: 'extended', id: peer.pexId, payload });
    return true;
  }
}

/** Where others can dial it: where we did, or, when it dialled us, where it says that it listens. */
function listeningAddress({ info, listenPort }: PeerCore): PeerAddress | undefined {
  const { host, port } = info.address;
  const at = info.incoming ? listenPort : port;
  return at === undefined ? undefined : canonicalAddress({ host, port: at });
}

function keyOf(address: PeerAddress | undefined): string | undefined {
  return address && formatAddress(address);
}

/** BEP 11: `seed` is said of those that only upload, too. */
function isSeed({ seed, uploadOnly }: PeerCore): boolean {
  return seed || uploadOnly;
}

function describe({ peer, address }: Contact): PexPeer {
  const flags = (isSeed(peer) ? PEX_FLAGS.seed : 0) | (peer.info.incoming ? 0 : PEX_FLAGS.reachable);
  return { ...address, flags };
}
