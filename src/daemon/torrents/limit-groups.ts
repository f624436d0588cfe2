import type { Session } from '../../index.js';
import type { Group, Groups } from '../rpc/context.js';
import type { Journal } from '../state/journal.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';

const PREFIX = 'group.';

/** Torrents that share rates, by the name of their group. */
export class LimitGroups implements Groups {
  readonly #groups = new Map<string, Group>();

  constructor(
    readonly session: Session,
    readonly catalog: Catalog,
    readonly journal: Journal,
  ) {
    for (const [key, value] of journal.entries())
      if (key.startsWith(PREFIX)) this.#groups.set(key.slice(PREFIX.length), value as Group);
  }

  list(): Group[] {
    return [...this.#groups.values()];
  }

  set(group: Group): void {
    this.#groups.set(group.name, group);
    this.journal.set(PREFIX + group.name, group);
  }

  assign(_entry: Entry): void {}
}
