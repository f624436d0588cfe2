import { subnetOf } from './subnet.js';

/** Networks whose last word is remembered. */
const MAX_VOTERS = 16;

/** So many of them must agree, and be more than half: who lies needs addresses in as many networks. */
const MIN_VOTES = 4;

/** Our own address, as others see us. It is believed when different networks agree. */
export class ExternalAddress {
  /** What each network said last, in the order in which they spoke. */
  readonly #votes = new Map<string, string>();
  #host: string | undefined;

  get host(): string | undefined {
    return this.#host;
  }

  /**
   * Nobody in a local network knows our address in the internet, and a local address is none.
   * @returns true when another address is believed now
   */
  vote(host: string, voter: string): boolean {
    const network = subnetOf(voter);
    if (network === undefined || subnetOf(host) === undefined) return false;
    this.#votes.delete(network);
    this.#votes.set(network, host);
    if (this.#votes.size > MAX_VOTERS) this.#votes.delete(this.#votes.keys().next().value!);
    if (host === this.#host) return false;
    let agreed = 0;
    for (const said of this.#votes.values()) if (said === host) agreed++;
    if (agreed < MIN_VOTES || 2 * agreed <= this.#votes.size) return false;
    this.#host = host;
    return true;
  }
}
