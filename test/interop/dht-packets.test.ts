import { describe, expect } from 'vitest';
import { createDhtKeys, dhtCrypto, signWith } from '../../dist/engine/discovery/dht-crypto.js';
import { itemTarget, mutableTarget, signedBytes, verifyItem } from '../../dist/engine/protocol/dht/item.js';
import type { DhtAnswer, DhtItem, DhtQuery } from '../../dist/engine/protocol/dht/messages.js';
import { readTorrent } from '../../dist/index.js';
import { writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { libtorrent } from './clients/libtorrent.js';
import { LibtorrentNodes } from './clients/libtorrent-dht.js';
import { skipReason } from './clients/required.js';
import { writeTorrent } from './millrace.js';
import { RawNode } from './raw-node.js';
import { it } from './stage-test.js';

const { sha1, verify } = dhtCrypto;
const id = new Uint8Array(20).fill(0x11);
const place = new Uint8Array(20).fill(0x77);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** Of BEP 44: libtorrent signs with keys in this form. */
const SECRET =
  'e06d3183d14159228433ed599221b80bd0a5ce8352e4bdf0262f76786ef1c74db7e7a9fea2c0eb269d61e3b38e450a22e754941ac78479d6c54e1faf6037881d';
const KEY = '77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548';

describe.skipIf(skipReason([libtorrent]) !== undefined).each(['127.0.0.1', '::1'])(
  'libtorrent at %s',
  host => {
    /** One node of libtorrent, and ours beside it. */
    async function pair(stage: Stage, answer?: (query: DhtQuery) => DhtAnswer | undefined) {
      const [other, ours] = await Promise.all([
        LibtorrentNodes.start(stage, host, 1),
        RawNode.open(stage, host, id, answer),
      ]);
      return { other, ours, at: other.addresses[0] };
    }

    it('answers each of our queries, and we read it', async ({ stage }) => {
      const { ours, at } = await pair(stage);
      const pong = await ours.answer({ method: 'ping' }, at);
      expect(pong.id).toHaveLength(20);
      expect(pong.version?.subarray(0, 2)).toEqual(bytes('LT'));
      expect(pong.seenAs).toEqual(ours.address);

      const found = await ours.answer(
        { method: 'find_node', target: place, want: { v4: true, v6: true } },
        at,
      );
      expect(found.answer.nodes ?? found.answer.nodes6).toBeDefined();

      const empty = await ours.answer({ method: 'get_peers', infoHash: place }, at);
      const { token } = empty.answer;
      expect(empty.answer.peers).toBeUndefined();
      const announce = { method: 'announce_peer', infoHash: place, port: 4321, token: token! } as const;
      await ours.answer(announce, at);
      const peers = (await ours.answer({ method: 'get_peers', infoHash: place }, at)).answer.peers;
      expect(peers).toEqual([{ host, port: 4321 }]);

      // By the port of the packet, and as a seed.
      await ours.answer({ ...announce, port: 1, impliedPort: true, seed: true }, at);
      const both = (await ours.answer({ method: 'get_peers', infoHash: place }, at)).answer.peers;
      expect(both).toHaveLength(2);
      expect(both).toContainEqual(ours.address);
      const leechers = (await ours.answer({ method: 'get_peers', infoHash: place, noSeed: true }, at)).answer
        .peers;
      expect(leechers).toEqual([{ host, port: 4321 }]);
      const scraped = (await ours.answer({ method: 'get_peers', infoHash: place, scrape: true }, at)).answer;
      expect([scraped.seeds?.some(byte => byte > 0), scraped.downloaders?.some(byte => byte > 0)]).toEqual([
        true,
        true,
      ]);

      const { samples, stored, interval } = (
        await ours.answer({ method: 'sample_infohashes', target: place }, at)
      ).answer;
      expect({ samples: samples?.map(hex), stored }).toEqual({ samples: [hex(place)], stored: 1 });
      expect(interval).toBeGreaterThan(0);
    });

    it('stores our items, and gives them back', async ({ stage }) => {
      const { ours, at } = await pair(stage);
      const fixed: DhtItem = { value: bytes('d1:ali1e4:spame1:b0:e') };
      const target = itemTarget(fixed, sha1);
      const { token } = (await ours.answer({ method: 'get', target }, at)).answer;
      await ours.answer({ method: 'put', token: token!, item: fixed }, at);
      expect((await ours.answer({ method: 'get', target }, at)).answer.item).toEqual(fixed);

      const { publicKey: key, secretKey } = createDhtKeys();
      const salt = bytes('salt');
      const item = (seq: number, text: string): DhtItem => {
        const value = bytes(text);
        return {
          value,
          mutable: { key, salt, seq, signature: signWith(secretKey, signedBytes(value, seq, salt)) },
        };
      };
      const first = item(1, '4:spam');
      const home = itemTarget(first, sha1);
      const asked = await ours.answer({ method: 'get', target: home }, at);
      const put = (what: DhtItem, cas?: number) =>
        ({ method: 'put', token: asked.answer.token!, item: what, cas }) as const;
      await ours.answer(put(first), at);
      await ours.answer(put(item(2, '4:eggs'), 1), at);
      const told = (await ours.answer({ method: 'get', target: home }, at)).answer.item!;
      expect(told.value).toEqual(bytes('4:eggs'));
      expect(verifyItem({ ...told, mutable: { ...told.mutable!, salt } }, verify)).toBe(true);
      const known = (await ours.answer({ method: 'get', target: home, seq: 2 }, at)).answer;
      expect({ item: known.item, seq: known.seq }).toEqual({ item: undefined, seq: 2 });

      expect(await ours.error(put(item(3, '3:ham'), 1), at)).toBe(301);
      expect(await ours.error(put(first), at)).toBe(302);
      const forged = item(4, '4:spam');
      expect(await ours.error(put({ ...forged, value: bytes('4:eggs') }), at)).toBe(206);
      expect(await ours.error({ method: 'put', token: bytes('none'), item: fixed }, at)).toBe(203);
    });

    it('sends what we read: queries of every method', async ({ stage }) => {
      const kept = new Map<string, DhtItem>();
      const { other, ours } = await pair(stage, query => {
        if (query.method === 'put') kept.set(hex(itemTarget(query.item, sha1)), query.item);
        if (query.method === 'get')
          return { token: bytes('tokn'), nodes: [], item: kept.get(hex(query.target)) };
        if (query.method === 'get_peers') return { token: bytes('tokn'), peers: [{ host, port: 77 }] };
        if (query.method === 'sample_infohashes')
          return { samples: [place, id], stored: 2, interval: 60, nodes: [] };
        return { nodes: [] };
      });
      const asked = <M extends DhtQuery['method']>(method: M) =>
        until(`a query ${method}`, () => ours.queries.find(({ query }) => query.method === method), {
          explain: () => `${JSON.stringify(ours.queries)}\n${other.program.tail()}`,
        }).then(({ query }) => query as Extract<DhtQuery, { method: M }>);
      other.do('bootstrap', ours.address);
      await other.know(1);

      other.do('get-peers', { hash: hex(place) });
      expect((await other.event('peers', { hash: hex(place) })).peers).toEqual([`${host}:77`]);
      await writeSamples(stage.path('files'), { 'film.bin': 1000 }, 1);
      const torrent = stage.path('film.torrent');
      await writeTorrent(stage.path('files', 'film.bin'), torrent, {});
      other.do('seed', { torrent, dir: stage.path('files') });
      const announce = await asked('announce_peer');
      expect(announce).toMatchObject({ token: bytes('tokn'), seed: true });
      expect(hex(announce.infoHash)).toBe((await readTorrent(torrent)).infoHash);

      other.do('put', { value: 'spam' });
      const { target } = await other.event('put');
      expect(await asked('put')).toMatchObject({ item: { value: bytes('4:spam') }, token: bytes('tokn') });
      await other.event('stored', { target, count: 1 });
      other.do('get', { target });
      expect((await other.event('item', { target })).value).toBe('spam');

      other.do('put-mutable', { secret: SECRET, key: KEY, value: 'eggs', salt: 'foobar' });
      await other.event('stored', { key: KEY, count: 1 });
      const salt = bytes('foobar');
      const item = kept.get(hex(mutableTarget(new Uint8Array(Buffer.from(KEY, 'hex')), salt, sha1)))!;
      expect(item.mutable?.salt).toEqual(salt);
      expect(verifyItem(item, verify)).toBe(true);
      other.do('get-mutable', { key: KEY, salt: 'foobar' });
      expect(await other.event('item', { key: KEY })).toMatchObject({
        value: 'eggs',
        seq: item.mutable!.seq,
      });

      expect(ours.unread).toEqual([]);
      if (host === '::1') return; // 2.0.8 asks nobody for samples before it knows its address of IPv6
      other.do('sample', { ...ours.address, target: hex(place) });
      expect(await other.event('samples')).toMatchObject({ hashes: [hex(place), hex(id)], stored: 2 });
      await asked('sample_infohashes');
      expect(ours.unread).toEqual([]);
    });
  },
);
