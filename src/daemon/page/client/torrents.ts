import type { Change, Row } from '../wire.js';
import { byName } from './select.js';

/** The torrents as the server told them. */
export class Torrents {
  readonly #rows = new Map<number, Row>();
  /** Told since the list began; undefined between lists. */
  #listed: Set<number> | undefined;
  #order: number[] = [];
  #isSorted = true;

  get size(): number {
    return this.#rows.size;
  }

  /** In the order of names. Sorted again when names came, which is quick when most are in their place. */
  get all(): Row[] {
    if (!this.#isSorted) {
      const rows = this.#rows;
      const known = this.#order.filter(id => rows.has(id));
      const isKnown = new Set(known);
      const ids = [...known, ...[...rows.keys()].filter(id => !isKnown.has(id))];
      this.#order = ids.sort((a, b) => byName(rows.get(a)!, rows.get(b)!));
      this.#isSorted = true;
    }
    return this.#order.flatMap(id => this.#rows.get(id) ?? []);
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  begin(): void {
    this.#listed = new Set();
  }

  /** What was shown before a new connection and is not in its list is gone. */
  ready(): void {
    for (const id of this.#rows.keys()) if (this.#listed?.has(id) === false) this.#rows.delete(id);
    this.#listed = undefined;
  }

  apply({ rows = [], patches = [], gone = [] }: Change): void {
    for (const row of rows) {
      if (this.#rows.get(row.id)?.name !== row.name) this.#isSorted = false;
      this.#rows.set(row.id, row);
      this.#listed?.add(row.id);
    }
    for (const patch of patches) {
      const row = this.#rows.get(patch.id);
      if (row === undefined) continue;
      if (patch.name !== undefined) this.#isSorted = false;
      // null, in fields that are no longer there, is read as unknown everywhere
      this.#rows.set(patch.id, { ...row, ...patch } as Row);
    }
    for (const id of gone) this.#rows.delete(id);
  }
}
