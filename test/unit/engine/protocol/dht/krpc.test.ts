import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../../src/engine/bytes.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../../../../src/engine/protocol/dht/krpc.js';
import type {
  DhtAnswer,
  DhtMessage,
  DhtQuery,
  DhtQueryMessage,
  DhtResponseMessage,
} from '../../../../../src/engine/protocol/dht/messages.js';

const transaction = utf8('tt');
const id = utf8('i'.repeat(20));
const place = utf8('p'.repeat(20));
const token = utf8('token');
const mutable = { key: new Uint8Array(32).fill(1), seq: 7, signature: new Uint8Array(64).fill(2) };

const text = (message: DhtMessage) => Buffer.from(encodeDhtMessage(message)).toString('latin1');
const query = (body: DhtQuery): DhtQueryMessage => ({ type: 'query', transaction, id, query: body });
const response = (answer: DhtAnswer): DhtResponseMessage => ({ type: 'response', transaction, id, answer });
const decode = (packet: string) => decodeDhtMessage(Uint8Array.from(Buffer.from(packet, 'latin1')));

/** A query as text: `fields` are the arguments but the id. */
const asked = (method: string, fields: string, more = '') =>
  decode(`d1:ad2:id20:${'i'.repeat(20)}${fields}e1:q${method.length}:${method}${more}1:t2:tt1:y1:qe`);
const answered = (fields: string, more = '') =>
  decode(`d${more}1:rd2:id20:${'i'.repeat(20)}${fields}e1:t2:tt1:y1:re`);

describe('packets', () => {
  const messages: Record<string, DhtMessage> = {
    ping: { ...query({ method: 'ping' }), readOnly: true, version: utf8('MR01') },
    find_node: query({ method: 'find_node', target: place, want: { v4: true, v6: true } }),
    get_peers: query({
      method: 'get_peers',
      infoHash: place,
      want: { v4: false, v6: true },
      noSeed: true,
      scrape: true,
    }),
    announce_peer: query({ method: 'announce_peer', infoHash: place, port: 6881, token, seed: true }),
    get: query({ method: 'get', target: place, seq: 0, want: { v4: false, v6: false } }),
    'put immutable': query({ method: 'put', token, item: { value: utf8('4:spam') } }),
    'put mutable': query({
      method: 'put',
      token,
      item: { value: utf8('d1:al1:bee'), mutable: { ...mutable, salt: utf8('s'.repeat(64)) } },
      cas: 6,
    }),
    sample_infohashes: query({ method: 'sample_infohashes', target: place }),
    'an answer with everything': {
      ...response({
        nodes: [{ id: place, host: '1.2.3.4', port: 5 }],
        nodes6: [{ id: place, host: '2001:db8::1', port: 6 }],
        token,
        peers: [
          { host: '1.2.3.4', port: 1 },
          { host: '2001:db8::2', port: 65535 },
        ],
        seeds: new Uint8Array(256).fill(1),
        downloaders: new Uint8Array(256).fill(2),
        item: { value: utf8('le'), mutable },
        seq: 7,
        samples: [place, id],
        interval: 60,
        stored: 1000,
      }),
      seenAs: { host: '10.0.0.1', port: 6881 },
    },
    'an error': {
      type: 'error',
      transaction,
      code: 301,
      text: 'CAS mismatch: ä',
      seenAs: { host: '::1', port: 9 },
    },
  };

  it.each(Object.entries(messages))('%s is read as it was written', (_, message) => {
    expect(decodeDhtMessage(encodeDhtMessage(message))).toEqual(message);
  });

  it('have their keys in order', () => {
    expect(text({ ...query({ method: 'ping' }), readOnly: true, version: utf8('MR01') })).toBe(
      `d1:ad2:id20:${'i'.repeat(20)}e1:q4:ping2:roi1e1:t2:tt1:v4:MR011:y1:qe`,
    );
    expect(
      text({ type: 'error', transaction, code: 203, text: 'no', seenAs: { host: '1.2.3.4', port: 258 } }),
    ).toBe('d1:eli203e2:noe2:ip6:\x01\x02\x03\x04\x01\x021:t2:tt1:y1:ee');
  });

  it('are written up to the last byte of a packet', () => {
    const error = (length: number) =>
      encodeDhtMessage({ type: 'error', transaction, code: 201, text: 'x'.repeat(length) });
    const room = 2048 - (error(1000).length - 1000);
    expect(error(room)).toHaveLength(2048);
    expect(() => error(room + 1)).toThrow(RangeError);
  });

  it('are not written when they do not fit', () => {
    const samples = Array.from({ length: 110 }, () => place);
    expect(() => encodeDhtMessage(response({ samples }))).toThrow(RangeError);
    expect(() => encodeDhtMessage(query({ method: 'get', target: place, seq: 0.5 }))).toThrow(TypeError);
  });

  it('are read in no order, with bytes behind and keys that nobody knows', () => {
    const odd = decode(`d1:y1:q1:t2:tt1:zd1:xi1ee1:q4:ping1:ad1:k0:2:id20:${'i'.repeat(20)}eetrailing`);
    expect(odd).toEqual(query({ method: 'ping' }));
  });

  it.each([
    ['what is not UTF-8', new Uint8Array(300).fill(0xff), '\ufffd'.repeat(200)],
    ['characters of four bytes', utf8(`x${'𝄞'.repeat(250)}`), `x${'𝄞'.repeat(199)}`],
  ])(
    'an error of %s is cut between two characters, and means the same when written again',
    (_, raw, kept) => {
      const packet = [utf8(`d1:eli201e${raw.length}:`), raw, utf8('e1:t2:tt1:y1:ee')];
      const read = decodeDhtMessage(concatBytes(packet));
      expect(read).toEqual({ type: 'error', transaction, code: 201, text: kept });
      expect(decodeDhtMessage(encodeDhtMessage(read as DhtMessage))).toEqual(read);
    },
  );

  it.each([
    ['nothing', ''],
    ['no dictionary', 'le'],
    ['a broken one', 'd1:y1:q1:t2:tt'],
    ['a key twice', `d1:rd2:id20:${'i'.repeat(20)}e1:t2:tt1:t2:tt1:y1:re`],
    ['no transaction', `d1:rd2:id20:${'i'.repeat(20)}e1:y1:re`],
    ['an empty transaction', `d1:rd2:id20:${'i'.repeat(20)}e1:t0:1:y1:re`],
    ['a transaction of 17 bytes', `d1:rd2:id20:${'i'.repeat(20)}e1:t17:${'t'.repeat(17)}1:y1:re`],
    ['no kind', `d1:rd2:id20:${'i'.repeat(20)}e1:t2:tte`],
    ['another kind', `d1:rd2:id20:${'i'.repeat(20)}e1:t2:tt1:y1:xe`],
    ['an id of 19 bytes', `d1:rd2:id19:${'i'.repeat(19)}e1:t2:tt1:y1:re`],
    ['an error without a text', 'd1:eli201ee1:t2:tt1:y1:ee'],
    ['nesting', `d1:a${'l'.repeat(20)}${'e'.repeat(20)}1:t2:tt1:y1:qe`],
    ['many values', `d1:al${'0:'.repeat(500)}e1:t2:tt1:y1:qe`],
  ])('%s is no message', (_, packet) => {
    expect(decode(packet)).toBeUndefined();
  });
});

it('is no message when it is longer than a packet', () => {
  const ping = encodeDhtMessage(query({ method: 'ping' }));
  const packet = new Uint8Array(2049);
  packet.set(ping);
  expect(decodeDhtMessage(packet.subarray(0, 2048))).toEqual(query({ method: 'ping' }));
  expect(decodeDhtMessage(packet)).toBeUndefined();
});

describe('queries', () => {
  const refusal = (code: number) => ({ type: 'refused', transaction, code, text: expect.any(String) });
  const p = 'p'.repeat(20);

  it.each([
    ['without target', 203, 'find_node', ''],
    ['with a short target', 203, 'get', '6:target3:ppp'],
    ['without info-hash', 203, 'get_peers', ''],
    ['without token', 203, 'announce_peer', `9:info_hash20:${p}4:porti1e`],
    ['with an empty token', 203, 'announce_peer', `9:info_hash20:${p}4:porti1e5:token0:`],
    [
      'with a token of 65 bytes',
      203,
      'announce_peer',
      `9:info_hash20:${p}4:porti1e5:token65:${'t'.repeat(65)}`,
    ],
    ['without port', 203, 'announce_peer', `9:info_hash20:${p}5:token1:t`],
    ['with port 65536', 203, 'announce_peer', `9:info_hash20:${p}4:porti65536e5:token1:t`],
    ['without value', 203, 'put', '5:token1:t'],
    ['with keys of the value in disorder', 203, 'put', '5:token1:t1:vd1:b0:1:a0:e'],
    ['with a value of 1001 bytes', 205, 'put', `5:token1:t1:v997:${'v'.repeat(997)}`],
    [
      'with a salt of 65 bytes',
      207,
      'put',
      `1:k32:${'k'.repeat(32)}4:salt65:${'s'.repeat(65)}5:token1:t1:v0:`,
    ],
    ['with a key alone', 203, 'put', `1:k32:${'k'.repeat(32)}5:token1:t1:v0:`],
    ['of no known method', 204, 'dance', ''],
  ])('%s are refused by error %d', (_, code, method, fields) => {
    expect(asked(method, fields)).toEqual(refusal(code));
  });

  it('without method, arguments or id are refused', () => {
    expect(decode('d1:t2:tt1:y1:qe')).toEqual(refusal(203));
    expect(decode('d1:ad2:id3:iiie1:q4:ping1:t2:tt1:y1:qe')).toEqual(refusal(203));
  });

  it('of a later time that name a place are taken for find_node', () => {
    const find = { query: { method: 'find_node', target: place } };
    expect(asked('later', `6:target20:${p}`)).toMatchObject(find);
    expect(asked('later', `9:info_hash20:${p}`)).toMatchObject(find);
  });

  it('may leave out the port that the packet comes from', () => {
    expect(asked('announce_peer', `12:implied_porti1e9:info_hash20:${p}5:token1:t`)).toMatchObject({
      query: { port: 0, impliedPort: true },
    });
  });

  it('take an empty salt for none', () => {
    const sent = `1:k32:${'k'.repeat(32)}4:salt0:3:seqi1e3:sig64:${'s'.repeat(64)}5:token1:t1:v0:`;
    const message = asked('put', sent) as DhtQueryMessage;
    expect(message.query).toMatchObject({ method: 'put', item: { mutable: { seq: 1 } } });
    expect(message.query).not.toHaveProperty('item.mutable.salt');
  });

  it('want families that are known', () => {
    const target = `6:target20:${p}4:want`;
    expect(asked('find_node', `${target}l2:n4i1e2:n8e`)).toMatchObject({
      query: { want: { v4: true, v6: false } },
    });
    expect(asked('find_node', `${target}2:n4`)).not.toHaveProperty('query.want');
  });
});

describe('answers', () => {
  it('are used without the fields that are broken', () => {
    const broken =
      '4:BFpe3:abc8:intervali-1e5:nodes9:def456...6:nodes626:' +
      `${'n'.repeat(26)}3:numi-1e7:samples19:${'s'.repeat(19)}5:token0:6:valuesi1e`;
    expect(answered(broken)).toEqual(response({}));
  });

  it('are used without a mutable item that lacks its signature', () => {
    expect(answered(`1:k32:${'k'.repeat(32)}1:v0:`)).toEqual(response({}));
    expect(answered('1:v0:')).toEqual(response({ item: { value: utf8('0:') } }));
  });

  it('have nodes and peers without port 0, and no more than are of use', () => {
    const node = (port: string) => `${'n'.repeat(20)}\x01\x02\x03\x04${port}`;
    const many = node('\x00\x00') + node('\x00\x01').repeat(30);
    const read = answered(
      `5:nodes${many.length}:${many}6:valuesl6:\x01\x02\x03\x04\x00\x003:abc6:\x01\x02\x03\x04\x00\x09e`,
    );
    if (read?.type !== 'response') throw new Error('no response');
    expect(read.answer.nodes).toHaveLength(20);
    expect(read.answer.peers).toEqual([{ host: '1.2.3.4', port: 9 }]);
  });

  it('tell where we were seen, in either family', () => {
    const at = (ip: string) =>
      answered('', `2:ip${ip.length / 2}:${Buffer.from(ip, 'hex').toString('latin1')}`);
    expect(at('010203040005')).toMatchObject({ seenAs: { host: '1.2.3.4', port: 5 } });
    expect(at(`${'00'.repeat(15)}010005`)).toMatchObject({ seenAs: { host: '::1', port: 5 } });
    expect(at('01020304')).not.toHaveProperty('seenAs');
  });

  it('give views of the packet', () => {
    const packet = encodeDhtMessage(response({ token }));
    const message = decodeDhtMessage(packet);
    if (message?.type !== 'response') throw new Error('no response');
    expect(message.answer.token!.buffer).toBe(packet.buffer);
  });
});
