import { describe, expect, it } from 'vitest';
import { decodeExtendedHandshake, encodeDontHave } from '../../../../src/engine/protocol/peer/extended.js';
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
