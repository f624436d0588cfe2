import { formatAddress, type PeerAddress } from '../ids.js';
import { ExternalAddress } from '../policy/external-address.js';
import { scopeOf } from '../policy/host-scope.js';
import { canonicalAddress } from '../policy/peer-list-address.js';
import { peerPriority } from '../policy/peer-priority.js';
import { familyOf, type IpFamily } from '../protocol/compact.js';

/** Priorities that are kept, so that a list of peers is not hashed for each one that is dialled. */
const MAX_KEPT = 10_000;

/** How others see us, by family, as they tell it; and what that makes of connections with them (BEP 40). */
export class OwnAddresses {
  readonly #external = { 4: new ExternalAddress(), 6: new ExternalAddress() };
  readonly #kept = new Map<string, number | undefined>();

  /** Somebody says that this is where we come from. */
  vote(host: string, voter: string): void {
    const own = canonicalAddress({ host, port: 1 });
    if (own === undefined || scopeOf(own.host) !== 'world') return;
    if (this.#external[familyOf(own.host)].vote(own.host, voter)) this.#kept.clear();
  }

  /** Undefined while it is not known. */
  hostOf(family: IpFamily): string | undefined {
    return this.#external[family].host;
  }

  /** Undefined while our address is not known, and for hosts that do not know us by it. */
  priorityOf = (address: PeerAddress): number | undefined => {
    const own = this.#external[familyOf(address.host)].host;
    if (own === undefined) return undefined;
    const key = formatAddress(address);
    if (this.#kept.has(key)) return this.#kept.get(key);
    const priority =
      scopeOf(address.host) === 'world' ? peerPriority({ host: own, port: 0 }, address) : undefined;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, priority);
    return priority;
  };
}
