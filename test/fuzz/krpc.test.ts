import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatIp } from '../../src/engine/protocol/compact.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../src/engine/protocol/dht/krpc.js';
import {
  MAX_NODES,
  MAX_PEERS,
  MAX_TOKEN_BYTES,
  MAX_VALUE_BYTES,
} from '../../src/engine/protocol/dht/limits.js';
import type { DhtMessage } from '../../src/engine/protocol/dht/messages.js';

const box = { numRuns: 3000, interruptAfterTimeLimit: 3000 };

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const id = bytes(20);
const port = fc.integer({ min: 1, max: 65535 });
const host = fc.oneof(bytes(4), bytes(16)).map(formatIp);
const address = fc.record({ host, port });
const nodes = (size: number) =>
  fc.array(fc.record({ id, host: bytes(size).map(formatIp), port }), { maxLength: MAX_NODES });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const yes = fc.constantFrom(true, undefined);
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const want = some(fc.record({ v4: fc.boolean(), v6: fc.boolean() }));
const value = fc.oneof(
  bytes(0, 100).map(text => Buffer.concat([Buffer.from(`${text.length}:`), text])),
  fc.integer().map(number => Buffer.from(`i${number}e`)),
  fc.constantFrom('le', 'd1:ale1:bi0ee').map(text => Buffer.from(text)),
);
const mutable = fc.record({ key: bytes(32), salt: some(bytes(1, 64)), seq: count, signature: bytes(64) });
const item = fc.record({ value: value.map(raw => new Uint8Array(raw)), mutable: some(mutable) });
const token = bytes(1, MAX_TOKEN_BYTES);

const query = fc.oneof(
  fc.constant({ method: 'ping' }),
  fc.record({ method: fc.constantFrom('find_node', 'sample_infohashes'), target: id, want }),
  fc.record({ method: fc.constant('get'), target: id, seq: some(count), want }),
  fc.record({ method: fc.constant('get_peers'), infoHash: id, want, noSeed: yes, scrape: yes }),
  fc.record({ method: fc.constant('announce_peer'), infoHash: id, port, impliedPort: yes, token, seed: yes }),
  fc.record({ method: fc.constant('put'), token, item, cas: some(count) }),
);

const answer = fc.record({
  nodes: some(nodes(4)),
  nodes6: some(nodes(16)),
  token: some(token),
  peers: some(fc.array(address, { maxLength: 20 })),
  samples: some(fc.array(id, { maxLength: 10 })),
  interval: some(count),
  stored: some(count),
});
const filters = fc.record({ seeds: bytes(256), downloaders: bytes(256) });

const envelope = { transaction: bytes(1, 16), version: some(bytes(0, 16)) };
const seenAs = some(address);

/** Without what is undefined, as messages are read. */
const message = fc
  .oneof(
    fc.record({ type: fc.constant('query'), ...envelope, id, readOnly: yes, query }),
    fc.record({ type: fc.constant('response'), ...envelope, id, answer: fc.oneof(answer, filters), seenAs }),
    fc.record({ type: fc.constant('response'), ...envelope, id, answer: fc.record({ item }), seenAs }),
    fc.record({
      type: fc.constant('error'),
      ...envelope,
      code: count,
      text: fc.string({ maxLength: 60 }),
      seenAs,
    }),
  )
  .map(parts => withoutUndefined(parts) as DhtMessage);

function withoutUndefined(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutUndefined);
  if (part === null || typeof part !== 'object' || part instanceof Uint8Array) return part;
  const kept = Object.entries(part).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutUndefined(member)]));
}

/** Who asks for an item knows its salt; its sequence number is read a second time by itself. */
function told(sent: DhtMessage): DhtMessage {
  if (sent.type !== 'response' || !sent.answer.item?.mutable) return sent;
  const { value, mutable } = sent.answer.item;
  const { salt: _, ...rest } = mutable;
  return { ...sent, answer: { ...sent.answer, item: { value, mutable: rest }, seq: rest.seq } };
}

it('what is written is read back', () => {
  fc.assert(
    fc.property(message, sent => {
      expect(decodeDhtMessage(encodeDhtMessage(sent))).toEqual(told(sent));
    }),
    box,
  );
});

const corpus = new URL('corpus/krpc/', import.meta.url);
const samples = readdirSync(corpus).map(file => new Uint8Array(readFileSync(new URL(file, corpus))));

/** Bytes are replaced, put in and taken out. */
const mutated = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...samples),
      message.map(sent => encodeDhtMessage(sent)),
    ),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(2),
        fc.oneof(
          bytes(0, 4),
          fc.constantFrom(
            ...['d', 'l', 'i', 'e', '0:', '9', '1:t', '-'].map(text => new Uint8Array(Buffer.from(text))),
          ),
        ),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  )
  .map(([packet, edits]) => {
    let edited = Buffer.from(packet);
    for (const [place, removed, inserted] of edits) {
      const at = place % (edited.length + 1);
      edited = Buffer.concat([edited.subarray(0, at), inserted, edited.subarray(at + removed)]);
    }
    return new Uint8Array(edited);
  });

it('any packet gives a message within bounds, a refusal, or nothing', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(bytes(0, 2100), mutated, mutated, mutated), packet => {
      const decoded = decodeDhtMessage(packet);
      if (decoded === undefined) return;
      read++;
      expect(packet.length).toBeLessThanOrEqual(2048);
      if (decoded.type === 'query') expectQuery(decoded);
      if (decoded.type === 'response') expectResponse(decoded);
      // What we have understood we can write, and it means the same.
      if (decoded.type !== 'refused') expect(decodeDhtMessage(encodeDhtMessage(decoded))).toEqual(decoded);
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(100);
});

function expectQuery({ id, query }: Extract<DhtMessage, { type: 'query' }>): void {
  expect(id).toHaveLength(20);
  if (query.method === 'put') expect(query.item.value.length).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  if (query.method === 'announce_peer' && !query.impliedPort) expect(query.port).toBeGreaterThan(0);
}

function expectResponse({ id, answer }: Extract<DhtMessage, { type: 'response' }>): void {
  const { nodes = [], nodes6 = [], peers = [], samples = [] } = answer;
  expect(id).toHaveLength(20);
  expect(Math.max(nodes.length, nodes6.length)).toBeLessThanOrEqual(MAX_NODES);
  expect(peers.length).toBeLessThanOrEqual(MAX_PEERS);
  for (const hash of samples) expect(hash).toHaveLength(20);
  for (const { port } of [...nodes, ...nodes6, ...peers]) expect(port).toBeGreaterThan(0);
}
