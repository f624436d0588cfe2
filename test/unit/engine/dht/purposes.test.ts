import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { GetPurpose } from '../../../../src/engine/dht/purpose-items.js';
import { PeersPurpose } from '../../../../src/engine/dht/purpose-peers.js';
import { Candidate } from '../../../../src/engine/dht/shortlist.js';
import { type StoreRoundResult, storeRound } from '../../../../src/engine/dht/store-round.js';
import type { Waiter } from '../../../../src/engine/dht/transactions.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import type { DhtItem, DhtQuery } from '../../../../src/engine/protocol/dht/messages.js';
import { crypto } from './virtual-network.js';

const key = new Uint8Array(32).fill(7);
const salt = utf8('salt');

function candidate(host = '20.0.0.1', token?: Uint8Array): Candidate {
  const made = new Candidate(new Uint8Array(20), host, 6881, { key: host, subnet: host }, 1, true);
  made.token = token;
  return made;
}

const mutable = (seq: number): DhtItem => ({
  value: utf8(`i${seq}e`),
  mutable: { key, seq, signature: new Uint8Array(64) },
});

describe('GetPurpose', () => {
  it('tells of an item each time that it is newer', () => {
    const told: (number | undefined)[] = [];
    const purpose = new GetPurpose(
      crypto.sha1(key),
      { seq: 2, onItem: item => told.push(item.mutable?.seq) },
      crypto,
    );
    for (const seq of [2, 5, 5, 4, 6])
      expect(purpose.answered(candidate(), { item: mutable(seq) })).toBe(false);
    expect(told).toEqual([5, 6]);
  });

  it('knows an item by its target, salt included', () => {
    const told: DhtItem[] = [];
    const target = crypto.sha1(Uint8Array.of(...key, ...salt));
    const purpose = new GetPurpose(target, { salt, onItem: item => told.push(item) }, crypto);
    const other = { ...mutable(3), mutable: { ...mutable(3).mutable!, key: new Uint8Array(32) } };
    purpose.answered(candidate(), { item: other });
    purpose.answered(candidate(), { item: { value: utf8('i1e') } });
    expect(told).toEqual([]);
    purpose.answered(candidate(), { item: mutable(3) });
    expect(told).toMatchObject([{ mutable: { seq: 3, salt } }]);
  });

  it('looks at few forged ones', () => {
    let checks = 0;
    const verify = () => {
      checks++;
      return false;
    };
    const purpose = new GetPurpose(crypto.sha1(key), {}, { ...crypto, verify });
    for (let seq = 1; seq < 200; seq++) purpose.answered(candidate(), { item: mutable(seq) });
    expect(checks).toBe(32);
  });

  it('is fulfilled by an immutable item', () => {
    const value = utf8('i1e');
    const purpose = new GetPurpose(crypto.sha1(value), {}, crypto);
    expect(purpose.answered(candidate(), { item: { value: utf8('i2e') } })).toBe(false);
    expect(purpose.answered(candidate(), { item: { value } })).toBe(true);
  });
});

describe('PeersPurpose', () => {
  it('tells of each peer once, and of none that cannot be', () => {
    const told: PeerAddress[] = [];
    const purpose = new PeersPurpose(
      new Uint8Array(20),
      { onPeers: peers => told.push(...peers) },
      () => true,
    );
    const peer = { host: '30.0.0.1', port: 1 };
    const unusable = ['224.0.0.1', '0.0.0.0', '127.0.0.1', '192.168.1.1'].map(host => ({ host, port: 1 }));
    purpose.answered(candidate(), { peers: [peer, ...unusable] });
    purpose.answered(candidate('20.0.1.1'), { peers: [peer, { ...peer, port: 2 }] });
    expect(told).toEqual([peer, { ...peer, port: 2 }]);
    purpose.answered(candidate('192.168.1.9'), { peers: [unusable[3]] });
    expect(told).toHaveLength(3);
  });

  it('tells of no more than two thousand', () => {
    let told = 0;
    const onPeers = (peers: PeerAddress[]) => {
      told += peers.length;
    };
    const purpose = new PeersPurpose(new Uint8Array(20), { onPeers }, () => true);
    for (let i = 1; i < 60; i++)
      purpose.answered(candidate(), {
        peers: Array.from({ length: 100 }, (_, at) => ({ host: `30.0.${i}.${at}`, port: 1 })),
      });
    expect(told).toBe(2000);
  });

  it('joins the filters of all', () => {
    const purpose = new PeersPurpose(
      new Uint8Array(20),
      { onDone: ({ seeds, downloaders }) => expect([seeds?.[0], downloaders?.[1]]).toEqual([3, 4]) },
      () => true,
    );
    const filter = (at: number, byte: number) => new Uint8Array(256).fill(byte, at, at + 1);
    purpose.answered(candidate(), { seeds: filter(0, 1), downloaders: filter(1, 4) });
    purpose.answered(candidate(), { seeds: filter(0, 2) });
    purpose.done({ closest: [], hops: 0, queries: 0, answers: 0, elapsedMs: 0 }, [], 0);
    expect.assertions(1);
  });
});

describe('storeRound', () => {
  const token = Uint8Array.of(1);
  const response = { type: 'response', transaction: token, id: new Uint8Array(20), answer: {} } as const;

  it('counts who took it, and ends when nobody is waited for', () => {
    const asked: { query: DhtQuery; waiter: Waiter }[] = [];
    const results: StoreRoundResult[] = [];
    const nodes = [1, 2, 3, 4].map(i => candidate(`20.0.${i}.1`, token));
    storeRound(
      [...nodes, candidate('20.0.9.1')],
      token => ({ method: 'announce_peer', infoHash: new Uint8Array(20), port: 1, token }),
      (_to, _contact, query, waiter) => asked.push({ query, waiter }) > 0,
      result => results.push(result),
      0,
    );
    expect(asked).toHaveLength(4);
    expect(asked[0].query).toMatchObject({ token });
    asked[0].waiter.answered(response, 1);
    asked[1].waiter.refused({ type: 'error', transaction: token, code: 203, text: '' }, 1);
    asked[2].waiter.slow!(1);
    asked[2].waiter.answered(response, 1);
    expect(results).toEqual([]);
    asked[3].waiter.answered(response, 1);
    expect(results).toEqual([{ taken: 2, refused: 203 }]);
  });

  it('ends at once where nobody gave a token', () => {
    const results: StoreRoundResult[] = [];
    storeRound(
      [candidate()],
      () => ({ method: 'ping' }),
      () => true,
      result => results.push(result),
      0,
    );
    expect(results).toEqual([{ taken: 0 }]);
  });
});
