import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ErrorCode, MillraceError } from '../../../../src/engine/errors.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { MAX_PORTS_PER_HOST } from '../../../../src/engine/policy/peer-list.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { Dialler } from '../../../../src/engine/session/dialler.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';

const address = (port: number): PeerAddress => ({ host: '127.0.0.1', port });
const failure = (code: ErrorCode, facts = {}) => new MillraceError(code, 'x', facts);

/** A dialler whose host only notes what is dialled, at most `places` at a time. */
function scene({ maxPeers = 10, places = 100 } = {}) {
  const dialled: number[] = [];
  const links = new Map<number, PeerLink>();
  const state = { lacks: true, places, blocked: 0, onTurn: () => {} };
  const host = {
    dial: (_: unknown, at: PeerAddress, onTurn: () => void) => {
      state.onTurn = onTurn;
      if (state.places === 0) return 'busy';
      if (state.blocked === at.port) return 'blocked';
      dialled.push(at.port);
      return fake(at);
    },
  };
  const made = new Map<number, PeerLink>();
  const fake = (at: PeerAddress): PeerLink => {
    const link = {
      address: at,
      dialAddress: at,
      abandon: () => dialler.closed(link, failure('ERR_CLOSED')),
    } as unknown as PeerLink;
    made.set(at.port, link);
    return link;
  };
  const own = { priorityOf: () => undefined };
  const engine = { rng: createRng(1), options: { maxPeersPerTorrent: maxPeers }, own };
  const dialler: Dialler = new Dialler(engine as never, { links } as never, host as never, () => state.lacks);
  return {
    dialler,
    dialled,
    state,
    /** The handshake with the peer at this port is over. */
    connect: (port: number) => {
      const link = made.get(port)!;
      dialler.connected(link);
      links.set(port, link);
      return link;
    },
    close: (port: number, error?: MillraceError) => {
      links.delete(port);
      dialler.closed(made.get(port)!, error);
    },
  };
}

describe('Dialler', () => {
  it('is crowded while an address waits for a place alone', () => {
    const { dialler, state } = scene({ maxPeers: 4 });
    dialler.start();
    dialler.add([1, 2].map(address), 'manual');
    expect(dialler.crowded).toBe(false);
    dialler.add([address(3)], 'manual');
    expect(dialler.crowded).toBe(true);
    state.places = 0; // the session's, which are another matter
    dialler.setMaxPeers(6);
    expect(dialler.crowded).toBe(false);
  });

  it('passes over who is blocked, and forgets it', () => {
    const { dialler, dialled, state } = scene();
    state.blocked = 2;
    dialler.start();
    dialler.add([1, 2, 3].map(address), 'manual');
    expect(dialled.sort()).toEqual([1, 3]);
    expect(dialler.known).toBe(2);
  });

  it('dials half of the places that the torrent has now', () => {
    const { dialler, dialled } = scene();
    dialler.setMaxPeers(3);
    dialler.start();
    dialler.add([1, 2, 3, 4, 5, 6, 7].map(address), 'manual');
    expect(dialled).toHaveLength(2);
    dialler.setMaxPeers(8);
    expect(dialled).toHaveLength(4);
    dialler.stop();
  });

  it('dials nobody before it is started, and half of the places at most after', () => {
    const { dialler, dialled } = scene();
    dialler.add([1, 2, 3, 4, 5, 6, 7].map(address), 'manual');
    expect(dialled).toEqual([]);
    dialler.start();
    expect(dialled).toHaveLength(5);
    expect(new Set(dialled).size).toBe(5);
    dialler.stop();
  });

  it('a connection that ends makes room for the next', () => {
    const { dialler, dialled, connect, close } = scene({ maxPeers: 2 });
    dialler.start();
    dialler.add([address(1), address(2)], 'tracker');
    expect(dialled).toHaveLength(1);
    connect(dialled[0]);
    close(dialled[0], failure('ERR_NET_RESET'));
    expect(dialled).toHaveLength(2);
    dialler.stop();
  });

  it('sleeps while all places are taken, however many wait for one', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { dialler, dialled, connect, close } = scene({ maxPeers: 2 });
    dialler.start();
    dialler.add([address(1), address(2)], 'tracker');
    expect(vi.getTimerCount()).toBe(0);
    const [first] = dialled;
    connect(first);
    expect(vi.getTimerCount()).toBe(0);
    close(first, failure('ERR_NET_RESET'));
    expect(new Set(dialled).size).toBe(2);
    dialler.stop();
  });

  it('who could not be reached is not dialled again at once', () => {
    const { dialler, dialled, close } = scene();
    dialler.start();
    dialler.add([address(1)], 'manual');
    close(1, failure('ERR_NET_REFUSED'));
    expect(dialled).toEqual([1]);
    expect(dialler.known).toBe(1);
    dialler.stop();
  });

  it('what we closed ourselves is dialled again as soon as it is started', () => {
    const { dialler, dialled, connect, close } = scene();
    dialler.start();
    dialler.add([address(1), address(2)], 'manual');
    connect(1);
    dialler.stop(); // port 2 is abandoned in its handshake
    close(1, failure('ERR_CLOSED'));
    expect(dialled.sort()).toEqual([1, 2]);
    dialler.start();
    expect(dialled.sort()).toEqual([1, 1, 2, 2]);
    dialler.stop();
  });

  it('who was of no use comes back when more is wanted', () => {
    const { dialler, dialled, state, connect, close } = scene();
    dialler.start();
    dialler.add([address(1)], 'tracker');
    connect(1);
    state.lacks = false;
    close(1, failure('ERR_PEER_REDUNDANT'));
    expect(dialler.known).toBe(0);
    dialler.seekAgain();
    expect(dialled).toEqual([1, 1]);

    connect(1);
    state.lacks = true; // more was wanted before the link had closed
    close(1, failure('ERR_PEER_REDUNDANT'));
    expect(dialled).toEqual([1, 1, 1]);
    dialler.stop();
  });

  it('who was of no use is not dialled for being told again, unless by a user', () => {
    const { dialler, dialled, state, connect, close } = scene();
    dialler.start();
    dialler.add([address(1)], 'lsd');
    connect(1);
    state.lacks = false;
    close(1, failure('ERR_PEER_REDUNDANT'));
    dialler.add([address(1), address(2)], 'lsd');
    expect(dialled).toEqual([1, 2]);
    dialler.add([address(1)], 'manual');
    expect(dialled).toEqual([1, 2, 1]);
    dialler.stop();
  });

  it('our own address and banned peers are dialled once and never again', () => {
    const { dialler, dialled, close } = scene();
    dialler.start();
    dialler.add([address(1), address(2)], 'tracker');
    close(1, failure('ERR_PEER_DUPLICATE', { self: true }));
    close(2, failure('ERR_PEER_BANNED'));
    expect(dialler.known).toBe(0);
    dialler.add([address(1)], 'tracker');
    expect(dialled.sort()).toEqual([1, 2]);
    dialler.stop();
  });

  it('the former address of a peer is not dialled while it is connected from elsewhere', () => {
    const { dialler, dialled, connect, close } = scene({ maxPeers: 20 });
    dialler.start();
    dialler.add([address(1)], 'tracker');
    connect(1);
    close(1, failure('ERR_NET_RESET'));
    const elsewhere = { dialAddress: address(2), peer: { down: { total: 0 }, up: { total: 0 } } } as PeerLink;
    dialler.connected(elsewhere);
    dialler.hasMoved(elsewhere, address(1));
    expect(dialler.dialable).toBe(0);
    dialler.closed(elsewhere, undefined);
    expect([dialler.dialable, dialler.known]).toEqual([2, 2]); // whoever that was, it was of no use
    expect(dialled).toEqual([1]);
    dialler.stop();
  });

  it('the former address of a peer that is of use elsewhere is forgotten', () => {
    const { dialler, connect, close } = scene({ maxPeers: 20 });
    dialler.start();
    dialler.add([address(1)], 'tracker');
    connect(1);
    close(1, failure('ERR_NET_RESET'));
    const elsewhere = { dialAddress: address(2), peer: { down: { total: 5 }, up: { total: 0 } } } as PeerLink;
    dialler.connected(elsewhere);
    dialler.hasMoved(elsewhere, address(1));
    dialler.closed(elsewhere, undefined);
    expect(dialler.known).toBe(1);
    dialler.stop();
  });

  it('another address of a peer that is connected is dialled when the peer has left', () => {
    const { dialler, dialled, connect, close } = scene({ maxPeers: 20 });
    const peerId = new Uint8Array(20).fill(7);
    const moved = { down: { total: 0 }, up: { total: 0 } };
    dialler.start();
    dialler.add([address(1)], 'tracker');
    Object.assign(connect(1), { peerId, peer: moved });
    dialler.add([address(2)], 'pex');
    connect(2).peerId = peerId;
    close(2, failure('ERR_PEER_DUPLICATE'));
    expect([dialler.known, dialler.dialable]).toEqual([2, 0]);
    close(1, failure('ERR_NET_RESET'));
    expect([dialler.known, dialler.dialable]).toEqual([2, 2]);
    expect(dialled).toEqual([1, 2]);
    dialler.stop();
  });

  it('is dialled again when the connection that was kept instead has ended in the meantime', () => {
    const { dialler, connect, close } = scene({ maxPeers: 20 });
    const peerId = new Uint8Array(20).fill(7);
    dialler.start();
    dialler.add([address(1), address(2)], 'tracker');
    Object.assign(connect(1), { peerId });
    connect(2).peerId = peerId;
    close(1, failure('ERR_NET_RESET')); // the end of the other comes later, as with sockets
    close(2, failure('ERR_PEER_DUPLICATE'));
    expect([dialler.known, dialler.dialable]).toEqual([2, 2]);
    dialler.stop();
  });

  it('the same id at another host is not the connection that was kept', () => {
    const { dialler, connect, close } = scene({ maxPeers: 20 });
    const peerId = new Uint8Array(20).fill(7);
    const move = { down: { total: 5 }, up: { total: 0 } };
    dialler.start();
    dialler.add([address(1), address(2), address(3)], 'tracker');
    Object.assign(connect(1), { peerId, peer: move, address: { host: '127.0.0.9', port: 1 } });
    Object.assign(connect(2), { peerId, peer: move });
    connect(3).peerId = peerId;
    close(3, failure('ERR_PEER_DUPLICATE'));
    close(1, failure('ERR_NET_RESET'));
    expect([dialler.known, dialler.dialable]).toEqual([3, 1]); // 3 is still known as another address of 2
    close(2, failure('ERR_NET_RESET'));
    expect([dialler.known, dialler.dialable]).toEqual([2, 2]);
    dialler.stop();
  });

  it('tells how a caller came even where the list has no place for it', () => {
    const { dialler } = scene();
    const callers = Array.from({ length: MAX_PORTS_PER_HOST + 1 }, (_, n) => {
      const at = { host: '192.0.2.1', port: n + 1 };
      return { incoming: true, address: at, dialAddress: at, sources: ['incoming'] } as unknown as PeerLink;
    });
    for (const caller of callers) dialler.connected(caller);
    expect(dialler.known).toBe(MAX_PORTS_PER_HOST);
    expect(callers.map(({ sources }) => sources)).toEqual(callers.map(() => ['incoming']));
  });

  it('whoever is kept is known by what told of the other connection, too', () => {
    const { dialler, connect, close } = scene({ maxPeers: 20 });
    const peerId = new Uint8Array(20).fill(7);
    dialler.start();
    dialler.add([address(1)], 'manual');
    const caller = Object.assign(connect(1), { peerId, incoming: true, sources: ['incoming'] });
    const dropped = { address: address(1), dialAddress: address(1), peerId } as unknown as PeerLink;
    dialler.closed(dropped, failure('ERR_PEER_DUPLICATE'));
    expect(caller.sources).toEqual(['manual']);
    close(1);
    dialler.stop();
  });

  it('a seed that saw first that both have everything is not dialled again before more is wanted', () => {
    const { dialler, dialled, state, connect, close } = scene();
    dialler.start();
    dialler.add([address(1)], 'tracker');
    (connect(1) as { peer?: unknown }).peer = { seed: true, down: { total: 9 }, up: { total: 0 } };
    state.lacks = false;
    close(1);
    expect(dialler.known).toBe(0);
    dialler.seekAgain();
    expect(dialled).toEqual([1, 1]);
    dialler.stop();
  });

  it('with too many half-open connections the address is kept for later', () => {
    const { dialler, dialled, state } = scene({ places: 0 });
    dialler.start();
    dialler.add([address(1)], 'tracker');
    expect(dialled).toEqual([]);
    state.places = 1;
    dialler.seekAgain();
    expect(dialled).toEqual([1]);
    dialler.stop();
  });

  it('waits for its turn without looking at the clock, and takes it unless it was stopped', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { dialler, dialled, state } = scene({ places: 0 });
    dialler.start();
    dialler.add([address(1)], 'tracker');
    expect(vi.getTimerCount()).toBe(0);
    state.places = 1;
    dialler.stop();
    state.onTurn();
    expect(dialled).toEqual([]);
    state.places = 0;
    dialler.start();
    state.places = 1;
    state.onTurn();
    expect(dialled).toEqual([1]);
    dialler.stop();
  });
});
