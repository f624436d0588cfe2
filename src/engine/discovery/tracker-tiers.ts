/** Trackers of one torrent that are used; a hostile file could name thousands. */
const MAX_TRACKERS = 100;

/** Tiers as they are used: none is empty, and a URL that appears twice keeps its first place. */
export function distinctTiers(tiers: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const fresh = (url: string) => seen.size < MAX_TRACKERS && !seen.has(url) && seen.add(url);
  return tiers.map(tier => tier.filter(fresh)).filter(tier => tier.length > 0);
}

/** The trackers of a torrent in the order in which they are tried (BEP 12). */
export class TrackerTiers {
  readonly #tiers: string[][];

  /** Shuffles each tier. */
  constructor(tiers: readonly (readonly string[])[], rng: { below(bound: number): number }) {
    this.#tiers = distinctTiers(tiers);
    for (const urls of this.#tiers) {
      for (let i = urls.length - 1; i > 0; i--) {
        const j = rng.below(i + 1);
        [urls[i], urls[j]] = [urls[j], urls[i]];
      }
    }
  }

  get size(): number {
    return this.#tiers.reduce((sum, tier) => sum + tier.length, 0);
  }

  has(url: string): boolean {
    return this.#tiers.some(tier => tier.includes(url));
  }

  /** All URLs, tier by tier. A snapshot: it may be promoted while it is walked. */
  inOrder(): string[] {
    return this.#tiers.flat();
  }

  /** The tracker that worked goes to the front of its tier. */
  promote(url: string): void {
    for (const tier of this.#tiers) {
      const at = tier.indexOf(url);
      if (at > 0) tier.unshift(...tier.splice(at, 1));
    }
  }
}
