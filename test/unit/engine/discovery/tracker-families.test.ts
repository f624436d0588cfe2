import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { createTrackerClients } from '../../../../src/engine/discovery/tracker-clients.js';
import { TrackerFamilies } from '../../../../src/engine/discovery/tracker-families.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import type { AnnounceEvent } from '../../../../src/engine/protocol/tracker/announce.js';
import { createTracker, type Tracker } from '../../../../src/tracker/index.js';
import { fakeNames } from '../../../lib/fake-names.js';
import { freePort } from '../../../lib/free-port.js';

const both = () => [4, 6] as const;

function requestOf(id: string, event?: AnnounceEvent) {
  return {
    ...{ infoHash: utf8('aaaaaaaaaaaaaaaaaaaa'), peerId: utf8(id.repeat(20)), port: id.charCodeAt(0), event },
    ...{ uploaded: 0, downloaded: 0, left: 1, key: 0 },
  };
}

async function openTracker(host?: string, port = 0): Promise<Tracker> {
  const tracker = await createTracker({ http: { port, host }, udp: { port, host } });
  onTestFinished(() => tracker.close());
  return tracker;
}

function openClients(options: Parameters<typeof createTrackerClients>[0] = { reachable: both }) {
  const clients = createTrackerClients(options);
  onTestFinished(() => clients.close());
  return clients;
}

/** Announces, and resolves when both answers are in. */
async function announce(clients: ReturnType<typeof openClients>, url: string, id: string) {
  let more: readonly PeerAddress[] | undefined;
  const { peers } = await clients.announce(url, requestOf(id), {
    onMore: response => {
      more = response.peers;
    },
  });
  await vi.waitFor(() => expect(more).toBeDefined(), 10_000);
  return [...peers, ...more!];
}

describe.each(['http', 'udp'] as const)('a tracker with addresses of both families, over %s', scheme => {
  const NAME = 'tracker.test';
  const urlOf = (tracker: Tracker) => `${scheme}://${NAME}:${tracker[scheme]!.port}/announce`;

  it('is told of both, and tells of peers of both', async () => {
    fakeNames({ [NAME]: ['::1', '127.0.0.1'] });
    const tracker = await openTracker();
    const clients = openClients();
    await announce(clients, urlOf(tracker), 'a');
    expect(tracker.stats().peers).toBe(2);
    const peers = await announce(clients, urlOf(tracker), 'b');
    expect(new Set(peers.map(({ host }) => host))).toEqual(new Set(['127.0.0.1', '::1']));
    expect(clients.announces).toEqual({ ok: 2, failed: 0 });
  });

  it('is told `stopped` by both before we leave', async () => {
    fakeNames({ [NAME]: ['127.0.0.1', '::1'] });
    const tracker = await openTracker();
    const clients = openClients();
    await announce(clients, urlOf(tracker), 'a');
    await clients.announce(urlOf(tracker), requestOf('a', 'stopped'));
    expect(tracker.stats().peers).toBe(0);
  });

  it('is told only by families in which others reach us', async () => {
    fakeNames({ [NAME]: ['127.0.0.1', '::1'] });
    const tracker = await openTracker();
    for (const family of [4, 6] as const) {
      const clients = openClients({ reachable: () => [family] });
      await clients.announce(urlOf(tracker), requestOf(`${family}`));
    }
    const clients = openClients({ reachable: () => [] });
    const peers = await announce(clients, urlOf(tracker), 'x');
    expect(new Set(peers)).toEqual(
      new Set([
        { host: '127.0.0.1', port: '4'.charCodeAt(0) },
        { host: '::1', port: '6'.charCodeAt(0) },
      ]),
    );
  });

  it.each(['127.0.0.1', '::1'])('works while only %s answers, and the other is left alone', async host => {
    fakeNames({ [NAME]: ['127.0.0.1', '::1'] });
    const tracker = await openTracker(host, await freePort());
    const clients = openClients();
    const leaveOut = vi.spyOn(TrackerFamilies.prototype, 'leaveOut');
    onTestFinished(() => leaveOut.mockRestore());
    await clients.announce(urlOf(tracker), requestOf('a'));
    expect(tracker.stats().peers).toBe(1);
    if (scheme === 'udp') return; // where nobody answers is known after 45 s
    await vi.waitFor(() => expect(leaveOut).toHaveBeenCalledWith(NAME, host === '::1' ? 4 : 6), 10_000);
    leaveOut.mockClear();
    await clients.announce(urlOf(tracker), requestOf('a', 'stopped'));
    expect(clients.announces).toEqual({ ok: 2, failed: 0 });
    expect(leaveOut).not.toHaveBeenCalled();
  });
});
