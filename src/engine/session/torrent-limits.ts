import { nowMs } from './clock.js';
import { SharedLimits } from './limits.js';
import { resolveLimits } from './option-values.js';
import type { GroupLimits, RateLimits } from './types.js';

/** Torrents that share rates, by the name of their group; one that nobody has set has no limits. */
export class LimitGroups {
  readonly #groups = new Map<string, { readonly limits: SharedLimits; ownOnly: boolean }>();

  /** What holds for a torrent of the group, besides its own. */
  levels(name: string, session: SharedLimits): readonly SharedLimits[] {
    const { limits, ownOnly } = this.#get(name);
    return ownOnly ? [limits] : [session, limits];
  }

  set(name: string, { ownOnly = false, ...limits }: GroupLimits): void {
    const group = this.#get(name);
    group.limits.set(resolveLimits(limits), nowMs());
    group.ownOnly = ownOnly;
  }

  #get(name: string): { readonly limits: SharedLimits; ownOnly: boolean } {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { limits: new SharedLimits(resolveLimits({})), ownOnly: false };
      this.#groups.set(name, group);
    }
    return group;
  }
}

export interface TorrentLimitsOptions {
  readonly session: SharedLimits;
  readonly groups: LimitGroups;
  readonly limits: RateLimits | undefined;
  readonly ownOnly: boolean;
  readonly group: string | undefined;
}

/** The rates that a torrent must keep to: its own, those of its group, and the session's. */
export class TorrentLimits {
  /** Made when it is asked for: torrents at rest have no use for buckets. */
  #own: SharedLimits | undefined;
  #ownOnly: boolean;
  #group: string | undefined;

  constructor(readonly options: TorrentLimitsOptions) {
    this.#ownOnly = options.ownOnly;
    this.#group = options.group;
  }

  get group(): string | undefined {
    return this.#group;
  }

  levels(): readonly SharedLimits[] {
    const { session, groups, limits } = this.options;
    this.#own ??= new SharedLimits(resolveLimits(limits));
    if (this.#ownOnly) return [this.#own];
    return [...(this.#group === undefined ? [session] : groups.levels(this.#group, session)), this.#own];
  }

  /** @returns whether other levels hold from now on, and not only other rates */
  set(limits: RateLimits, ownOnly = this.#ownOnly): boolean {
    const others = this.#own === undefined || ownOnly !== this.#ownOnly;
    this.#own ??= new SharedLimits(resolveLimits(limits));
    this.#own.set(resolveLimits(limits), nowMs());
    this.#ownOnly = ownOnly;
    return others;
  }

  setGroup(name: string | undefined): void {
    this.#group = name;
  }
}
