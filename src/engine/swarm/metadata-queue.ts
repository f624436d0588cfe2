import type { PeerKey } from '../ids.js';
import { METADATA_TURN_MS } from './limits.js';
import type { MetadataAssembly } from './metadata-assembly.js';

/** Assemblies that are filled at a time: what liars can make us hold is so many times the longest dictionary. */
const MAX_ACTIVE = 4;

/** Assemblies in the order of their turns. One whose peers are of no use gives way to those that wait. */
export class MetadataQueue {
  #queue: MetadataAssembly[] = [];

  find(bytes: number, only: PeerKey | undefined): MetadataAssembly | undefined {
    return this.#queue.find(assembly => assembly.bytes === bytes && assembly.only === only);
  }

  add(assembly: MetadataAssembly): void {
    if (!this.#queue.includes(assembly)) this.#queue.push(assembly);
    this.#clear();
  }

  delete(assembly: MetadataAssembly): void {
    this.#queue = this.#queue.filter(other => other !== assembly);
  }

  /** Those that may ask now. */
  active(nowMs: number): readonly MetadataAssembly[] {
    this.#clear();
    for (let waiting = this.#queue.length - MAX_ACTIVE; waiting > 0; waiting--) {
      const over = this.#queue.slice(0, MAX_ACTIVE).find(assembly => isOver(assembly, nowMs));
      if (over === undefined) break;
      over.reset();
      this.delete(over);
      this.#queue.push(over);
    }
    const active = this.#queue.slice(0, MAX_ACTIVE);
    for (const assembly of active) assembly.activeSinceMs ??= nowMs;
    return active;
  }

  /** When the next turn is over; Infinity while nobody waits. */
  nextTimeout(): number {
    if (this.#queue.length <= MAX_ACTIVE) return Number.POSITIVE_INFINITY;
    const since = this.#queue.slice(0, MAX_ACTIVE).map(({ activeSinceMs = 0 }) => activeSinceMs);
    return Math.min(...since) + METADATA_TURN_MS;
  }

  /** What nobody can go on with is dropped; the last one stays, for whoever comes and tells of its size. */
  #clear(): void {
    const manned = this.#queue.filter(({ members }) => members.size > 0);
    if (manned.length > 0) this.#queue = manned;
  }
}

function isOver(assembly: MetadataAssembly, nowMs: number): boolean {
  return !assembly.lively || nowMs - (assembly.activeSinceMs ?? nowMs) >= METADATA_TURN_MS;
}
