import type { DhtNode } from '../../engine/dht/node.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../engine/protocol/dht/krpc.js';
import type { DhtContact } from '../../engine/protocol/dht/messages.js';

/**
 * Fills the table of a node as if it had been there for long: everybody answers it at once, also those who have left or
 * turned hostile since, and tells of nobody else.
 */
export function introduce(node: DhtNode, contacts: readonly DhtContact[], nowMs: number): void {
  const ids = new Map(contacts.map(({ host, id }) => [host, id]));
  node.addNodes(contacts, nowMs);
  for (;;) {
    const out = node.poll();
    if (out === undefined) {
      if (node.nextTimeout() > nowMs) return;
      node.handleTimeout(nowMs);
      continue;
    }
    const query = decodeDhtMessage(out.packet);
    const id = ids.get(out.to.host);
    if (query === undefined || id === undefined) continue;
    const { transaction } = query;
    const answer = { type: 'response', transaction, id, answer: { nodes: [] } } as const;
    node.handlePacket(encodeDhtMessage(answer), out.to, nowMs);
  }
}
