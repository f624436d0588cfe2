import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { Answers } from '../../../../src/engine/dht/answers.js';
import { compareDistance, randomId } from '../../../../src/engine/dht/distance.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { IpFamily } from '../../../../src/engine/protocol/compact.js';
import { itemTarget } from '../../../../src/engine/protocol/dht/item.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../../../src/engine/protocol/dht/krpc.js';
import type {
  DhtContact,
  DhtItem,
  DhtQuery,
  DhtQueryMessage,
} from '../../../../src/engine/protocol/dht/messages.js';
import { sha1 } from '../../../../src/engine/protocol/digest.js';

const OWN_ID = new Uint8Array(20).fill(1);
const ASKER_ID = new Uint8Array(20).fill(2);
const INFO_HASH = new Uint8Array(20).fill(3);
const EMPTY_HASH = new Uint8Array(20).fill(4);
const VERIFIED: PeerAddress = { host: '198.51.100.7', port: 6881 };
const STRANGER: PeerAddress = { host: '192.0.2.1', port: 6882 };

const crypto = {
  sha1,
  verify: (key: Uint8Array, _: Uint8Array, signature: Uint8Array) => key[0] === signature[0],
};

const SMALL: DhtItem = { value: utf8('5:hello') };
const LARGE: DhtItem = { value: utf8(`995:${'x'.repeat(995)}`) };
const MUTABLE: DhtItem = {
  value: LARGE.value,
  mutable: {
    key: new Uint8Array(32).fill(9),
    salt: utf8('salt'),
    seq: 7,
    signature: new Uint8Array(64).fill(9),
  },
};
const target = (item: DhtItem) => itemTarget(item, sha1);

/** A table of 100 nodes, the first of which are the two who ask. */
function table(family: IpFamily) {
  const rng = createRng(family);
  const hosts = Array.from({ length: 100 }, (_, i) =>
    family === 4 ? `203.0.113.${i}` : `2001:db8::${i + 1}`,
  );
  const contacts: DhtContact[] = hosts.map(host => ({ id: randomId(rng), host, port: 1000 }));
  if (family === 4) contacts.push({ id: INFO_HASH, ...STRANGER }, { id: EMPTY_HASH, ...VERIFIED });
  return {
    closest: (to: Uint8Array, count: number) =>
      [...contacts].sort((a, b) => compareDistance(to, a.id, b.id)).slice(0, count),
  };
}

function create(nowMs = 0): Answers {
  const [own, other] = [table(4), table(6)];
  const options = { rng: createRng(1), crypto, table: own, other: () => other, ownId: () => OWN_ID };
  const answers = new Answers({ ...options, family: 4, version: utf8('mr01') }, nowMs);
  answers.verified(VERIFIED, nowMs);
  return answers;
}

let answers = create();

function ask(query: DhtQuery, from = VERIFIED, nowMs = 0, transaction = utf8('aa')) {
  const message: DhtQueryMessage = { type: 'query', transaction, id: ASKER_ID, query };
  const question = encodeDhtMessage(message);
  const packet = answers.answer(message, from, question.length, nowMs);
  const reply = packet && decodeDhtMessage(packet);
  return { question, packet, reply, answer: reply?.type === 'response' ? reply.answer : undefined };
}

function tokenFor(from: PeerAddress, nowMs = 0): Uint8Array {
  return ask({ method: 'get_peers', infoHash: EMPTY_HASH }, from, nowMs).answer!.token!;
}

function announce(from: PeerAddress, seed = false, port = from.port, nowMs = 0) {
  const token = tokenFor(from, nowMs);
  return ask({ method: 'announce_peer', infoHash: INFO_HASH, port, token, seed }, from, nowMs);
}

/** Peers by the hundred, and items. */
function fill(): void {
  for (let i = 0; i < 300; i++) announce({ host: `198.18.0.${i % 200}`, port: 1000 + i }, i % 3 === 0);
  for (let i = 0; i < 30; i++) {
    const from = { host: `198.18.1.${i}`, port: 1 };
    ask({ method: 'announce_peer', infoHash: randomId(createRng(i)), port: 1, token: tokenFor(from) }, from);
  }
  for (const item of [SMALL, LARGE, MUTABLE]) ask({ method: 'put', token: tokenFor(VERIFIED), item });
}

beforeEach(() => {
  answers = create();
});

describe('answers', () => {
  it('tell who answers, to whom, and by which program', () => {
    const { reply } = ask({ method: 'ping' });
    expect(reply).toMatchObject({
      type: 'response',
      id: OWN_ID,
      seenAs: VERIFIED,
      version: utf8('mr01'),
      answer: {},
    });
    expect(reply!.transaction).toEqual(utf8('aa'));
  });

  it('tell of the 8 closest nodes, but not of who asks', () => {
    const { answer } = ask({ method: 'find_node', target: EMPTY_HASH });
    expect(answer!.nodes).toHaveLength(8);
    expect(answer!.nodes6).toBeUndefined();
    const closest = table(4).closest(EMPTY_HASH, 9).slice(1);
    expect(answer!.nodes!.map(node => node.host)).toEqual(closest.map(node => node.host));
  });

  it.each([
    [{ v4: true, v6: true }, 8, 8],
    [{ v4: false, v6: true }, 0, 8],
    [{ v4: true, v6: false }, 8, 0],
    [{ v4: false, v6: false }, 8, 0],
  ])('tell of the families that are wanted: %o', (want, v4, v6) => {
    for (const method of ['find_node', 'sample_infohashes', 'get'] as const) {
      const { answer } = ask({ method, target: EMPTY_HASH, want });
      expect([answer!.nodes?.length ?? 0, answer!.nodes6?.length ?? 0]).toEqual([v4, v6]);
    }
  });

  it('tell of peers that announced themselves with a token', () => {
    expect(announce(STRANGER, false, 7000).answer).toEqual({});
    const { answer } = ask({ method: 'get_peers', infoHash: INFO_HASH });
    expect(answer!.peers).toEqual([{ host: STRANGER.host, port: 7000 }]);
    expect(answer!.nodes).toHaveLength(8);
    expect(ask({ method: 'get_peers', infoHash: EMPTY_HASH }).answer!.peers).toBeUndefined();
  });

  it('take the port of the packet when that is implied', () => {
    const query = { method: 'announce_peer', infoHash: INFO_HASH, port: 1, impliedPort: true } as const;
    ask({ ...query, token: tokenFor(STRANGER) }, STRANGER);
    expect(ask({ method: 'get_peers', infoHash: INFO_HASH }).answer!.peers).toEqual([STRANGER]);
  });

  it('refuse tokens of others, old ones and those that were guessed', () => {
    const query = { method: 'announce_peer', infoHash: INFO_HASH, port: 1 } as const;
    const error = { type: 'error', code: 203 };
    const token = tokenFor(STRANGER);
    expect(ask({ ...query, token }, VERIFIED).reply).toMatchObject(error);
    expect(ask({ ...query, token }, STRANGER, 600_000).reply).toMatchObject(error);
    expect(ask({ ...query, token: utf8('guess') }, STRANGER).reply).toMatchObject(error);
    expect(ask({ method: 'put', item: SMALL, token }, VERIFIED).reply).toMatchObject(error);
    expect([answers.counts.peers, answers.counts.items]).toEqual([0, 0]);
    expect(ask({ ...query, token }, STRANGER).reply!.type).toBe('response');
  });

  it('tell of items, and only of the number of those that the asker has', () => {
    fill();
    expect(ask({ method: 'get', target: target(LARGE) }).answer!.item).toEqual(LARGE);
    const { salt: _, ...told } = MUTABLE.mutable!;
    const get = (seq?: number) =>
      ask({ method: 'get', target: target(MUTABLE), ...(seq !== undefined && { seq }) });
    expect(get().answer!.item).toEqual({ value: MUTABLE.value, mutable: told });
    expect(get(6).answer!.item).toEqual({ value: MUTABLE.value, mutable: told });
    expect(get(7).answer).not.toHaveProperty('item');
    expect(get(7).answer!.seq).toBe(7);
    expect(get().answer!.token).toHaveLength(4);
  });

  it('refuse items with the codes of BEP 44', () => {
    fill();
    const put = (seq: number, signer: number, cas?: number) => {
      const mutable = { ...MUTABLE.mutable!, seq, signature: new Uint8Array(64).fill(signer) };
      const item = { value: utf8('i1e'), mutable };
      return ask({ method: 'put', token: tokenFor(VERIFIED), item, ...(cas !== undefined && { cas }) }).reply;
    };
    expect(put(8, 1)).toMatchObject({ type: 'error', code: 206 });
    expect(put(8, 9, 6)).toMatchObject({ type: 'error', code: 301 });
    expect(put(6, 9)).toMatchObject({ type: 'error', code: 302 });
    expect(put(8, 9, 7)).toMatchObject({ type: 'response' });
  });

  it('tell filters over seeds and downloaders (BEP 33)', () => {
    fill();
    const { answer } = ask({ method: 'get_peers', infoHash: INFO_HASH, scrape: true, noSeed: true });
    expect([answer!.seeds!.length, answer!.downloaders!.length]).toEqual([256, 256]);
    expect(answer!.peers!.length).toBeGreaterThan(20);
    expect(answer!.peers!.every(({ port }) => (port - 1000) % 3 !== 0)).toBe(true);
    expect(ask({ method: 'get_peers', infoHash: INFO_HASH }).answer!.seeds).toBeUndefined();
  });

  it('tell a sample of the torrents, the same one until its interval is over (BEP 51)', () => {
    fill();
    const sample = (nowMs: number) =>
      ask({ method: 'sample_infohashes', target: EMPTY_HASH }, VERIFIED, nowMs).answer!;
    const first = sample(0);
    expect(first).toMatchObject({ interval: 600, stored: 31 });
    expect(first.samples).toHaveLength(20);
    expect(sample(599_000)).toMatchObject({ interval: 1, samples: first.samples });
    answers.verified(VERIFIED, 600_000);
    expect(sample(600_000).samples).not.toEqual(first.samples);
  });

  it('tell of all torrents while they are few', () => {
    announce(STRANGER);
    const { answer } = ask({ method: 'sample_infohashes', target: EMPTY_HASH });
    expect(answer).toMatchObject({ samples: [INFO_HASH], interval: 0, stored: 1 });
  });

  it('say why a query is not taken', () => {
    const refused = { type: 'refused', transaction: utf8('x'), code: 204, text: 'Method Unknown' } as const;
    const packet = answers.answer(refused, STRANGER, 80, 0)!;
    expect(decodeDhtMessage(packet)).toMatchObject({ type: 'error', code: 204, seenAs: STRANGER });
    expect(answers.answer(refused, STRANGER, 30, 0)).toBeUndefined();
  });

  it('are silent to who asks too much', () => {
    let silent = 0;
    for (let i = 0; i < 60; i++) if (ask({ method: 'ping' }, STRANGER).packet === undefined) silent++;
    expect(silent).toBe(10);
    expect(answers.counts).toMatchObject({ answered: 50, limited: 10 });
  });

  it('forget peers and items when their time is over', () => {
    expect(answers.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    fill();
    const steps = [];
    for (let nowMs = answers.nextTimeout(); nowMs < Number.POSITIVE_INFINITY; nowMs = answers.nextTimeout()) {
      answers.handleTimeout(nowMs);
      steps.push(nowMs);
    }
    expect(steps.at(-1)).toBe(2 * 3600_000);
    expect(steps).toHaveLength(120);
    expect(answers.counts).toMatchObject({ peers: 0, torrents: 0, items: 0, shares: 0 });
  });
});

describe('to an address that may be forged', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const want = fc.option(fc.record({ v4: fc.boolean(), v6: fc.boolean() }), { nil: undefined });
  const place = fc.oneof(
    fc.constantFrom(INFO_HASH, EMPTY_HASH, target(SMALL), target(LARGE), target(MUTABLE)),
    bytes(20),
  );
  const token = bytes(4);
  const query: fc.Arbitrary<DhtQuery> = fc.oneof(
    fc.constant({ method: 'ping' } as const),
    fc.record({ method: fc.constant('find_node' as const), target: place, want }),
    fc.record({
      method: fc.constant('get_peers' as const),
      infoHash: place,
      want,
      scrape: fc.boolean(),
      noSeed: fc.boolean(),
    }),
    fc.record({
      method: fc.constant('announce_peer' as const),
      infoHash: place,
      port: fc.nat(65_535),
      impliedPort: fc.boolean(),
      token,
    }),
    fc.record({
      method: fc.constant('get' as const),
      target: place,
      want,
      seq: fc.option(fc.nat(9), { nil: undefined }),
    }),
    fc.record({ method: fc.constant('put' as const), token, item: fc.constantFrom(SMALL, LARGE, MUTABLE) }),
    fc.record({ method: fc.constant('sample_infohashes' as const), target: place, want }),
  );
  const stranger = fc.record({
    host: fc.oneof(fc.constant(STRANGER.host), fc.ipV4(), fc.constant('127.0.0.1')),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  const transaction = fc.uint8Array({ minLength: 1, maxLength: 16 });

  it('an answer is never larger than twice the question, and there is one', () => {
    fill();
    let nowMs = 0; // goes on, so that nobody is limited
    fc.assert(
      fc.property(query, stranger, transaction, (query, from, transaction) => {
        const { question, packet } = ask(query, from, (nowMs += 1000), transaction);
        expect(packet).toBeDefined();
        expect(packet!.length).toBeLessThanOrEqual(2 * question.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('is as long as it may be to one that is verified, and fits a packet', () => {
    fill();
    let nowMs = 0;
    fc.assert(
      fc.property(query, transaction, (query, transaction) => {
        answers.verified(VERIFIED, (nowMs += 1000));
        const { packet, answer } = ask(query, VERIFIED, nowMs, transaction);
        expect(packet!.length).toBeLessThanOrEqual(1400);
        if (query.method === 'get')
          expect(answer!.item === undefined).toBe(isUnknown(query.target, query.seq));
      }),
      { numRuns: 500 },
    );
  });

  it('uses what it may: nodes, peers and samples up to the last that fits', () => {
    fill();
    const unused = (query: DhtQuery) => {
      const { question, packet } = ask(query, STRANGER);
      return 2 * question.length - packet!.length;
    };
    expect(unused({ method: 'find_node', target: EMPTY_HASH })).toBeLessThan(26);
    expect(unused({ method: 'get_peers', infoHash: EMPTY_HASH })).toBeLessThan(26);
    expect(unused({ method: 'get_peers', infoHash: INFO_HASH })).toBeLessThan(26);
    expect(unused({ method: 'get', target: EMPTY_HASH })).toBeLessThan(26);
    expect(unused({ method: 'sample_infohashes', target: EMPTY_HASH })).toBeLessThan(26);
  });

  it('a long question gets a long answer', () => {
    fill();
    const message = { type: 'query', transaction: utf8('aa'), id: ASKER_ID } as const;
    const get = { ...message, query: { method: 'get', target: target(MUTABLE) } } as const;
    const scrape = { ...message, query: { method: 'get_peers', infoHash: INFO_HASH, scrape: true } } as const;
    const answerTo = (message: DhtQueryMessage, packetBytes: number) => {
      const reply = decodeDhtMessage(answers.answer(message, STRANGER, packetBytes, 0)!);
      return reply?.type === 'response' ? reply.answer : undefined;
    };
    expect(answerTo(get, 100)).toMatchObject({ seq: 7 });
    expect(answerTo(get, 100)).not.toHaveProperty('item');
    expect(answerTo(get, 650)!.item!.value).toEqual(MUTABLE.value);
    expect(answerTo(scrape, 100)).not.toHaveProperty('seeds');
    expect(answerTo(scrape, 350)).toHaveProperty('seeds');
  });

  it('is whole again once a token came back, for ten minutes', () => {
    fill();
    const nodes = (nowMs: number) =>
      ask({ method: 'find_node', target: EMPTY_HASH }, STRANGER, nowMs).answer!.nodes!.length;
    expect(nodes(0)).toBeLessThan(8);
    announce(STRANGER, false, 1, 60_000);
    expect(nodes(659_999)).toBe(8);
    expect(nodes(660_000)).toBeLessThan(8);
  });

  it('keeps few addresses in mind', () => {
    for (let i = 0; i < 20_000; i++) answers.verified({ host: `198.18.${i >> 8}.${i & 255}`, port: 1 }, 0);
    expect(answers.counts.verified).toBeLessThanOrEqual(8192);
  });

  function isUnknown(to: Uint8Array, seq: number | undefined): boolean {
    const known = [SMALL, LARGE, MUTABLE].find(item => compareDistance(to, target(item), to) === 0);
    return known === undefined || (known === MUTABLE && seq !== undefined && seq >= 7);
  }
});
