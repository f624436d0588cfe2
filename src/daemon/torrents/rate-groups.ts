import type { Session } from '../../index.js';
import type { Group, Groups } from '../rpc/context.js';
import type { Journal } from '../state/journal.js';

const PREFIX = 'group.';

/** Torrents that share rates, by the name of their group: remembered here, kept by the engine. */
export class RateGroups implements Groups {
  readonly #groups = new Map<string, Group>();

  constructor(
    readonly session: Pick<Session, 'setGroup'>,
    readonly journal: Journal,
  ) {
    for (const [key, value] of journal.entries())
      if (key.startsWith(PREFIX)) this.#apply({ ...(value as Group), name: key.slice(PREFIX.length) });
  }

  list(): Group[] {
    return [...this.#groups.values()];
  }

  set(group: Group): void {
    this.#apply(group);
    this.journal.set(PREFIX + group.name, group);
  }

  #apply(group: Group): void {
    const { name, down, up, honorsSessionLimits } = group;
    this.#groups.set(name, group);
    this.session.setGroup(name, {
      down: down.on ? Math.max(1, down.value) : 0,
      up: up.on ? Math.max(1, up.value) : 0,
      ownOnly: !honorsSessionLimits,
    });
  }
}
