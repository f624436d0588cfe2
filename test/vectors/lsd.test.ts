import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../src/engine/bytes.js';
import { formatAddress } from '../../src/engine/ids.js';
import { decodeLsdAnnounce, encodeLsdAnnounces, LSD_GROUPS } from '../../src/engine/protocol/lsd.js';
import { readVectors } from '../lib/vectors.js';

interface Announce {
  ascii: string;
  port: number;
  infoHashes: string[];
  cookie: string;
}

const { bep14_lsd: vectors } = readVectors<{
  bep14_lsd: {
    good: Announce[];
    dropped: { ascii: string; why: string }[];
    limits: { maxPacket: number };
    groups: string[];
  };
}>('lsd.json');

describe('announces of local service discovery (BEP 14)', () => {
  it.each(vectors.good)('read and written: port $port', ({ ascii, port, infoHashes, cookie }) => {
    const announce = { port, infoHashes, cookie };
    expect(decodeLsdAnnounce(utf8(ascii))).toEqual(announce);
    expect(encodeLsdAnnounces(announce, 4).map(latin1)).toEqual([ascii]);
  });

  it.each(vectors.dropped)('passed over: $why', ({ ascii }) => {
    expect(decodeLsdAnnounce(utf8(ascii))).toBeUndefined();
  });

  it('40 info-hashes are split, each is told once', () => {
    const infoHashes = Array.from({ length: 40 }, (_, i) => i.toString(16).padStart(40, '0'));
    for (const family of [4, 6] as const) {
      const packets = encodeLsdAnnounces({ port: 65535, infoHashes }, family);
      expect(packets).toHaveLength(2);
      for (const packet of packets) expect(packet.length).toBeLessThanOrEqual(vectors.limits.maxPacket);
      expect(packets.flatMap(packet => decodeLsdAnnounce(packet)!.infoHashes)).toEqual(infoHashes);
    }
  });

  it('go to these groups', () => {
    expect([LSD_GROUPS[4], LSD_GROUPS[6]].map(formatAddress)).toEqual(vectors.groups);
  });
});
