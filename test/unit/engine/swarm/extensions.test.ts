import { describe, expect, it } from 'vitest';
import {
  decodeExtendedHandshake,
  encodeDontHave,
  encodeExtendedHandshake,
} from '../../../../src/engine/protocol/peer/extended.js';
import type { Message } from '../../../../src/engine/protocol/peer/messages.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PART_BYTES,
} from '../../../../src/engine/protocol/peer/metadata.js';
import { MAX_METADATA_REJECTS } from '../../../../src/engine/swarm/limits.js';
import { asked, Bench, sent } from './bench.js';

describe('our extension handshake', () => {
  it('tells what we take, who we are and where we listen', () => {
    const bench = new Bench({ listenPort: () => 6881 });
    const [message] = sent(bench.connect({ extended: true }));
    if (message.type !== 'extended') throw new Error(`it is ${message.type}`);
    expect(message.id).toBe(0);
    expect(decodeExtendedHandshake(message.payload)).toMatchObject({
      extensions: new Map([['lt_donthave', 1]]),
      version: 'bench',
      reqq: 2000,
      port: 6881,
      yourIp: '10.0.0.1',
      uploadOnly: false,
    });
  });

  it('is not sent to peers that do not speak the protocol', () => {
    const messages = sent(new Bench().connect({ extended: false }));
    expect(messages.map(({ type }) => type)).toEqual(['have-none']);
  });
});

describe('the handshake of a peer', () => {
  it('tells its client, its port and how many requests it takes', () => {
    const bench = new Bench({ blocks: 8 });
    const peer = bench.connectSeed({ extended: true });
    expect(asked(peer)).toHaveLength(4);
    bench.greet(peer, { version: 'other 1.0', port: 7000, reqq: 2 });
    expect(peer).toMatchObject({ client: 'other 1.0', listenPort: 7000 });
    expect(peer.window.size).toBe(2);
  });

  it('may come again; what it leaves out stays', () => {
    const bench = new Bench();
    const peer = bench.connect({ extended: true });
    bench.greet(peer, { version: 'other 1.0', uploadOnly: true });
    bench.greet(peer, { uploadOnly: false });
    expect(peer).toMatchObject({ client: 'other 1.0', uploadOnly: false });
  });

  it('that is no dictionary ends the connection', () => {
    const bench = new Bench();
    const peer = bench.connect({ extended: true });
    const receive = () => bench.receive(peer, { type: 'extended', id: 0, payload: Uint8Array.of(1, 2) });
    expect(receive).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
  });
});

it('messages under ids that we never gave out are passed over', () => {
  const bench = new Bench();
  const peer = bench.connect({ extended: true });
  bench.receive(peer, { type: 'extended', id: 7, payload: new Uint8Array(0) });
  expect(bench.actions).toEqual([]);
});

it('lt_donthave of a piece that does not exist ends the connection', () => {
  const bench = new Bench();
  const peer = bench.connectSeed({ extended: true });
  const receive = () => bench.receive(peer, { type: 'extended', id: 1, payload: encodeDontHave(8) });
  expect(receive).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
});

it('a peer that has been here before begins as it left', () => {
  const bench = new Bench({ blocks: 8 });
  const standing = { snubbed: true, connectedAtMs: -5000, unchokedAtMs: -1000 };
  const peer = bench.connectSeed({ standing });
  expect(peer).toMatchObject({ snubbed: true, sinceMs: -5000, unchokedAtMs: -1000 });
  expect(asked(peer)).toHaveLength(1); // until it sends a block
  const [{ ref }] = peer.outstanding.values();
  bench.block(peer, ref.piece, ref.begin, ref.length);
  expect(peer.snubbed).toBe(false);
});

it('who is told of our address, and where callers listen, is the owner', () => {
  const bench = new Bench();
  const [caller, dialled] = [true, false].map(incoming => bench.connect({ extended: true, incoming }));
  for (const peer of [caller, caller, dialled]) bench.greet(peer, { port: 7000, yourIp: '192.0.2.1' });
  expect(bench.take('listens')).toEqual([{ type: 'listens', peer: caller.key, port: 7000 }]);
  expect(bench.take('your-ip').map(({ host, voter }) => [host, voter])).toEqual([
    ['192.0.2.1', '10.0.0.1'],
    ['192.0.2.1', '10.0.0.1'],
    ['192.0.2.1', '10.0.0.2'],
  ]);
});

describe('the info dictionary (BEP 9)', () => {
  const INFO = Uint8Array.from({ length: METADATA_PART_BYTES + 3 }, (_, at) => at);
  const request = (part: number): Message => ({
    type: 'extended',
    id: 2,
    payload: encodeMetadataMessage({ type: 'request', part }),
  });

  function scene() {
    const bench = new Bench({ metadataBytes: INFO.length });
    const peer = bench.connect({ extended: true });
    const payload = encodeExtendedHandshake({ extensions: new Map([['ut_metadata', 9]]) });
    bench.receive(peer, { type: 'extended', id: 0, payload });
    sent(peer);
    const answers = () =>
      sent(peer).map(message => {
        if (message.type !== 'extended') throw new Error(`it is ${message.type}`);
        return [message.id, decodeMetadataMessage(message.payload)];
      });
    return { bench, peer, answers };
  }

  it('is told of with its size', () => {
    const [message] = sent(new Bench({ metadataBytes: 17 }).connect({ extended: true }));
    if (message.type !== 'extended') throw new Error(`it is ${message.type}`);
    expect(decodeExtendedHandshake(message.payload)).toMatchObject({
      extensions: new Map([
        ['lt_donthave', 1],
        ['ut_metadata', 2],
      ]),
      metadataBytes: 17,
    });
  });

  it('waits for the bytes, then goes under the id that the peer gave', () => {
    const { bench, peer, answers } = scene();
    bench.receive(peer, request(1));
    expect(peer.metadataAsked).toEqual([1]);
    bench.core.handleMetadata(peer, INFO);
    const bytes = INFO.subarray(METADATA_PART_BYTES);
    expect(answers()).toEqual([[9, { type: 'data', part: 1, totalBytes: INFO.length, bytes }]]);
    expect(peer.metadataAsked).toEqual([]);
  });

  it('is rejected when it is gone, beyond its end, and from the third time on', () => {
    const { bench, peer, answers } = scene();
    for (const part of [0, 1, 2, 0, 1, 0]) bench.receive(peer, request(part));
    expect(answers().map(([, message]) => message)).toEqual([
      { type: 'reject', part: 2 },
      { type: 'reject', part: 0 },
    ]);
    bench.core.handleMetadata(peer, undefined);
    expect(answers()).toEqual([[9, { type: 'reject', part: 0 }]]);
  });

  it('that is asked for on and on ends the connection', () => {
    const { bench, peer } = scene();
    for (let i = 0; i < MAX_METADATA_REJECTS; i++) bench.receive(peer, request(7));
    expect(() => bench.receive(peer, request(7))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }),
    );
  });

  it('is not taken from peers: what they send is passed over', () => {
    const { bench, peer, answers } = scene();
    const data = { type: 'data', part: 0, totalBytes: 1, bytes: Uint8Array.of(1) } as const;
    bench.receive(peer, { type: 'extended', id: 2, payload: encodeMetadataMessage(data) });
    expect(answers()).toEqual([]);
  });
});
