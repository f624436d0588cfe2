import { describe, expect, it } from 'vitest';
import { RawListener } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, nextEvent, openSession, openStage } from '../lib/e2e-stage.js';
import { openUdpPort, SpyTracker } from '../lib/spy-tracker.js';

/** Linux has all of 127.0.0.0/8 on its loopback. */
const OURS = '127.0.0.2';
/** For documentation (RFC 5737): no machine has it. */
const NOBODYS = '192.0.2.1';

async function open(bind: string, listen?: false) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
  const session = await openSession(stage, { dir: stage.path('target'), bind, listen });
  return { stage, sample, session };
}

describe.skipIf(process.platform !== 'linux')('a session that is bound to an address', () => {
  it('listens there', async () => {
    const { session } = await open(OURS);
    expect(addressOf(session).host).toBe(OURS);
  });

  it('dials from there', async () => {
    const { stage, sample, session } = await open(OURS);
    const peer = await RawListener.open();
    stage.defer(() => peer.close());
    await session.add(sample.torrent, { peers: [peer.address] });
    expect((await peer.next()).socket.remoteAddress).toBe(OURS);
  });

  it('asks trackers from there, over HTTP also by name, and over UDP', async () => {
    const { stage, sample, session } = await open(OURS);
    const tracker = await SpyTracker.open(stage);
    const udp = await openUdpPort(stage);
    const trackers = [[tracker.url('localhost')]];
    await session.add(sample.torrent, { trackers });
    const [{ from }] = await tracker.announces(1);
    expect(from).toBe(OURS);
    await session.get(sample.metainfo.infoHash)!.close();
    await session.add(sample.torrent, { trackers: [[`udp://127.0.0.1:${udp.port}`]] });
    expect(await udp.from).toBe(OURS);
  });

  it('reaches nobody when it has not got the address', async () => {
    const { stage, sample, session } = await open(NOBODYS, false);
    const peer = await RawListener.open();
    stage.defer(() => peer.close());
    const tracker = await SpyTracker.open(stage);
    const udp = await openUdpPort(stage);
    const urls = [tracker.url(), tracker.url('localhost'), `udp://127.0.0.1:${udp.port}`];
    const torrent = await session.add(sample.torrent, { trackers: urls.map(url => [url]), paused: true });
    const failures = urls.map(url =>
      nextEvent(torrent, 'tracker', e => e.url === url && e.state === 'failed'),
    );
    await torrent.checked();
    torrent.addPeer(peer.address);
    torrent.resume();
    await Promise.all(failures);
    expect(tracker.seen).toEqual([]);
    expect(peer.all).toEqual([]);
  });
});
