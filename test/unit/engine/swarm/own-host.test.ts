import { describe, expect, it } from 'vitest';
import {
  decodeExtendedHandshake,
  encodeExtendedHandshake,
} from '../../../../src/engine/protocol/peer/extended.js';
import type { Action } from '../../../../src/engine/swarm/actions.js';
import { Extensions } from '../../../../src/engine/swarm/extensions.js';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';

const IP4 = '192.0.2.7';
const IP6 = '2001:db8::7';

function scene(host: string, ownHost?: (family: 4 | 6) => string | undefined) {
  const acts: Action[] = [];
  const sent: Uint8Array[] = [];
  const peer = {
    key: 1,
    info: { address: { host, port: 1 }, incoming: true },
    send: ({ payload }: { payload: Uint8Array }) => sent.push(payload),
  } as unknown as PeerCore;
  const extensions = new Extensions({
    ...{ client: 'x', pieceCount: 1, maxBlockBytes: 16384, peers: new Map() },
    ...{ listenPort: () => 1, ownHost, act: action => acts.push(action) },
  });
  return {
    told() {
      extensions.greet(peer, false);
      const { ip4, ip6 } = decodeExtendedHandshake(sent[0]);
      return [ip4, ip6];
    },
    hear(told: { ip4?: string; ip6?: string }) {
      const payload = encodeExtendedHandshake({ extensions: new Map(), ...told });
      extensions.handle(peer, { type: 'extended', id: 0, payload }, () => {}, 0);
      return acts;
    },
  };
}

describe('addresses of the other family (BEP 10)', () => {
  it('are told, where we are known by one', () => {
    const own = (family: 4 | 6) => (family === 4 ? IP4 : IP6);
    expect(scene('198.51.100.1', own).told()).toEqual([undefined, IP6]);
    expect(scene('2001:db8::1', own).told()).toEqual([IP4, undefined]);
    expect(scene('198.51.100.1', () => undefined).told()).toEqual([undefined, undefined]);
    expect(scene('198.51.100.1').told()).toEqual([undefined, undefined]);
  });

  it('are heard of peers by IPv4, where they save a second connection', () => {
    expect(scene('198.51.100.1').hear({ ip6: IP6 })).toEqual([{ type: 'also-at', peer: 1, host: IP6 }]);
    expect(scene('198.51.100.1').hear({ ip4: IP4 })).toEqual([]);
    expect(scene('2001:db8::1').hear({ ip4: IP4, ip6: IP6 })).toEqual([]);
  });

  it('of the wrong length are none', () => {
    const told = encodeExtendedHandshake({ extensions: new Map(), ip4: IP6, ip6: IP4 });
    expect(decodeExtendedHandshake(told)).toMatchObject({ ip4: undefined, ip6: undefined });
    const short = decodeExtendedHandshake(new TextEncoder().encode('d4:ipv43:abc4:ipv63:abce'));
    expect(short).toMatchObject({ ip4: undefined, ip6: undefined });
  });
});
