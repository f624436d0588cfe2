/** Trackers of one torrent that are used; a hostile file could name thousands. */
const MAX_TRACKERS = 100;

/** The trackers of a torrent in the order in which they are tried (BEP 12). */
export class TrackerTiers {
  readonly #tiers: string[][] = [];

  /** Shuffles each tier; a URL that appears twice keeps its first place. */
  constructor(tiers: readonly (readonly string[])[], rng: { below(bound: number): number }) {
    const seen = new Set<string>();
    for (const tier of tiers) {
      const urls: string[] = [];
      for (const url of tier) {
        if (seen.size === MAX_TRACKERS) break;
        if (!seen.has(url)) urls.push(url);
        seen.add(url);
      }
      for (let i = urls.length - 1; i > 0; i--) {
        const j = rng.below(i + 1);
        [urls[i], urls[j]] = [urls[j], urls[i]];
      }
      if (urls.length > 0) this.#tiers.push(urls);
    }
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
