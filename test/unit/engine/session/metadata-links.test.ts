import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MillraceError } from '../../../../src/engine/errors.js';
import { encodeExtendedHandshake } from '../../../../src/engine/protocol/peer/extended.js';
import { encodeMetadataMessage, METADATA_PART_BYTES } from '../../../../src/engine/protocol/peer/metadata.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';
import { MetadataLinks } from '../../../../src/engine/session/metadata-links.js';
import { MetadataFetch } from '../../../../src/engine/swarm/metadata-fetch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

/** Links whose peers are played by hand; names of those that were closed, and why. */
function scene({ crowded = true } = {}) {
  const closed: string[] = [];
  const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());
  const links = new MetadataLinks({
    fetch: new MetadataFetch({ infoHash: 'f'.repeat(40), maxBytes: 1e6, sha1 }),
    listenPort: () => undefined,
    pex: () => true,
    crowded: () => crowded,
    onPeers: () => {},
    onYourIp: () => {},
    onDone: () => {},
    onBan: () => {},
    onDetached: (link, error) => closed.push(`${link.name} ${error?.code}`),
  });
  let key = 0;
  /** A peer that tells of so many bytes of metadata, or is silent about it. */
  const join = (name: string, metadataBytes?: number) => {
    const link = {
      ...{ key: ++key, name, incoming: false, address: { host: '192.0.2.1', port: key } },
      socket: { queuedBytes: 0 },
      flush: (peer: { outbox: unknown[] }) => peer.outbox.splice(0),
      close: (error: MillraceError) => links.detach(link as unknown as PeerLink, error),
      peer: undefined as PeerLink['peer'],
    };
    const taken = link as unknown as PeerLink;
    link.peer = links.attach(taken, { fast: true, extended: true, dht: false, v2: false });
    const say = (id: number, payload: Uint8Array) => {
      links.handleMessage(link.peer!, { type: 'extended', id, payload });
      links.received();
    };
    const extensions = new Map([['ut_metadata', 1]]);
    say(0, encodeExtendedHandshake({ extensions, metadataBytes }));
    return {
      chat: () => links.handleMessage(link.peer!, { type: 'keep-alive' }),
      send: (part: number) => {
        const bytes = new Uint8Array(METADATA_PART_BYTES);
        say(2, encodeMetadataMessage({ type: 'data', part, totalBytes: metadataBytes!, bytes }));
      },
      reject: (part: number) => say(2, encodeMetadataMessage({ type: 'reject', part })),
    };
  };
  return { closed, links, join };
}

describe('where others wait for a place', () => {
  it('who has had no metadata for us in a minute gives way; who sends some stays', () => {
    const { closed, join } = scene();
    const peers = [join('has none'), join('has too much', 2e6)];
    const sender = join('sends', 10 * METADATA_PART_BYTES);
    sender.send(0);
    const silent = join('tells and sends nothing', 20 * METADATA_PART_BYTES);
    const refuser = join('refuses', 30 * METADATA_PART_BYTES);
    vi.advanceTimersByTime(MINUTE_MS - 1);
    expect(closed).toEqual([]);
    for (let round = 0; round < 6; round++) {
      for (const peer of [...peers, sender, silent]) peer.chat();
      for (const part of [0, 1, 2, 3]) refuser.reject(part);
      vi.advanceTimersByTime(5_000);
    }
    expect(closed.toSorted()).toEqual(
      ['has none', 'has too much', 'refuses', 'tells and sends nothing'].map(
        name => `${name} ERR_PEER_LIMIT`,
      ),
    );
  });

  it('and where nobody waits all stay', () => {
    const { closed, join } = scene({ crowded: false });
    const peer = join('has none');
    vi.advanceTimersByTime(MINUTE_MS);
    peer.chat();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(closed).toEqual([]);
  });
});

it('who is silent for two minutes is let go', () => {
  const { closed, join } = scene({ crowded: false });
  join('sleeps', METADATA_PART_BYTES);
  vi.advanceTimersByTime(2 * MINUTE_MS + 10_000);
  expect(closed).toEqual(['sleeps ERR_PEER_TIMEOUT']);
});
