import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IpFamily } from '../protocol/compact.js';

/** After this time names are looked up again, and a family that had failed is tried again. */
const KNOWN_MS = 15 * 60_000;

/** Trackers that one session talks to are far fewer. */
const MAX_KNOWN = 1000;

/** Either will do: whichever answers. */
const EITHER: readonly undefined[] = [undefined];

interface Known {
  families: Promise<readonly IpFamily[]>;
  readonly untilMs: number;
}

/**
 * In which families a tracker is asked. It sees one of our addresses with each announce, so that peers of both families
 * learn of us only when it is told by both (BEP 7).
 */
export class TrackerFamilies {
  readonly #known = new Map<string, Known>();

  /** @param reachable families in which others reach us; none counts as both */
  constructor(readonly reachable: () => readonly IpFamily[]) {}

  /** What a request to the host is made by, each once; `undefined` leaves it to the system. Never rejects. */
  async of(host: string): Promise<readonly (IpFamily | undefined)[]> {
    const reachable = this.reachable();
    if (isIP(host) !== 0) return EITHER;
    const families = await this.#familiesOf(host);
    if (reachable.length === 0) return families.length < 2 ? EITHER : families;
    const common = families.filter(family => reachable.includes(family));
    return common.length === 0 ? EITHER : common;
  }

  /** Leaves a family out for a while: it failed, and the other works. */
  async leaveOut(host: string, family: IpFamily): Promise<void> {
    const known = this.#known.get(host);
    if (known === undefined) return;
    const families = await known.families;
    known.families = Promise.resolve(families.filter(other => other !== family));
  }

  /** Nothing works: next time all is tried. */
  forget(host: string): void {
    this.#known.delete(host);
  }

  #familiesOf(host: string): Promise<readonly IpFamily[]> {
    const now = performance.now();
    const known = this.#known.get(host);
    if (known !== undefined && known.untilMs > now) return known.families;
    this.#known.delete(host);
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    const fresh: Known = { families: familiesOfName(host), untilMs: now + KNOWN_MS };
    this.#known.set(host, fresh);
    void fresh.families.then(families => {
      // Whoever asks the tracker is told why; the next one looks again.
      if (families.length === 0 && this.#known.get(host) === fresh) this.#known.delete(host);
    });
    return fresh.families;
  }
}

async function familiesOfName(host: string): Promise<readonly IpFamily[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return ([4, 6] as const).filter(family => found.some(address => address.family === family));
}
