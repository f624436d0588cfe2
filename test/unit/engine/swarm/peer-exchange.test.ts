import { describe, expect, it } from 'vitest';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { encodeExtendedHandshake } from '../../../../src/engine/protocol/peer/extended.js';
import {
  decodePexMessage,
  encodePexMessage,
  MAX_PEX_PEERS,
  PEX_FLAGS,
  type PexMessage,
} from '../../../../src/engine/protocol/peer/pex.js';
import { MAX_PEX_TOLD, MAX_PEX_TOO_SOON, PEX_LEAST_MS } from '../../../../src/engine/swarm/limits.js';
import { PeerCore, type PeerInfo } from '../../../../src/engine/swarm/peer-core.js';
import { PeerExchange } from '../../../../src/engine/swarm/peer-exchange.js';
import { Bench, type BenchOptions } from './bench.js';

/** Under which the peers of these tests want to be told. */
const ID = 9;
/** Under which we do: decoded from our handshake, once. */
const OUR_ID = 3;

function scene(options: BenchOptions = {}) {
  const state = { on: true };
  const bench = new Bench({ pex: () => state.on, ...options });
  const connect = (host: string, info: Partial<PeerInfo> = {}, port?: number): PeerCore => {
    const peer = bench.connect({ extended: true, address: { host, port: 6881 }, ...info });
    const extensions = new Map([['ut_pex', ID]]);
    const payload = encodeExtendedHandshake({ extensions, port });
    bench.receive(peer, { type: 'extended', id: 0, payload });
    return peer;
  };
  /** What the peer has been told since its outbox was emptied. */
  const heard = (peer: PeerCore): PexMessage[] =>
    peer.outbox.flatMap(message =>
      message.type === 'extended' && message.id === ID ? [decodePexMessage(message.payload)] : [],
    );
  /** And what it is told in the next seconds. */
  const told = (peer: PeerCore, seconds = 2): PexMessage[] => {
    peer.outbox.length = 0;
    bench.pass(seconds);
    return heard(peer);
  };
  const tell = (peer: PeerCore, ...addresses: PeerAddress[]) => {
    const added = addresses.map(address => ({ ...address, flags: 0 }));
    bench.receive(peer, { type: 'extended', id: OUR_ID, payload: encodePexMessage({ added, dropped: [] }) });
    return bench.take('peers').flatMap(action => action.addresses);
  };
  return { bench, state, connect, heard, told, tell };
}

const at = (host: string, port = 6881) => ({ host, port });
const many = (count: number) => Array.from({ length: count }, (_, n) => at(`198.51.${n >> 8}.${n & 255}`));

describe('what a peer is told (BEP 11)', () => {
  it('is all others soon after its handshake, and who came and went once a minute', () => {
    const { bench, connect, told } = scene();
    const peer = connect('192.0.2.1');
    connect('192.0.2.2');
    const gone = connect('192.0.2.3');
    const [first, ...rest] = told(peer);
    expect(first.added.map(({ host }) => host)).toEqual(['192.0.2.2', '192.0.2.3']);
    expect([first.dropped, rest]).toEqual([[], []]);
    const brief = connect('192.0.2.5');
    connect('192.0.2.4');
    bench.core.removePeer(gone.key, bench.nowMs);
    bench.core.removePeer(brief.key, bench.nowMs);
    expect(told(peer, 56)).toEqual([]);
    expect(told(peer, 5)).toEqual([
      { added: [{ ...at('192.0.2.4'), flags: PEX_FLAGS.reachable }], dropped: [at('192.0.2.3')] },
    ]);
    expect(told(peer, 200)).toEqual([]);
  });

  it('waits until there is anything to tell, and then no longer', () => {
    const { connect, told } = scene();
    const peer = connect('192.0.2.1');
    expect(told(peer, 100)).toEqual([]);
    connect('192.0.2.2');
    expect(told(peer)).toHaveLength(1);
  });

  it('are those whose address is known: dialled ones, and callers who told their port', () => {
    const { connect, told } = scene();
    const peer = connect('192.0.2.1');
    connect('192.0.2.2', { incoming: true });
    connect('192.0.2.3', { incoming: true }, 7000);
    connect('192.0.2.4', {}, 7000);
    expect(told(peer)[0].added).toEqual([
      { ...at('192.0.2.3', 7000), flags: 0 },
      { ...at('192.0.2.4'), flags: PEX_FLAGS.reachable },
    ]);
  });

  it('is never its own address, nor one that means nothing where it is', () => {
    const { connect, heard, told } = scene();
    const peer = connect('192.0.2.1');
    const caller = connect('192.0.2.1', { incoming: true }, 6881); // the same once more
    const near = connect('10.0.0.1');
    connect('127.0.0.1');
    connect('169.254.0.1');
    const hosts = (of: PeerCore) => told(of)[0]?.added.map(({ host }) => host) ?? [];
    expect(hosts(near)).toEqual(['192.0.2.1']);
    expect([heard(peer), heard(caller)]).toEqual([[], []]);
  });

  it('names seeds as such, and never to seeds', () => {
    const { bench, connect, heard, told } = scene();
    const [seed, other, leech] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(host => connect(host));
    for (const peer of [seed, other]) bench.receive(peer, { type: 'have-all' });
    const [toSeed] = told(seed);
    expect(toSeed.added.map(({ host }) => host)).toEqual(['192.0.2.3']);
    const [toLeech] = heard(leech);
    const flags = PEX_FLAGS.seed | PEX_FLAGS.reachable;
    expect(toLeech.added.map(peer => peer.flags)).toEqual([flags, flags]);
    expect(heard(other).flatMap(({ added }) => added)).toHaveLength(1);
  });

  it('is a bounded number at a time and in all', () => {
    const { connect, told } = scene();
    const peer = connect('192.0.2.1');
    for (const { host } of many(MAX_PEX_TOLD + 60)) connect(host);
    const messages = told(peer, 300);
    expect(messages.map(({ added }) => added.length)).toEqual(
      Array.from({ length: MAX_PEX_TOLD / MAX_PEX_PEERS }, () => MAX_PEX_PEERS),
    );
    const hosts = messages.flatMap(({ added }) => added.map(({ host }) => host));
    expect(new Set(hosts).size).toBe(MAX_PEX_TOLD);
  });

  it('is reckoned once a minute, also when there is no room to tell of more', () => {
    const peers = new Map<number, PeerCore>();
    let looks = 0;
    for (const [key, address] of many(MAX_PEX_TOLD + 60).entries()) {
      const info = { address, incoming: false, fast: true, extended: true };
      peers.set(key, Object.assign(new PeerCore(key, info, 8, 0, []), { pexId: ID }));
    }
    Object.defineProperty(peers.get(0), 'listenPort', { get: () => void looks++ });
    const exchange = new PeerExchange(peers);
    for (let second = 0; second < 300; second++) exchange.tick(second * 1000);
    looks = 0;
    for (let second = 300; second < 360; second++) exchange.tick(second * 1000);
    expect(looks).toBe(2); // as one of all, and as the one to be told
  });

  it('does not change when a peer comes back within the minute', () => {
    const { bench, connect, told } = scene();
    const peer = connect('192.0.2.1');
    const other = connect('192.0.2.2');
    expect(told(peer)).toHaveLength(1);
    bench.core.removePeer(other.key, bench.nowMs);
    connect('192.0.2.2');
    expect(told(peer, 200)).toEqual([]);
  });

  it('is nothing when it wants nothing, and while the exchange is off', () => {
    const { bench, state, connect, told } = scene();
    const deaf = bench.connect({ extended: true, address: at('192.0.2.9') });
    const peer = connect('192.0.2.1');
    state.on = false;
    connect('192.0.2.2');
    expect([told(peer, 100), told(deaf)]).toEqual([[], []]);
    state.on = true;
    expect(told(peer)).toHaveLength(1);
  });
});

describe('what a peer tells', () => {
  it('goes to the dialler', () => {
    const { connect, tell } = scene();
    expect(tell(connect('192.0.2.1'), at('198.51.100.1'), at('2001:db8::1', 5))).toEqual([
      at('198.51.100.1'),
      at('2001:db8::1', 5),
    ]);
  });

  it('is bounded, and left out where it means nothing', () => {
    const { connect, tell } = scene();
    expect(tell(connect('192.0.2.1'), ...many(120))).toHaveLength(MAX_PEX_PEERS);
    const local = [
      at('127.0.0.1'),
      at('10.0.0.1'),
      at('::1'),
      at('::ffff:127.0.0.1'),
      at('fe80::1'),
      at('224.0.0.1'),
    ];
    expect(tell(connect('192.0.2.2'), ...local)).toEqual([]);
    expect(tell(connect('10.0.0.2'), ...local)).toEqual([at('10.0.0.1')]);
    expect(tell(connect('127.0.0.2'), ...local).map(({ host }) => host)).toEqual([
      ...['127.0.0.1', '10.0.0.1', '::1', '127.0.0.1'],
    ]);
  });

  it('too soon after the last time is not read, and ends the connection when it goes on', () => {
    const { bench, connect, tell } = scene();
    const peer = connect('192.0.2.1');
    const next = at('198.51.100.1');
    for (let round = 0; round < 2; round++) {
      expect(tell(peer, next)).toEqual([next]);
      for (let n = 1; n < MAX_PEX_TOO_SOON; n++) expect(tell(peer, next)).toEqual([]);
      if (round === 0) bench.pass(PEX_LEAST_MS / 1000);
    }
    expect(() => tell(peer, next)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
  });

  it('is not listened to while the exchange is off, nor in a private torrent', () => {
    const { state, connect, tell } = scene();
    state.on = false;
    expect(tell(connect('192.0.2.1'), at('198.51.100.1'))).toEqual([]);
    const secret = scene({ pex: undefined });
    expect(secret.tell(secret.connect('192.0.2.1'), at('198.51.100.1'))).toEqual([]);
    const peer = secret.connect('192.0.2.2');
    expect(secret.told(peer, 100)).toEqual([]);
  });
});
