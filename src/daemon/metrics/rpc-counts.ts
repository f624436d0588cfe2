import type { RpcCount } from './source.js';

/** Names beyond those known: what strangers send must not make series. */
const OTHER = 'other';

/** How often each method was called, and how that went. */
export class RpcCounts implements Iterable<RpcCount> {
  readonly #counts = new Map<string, { ok: number; failed: number }>();

  constructor(readonly known: ReadonlySet<string>) {}

  count(method: string, ok: boolean): void {
    const name = this.known.has(method) ? method : OTHER;
    const counts = this.#counts.get(name) ?? { ok: 0, failed: 0 };
    if (ok) counts.ok++;
    else counts.failed++;
    this.#counts.set(name, counts);
  }

  *[Symbol.iterator](): Iterator<RpcCount> {
    for (const [method, { ok, failed }] of this.#counts) {
      if (ok > 0) yield { method, ok: true, count: ok };
      if (failed > 0) yield { method, ok: false, count: failed };
    }
  }
}
