import { canonicalAddress } from '../../engine/policy/peer-list-address.js';
import { hostKey } from '../../engine/policy/subnet.js';

/** Wrong passwords in a row that an address may send. */
const MAX_FAILURES = 10;
/** And how long it is not heard then; twice as long for each one after that. */
const FIRST_LOCK_MS = 30_000;
const MAX_LOCK_MS = 3_600_000;
/** Addresses that are remembered: an attacker who has more of them loses the oldest. */
const MAX_ADDRESSES = 10_000;

interface Failures {
  count: number;
  lockedUntilMs: number;
}

/** Slows down whoever guesses passwords, by address, of IPv6 by its /64: nobody else is kept out. */
export class LoginLimit {
  readonly #failures = new Map<string, Failures>();
  /** Wrong passwords so far. */
  total = 0;

  /** Milliseconds until the address is heard again; 0 when it is. */
  lockedMs(address: string, nowMs: number): number {
    return Math.max(0, (this.#failures.get(keyOf(address))?.lockedUntilMs ?? 0) - nowMs);
  }

  failed(address: string, nowMs: number): void {
    this.total++;
    const key = keyOf(address);
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    const lockMs =
      count < MAX_FAILURES ? 0 : Math.min(MAX_LOCK_MS, FIRST_LOCK_MS * 2 ** (count - MAX_FAILURES));
    this.#failures.delete(key); // the oldest come first
    this.#failures.set(key, { count, lockedUntilMs: lockMs === 0 ? 0 : nowMs + lockMs });
    if (this.#failures.size > MAX_ADDRESSES) this.#failures.delete(this.#failures.keys().next().value!);
  }

  succeeded(address: string): void {
    this.#failures.delete(keyOf(address));
  }
}

/** A listener for both families tells of IPv4 in IPv6 dress. */
function keyOf(address: string): string {
  return hostKey(canonicalAddress({ host: address, port: 1 })?.host ?? address);
}
