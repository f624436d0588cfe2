import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatAddress, type PeerAddress } from '../../dist/index.js';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { SocksServer } from '../lib/socks-server.js';
import { CliProcess } from './cli-process.js';

const ON_6 = { listen: { host: '::1' } };
const LENGTH = 300 * KiB;

async function open() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': LENGTH });
  return { stage, sample };
}

/** What this machine is called on its link. */
function ownLinkLocal(): string | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces()))
    for (const { address, internal } of addresses ?? [])
      if (!internal && address.startsWith('fe80:')) return `${address}%${name}`;
  return undefined;
}

describe('over IPv6', () => {
  it('a magnet link names a peer, and that is enough', async () => {
    const { stage, sample } = await open();
    const seed = await openSeed(stage, sample, ON_6);
    const session = await openSession(stage, { dir: stage.path('target'), ...ON_6 });
    const { infoHash } = sample.metainfo;
    const torrent = await session.add(
      `magnet:?xt=urn:btih:${infoHash}&x.pe=${formatAddress(addressOf(seed))}`,
    );
    await torrent.completed();
    expect(torrent.stats().downloaded).toBe(LENGTH);
  });

  it('a peer of both families hands on what it has by one of them', async () => {
    const { stage, sample } = await open();
    const seed = await openSeed(stage, sample); // 127.0.0.1
    const bridge = await openSession(stage, { dir: stage.path('bridge'), listen: undefined });
    const far = await openSession(stage, { dir: stage.path('far'), ...ON_6 });
    const torrent = await far.add(sample.torrent);
    const met = nextEvent(torrent, 'peer');
    await bridge.add(sample.torrent, { peers: [addressOf(seed), addressOf(far)] });
    await torrent.completed();
    expect((await met).address).toMatch(/^\[::1\]:/);
    expect(bridge.torrents[0].stats().uploaded).toBe(LENGTH);
  });

  it('a proxy carries a download, itself and the peer on ::1', async () => {
    const { stage, sample } = await open();
    const seed = await openSeed(stage, sample, ON_6);
    const socks = await SocksServer.open(stage, { host: '::1' });
    const session = await openSession(stage, {
      dir: stage.path('target'),
      listen: false,
      proxy: socks.address,
    });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    expect(socks.asked).toEqual([`0:0:0:0:0:0:0:1:${addressOf(seed).port}`]);
  });

  it.skipIf(ownLinkLocal() === undefined)('a link-local peer is one with its zone', async () => {
    const { stage, sample } = await open();
    const seed = await openSeed(stage, sample, { listen: undefined });
    const at: PeerAddress = { host: ownLinkLocal()!, port: addressOf(seed).port };
    const session = await openSession(stage, { dir: stage.path('target'), listen: undefined });
    const come = nextEvent(seed.torrents[0], 'peer');
    const torrent = await session.add(sample.torrent, { peers: [at] });
    await torrent.completed();
    expect((await come).address).toContain(`[${at.host}]:`);
  });

  it('IPv4 in IPv6 dress is an IPv4 peer', async () => {
    const { stage, sample } = await open();
    const seed = await openSeed(stage, sample, { listen: { host: '::ffff:127.0.0.1' } });
    const come = nextEvent(seed.torrents[0], 'peer');
    const session = await openSession(stage, { dir: stage.path('target') });
    const peers = [{ host: '::ffff:127.0.0.1', port: addressOf(seed).port }];
    const torrent = await session.add(sample.torrent, { peers });
    const met = nextEvent(torrent, 'peer');
    await torrent.completed();
    expect((await come).address).toMatch(/^127\.0\.0\.1:/);
    expect((await met).address).toBe(`127.0.0.1:${addressOf(seed).port}`);
  });
});

describe('the command line over IPv6', () => {
  const run = (...args: string[]) => {
    const one = new CliProcess([...args, '--no-state', '--workers', '1', '--kernels', 'native']);
    onTestFinished(() => one.kill('SIGKILL'));
    return one;
  };
  const at = async (one: CliProcess) => `[::1]:${(await one.event('listening')).port}`;

  it.each([
    ['a seed that both families reach', []],
    ['a seed on ::1', ['--host', '::1']],
  ])('fetches from %s', async (_name, where) => {
    const { stage, sample } = await open();
    const seed = run('seed', sample.torrent, '--dir', sample.dir, ...where);
    const { addresses } = await seed.event('listening');
    expect((addresses as PeerAddress[]).map(({ host }) => host)).toEqual(
      where.length === 0 ? ['0.0.0.0', '::'] : ['::1'],
    );
    const client = run('download', sample.torrent, '--dir', stage.path('target'), '--peer', await at(seed));
    expect(await client.event('complete')).toMatchObject({ bytes: LENGTH });
    expect(await client.ended).toBe(0);
  });

  it('a seed dials whom it is told of', async () => {
    const { stage, sample } = await open();
    const client = run('download', sample.torrent, '--dir', stage.path('target'), '--host', '::1');
    run('seed', sample.torrent, '--dir', sample.dir, '--peer', await at(client));
    expect(await client.event('complete')).toMatchObject({ bytes: LENGTH });
  });
});
