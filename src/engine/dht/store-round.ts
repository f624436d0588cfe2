import type { DhtQuery } from '../protocol/dht/messages.js';
import type { Ask } from './queries.js';
import type { Candidate } from './shortlist.js';

export interface StoreRoundResult {
  /** Nodes that took it. */
  readonly taken: number;
  /** Code of the last node that refused. */
  readonly refused?: number;
}

/** Tells the nodes that a lookup found, and that gave tokens, what they shall store. Slow ones are not waited for. */
export function storeRound(
  nodes: readonly Candidate[],
  query: (token: Uint8Array) => DhtQuery,
  ask: Ask,
  done: (result: StoreRoundResult) => unknown,
  nowMs: number,
): void {
  let open = 1;
  let taken = 0;
  let refused: number | undefined;
  const settle = () => {
    if (--open === 0) done({ taken, ...(refused !== undefined && { refused }) });
  };
  for (const { id, host, port, token } of nodes) {
    if (token === undefined) continue;
    let waiting = true;
    const once = (note: () => void) => {
      if (!waiting) return;
      waiting = false;
      note();
      settle();
    };
    const waiter = {
      answered: () => once(() => taken++),
      refused: ({ code }: { code: number }) => once(() => (refused = code)),
      slow: () => once(() => {}),
      lost: () => once(() => {}),
    };
    open++;
    if (!ask({ host, port }, { id, host, port }, query(token), waiter, nowMs)) open--;
  }
  settle();
}
