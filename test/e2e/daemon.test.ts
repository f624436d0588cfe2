import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createTorrent, formatAddress } from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { DaemonProcess } from '../lib/daemon-process.js';
import { KiB, openSession, openStage } from '../lib/e2e-stage.js';
import { RawDhtNode } from '../lib/raw-dht-node.js';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

interface Told {
  readonly id: number;
  readonly name: string;
  readonly hashString: string;
  readonly status: number;
  readonly error: number;
  readonly errorString: string;
  readonly percentDone: number;
  readonly downloadDir: string;
  readonly labels: readonly string[];
  readonly isFinished: boolean;
}

const FIELDS = [
  ...['id', 'name', 'hashString', 'status', 'error', 'errorString', 'percentDone', 'downloadDir', 'labels'],
  'isFinished',
];
const [STOPPED, WAITING, DOWNLOADING, SEEDING] = [0, 3, 4, 6];

/** A tracker, and a seed of these torrents: name → files. */
async function openSwarm(stage: Stage, torrents: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  const tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' } });
  stage.defer(() => tracker.close());
  const dir = stage.path('seed');
  const seed = await openSession(stage, { dir });
  const made: Record<string, { bytes: Uint8Array; infoHash: string }> = {};
  for (const [name, files] of Object.entries(torrents)) {
    await writeSamples(
      dir,
      Object.fromEntries(Object.entries(files).map(([path, length]) => [`${name}/${path}`, length])),
      1,
    );
    const { bytes, metainfo } = await createTorrent(`${dir}/${name}`, {
      pieceLength: 32 * KiB,
      workers: 0,
      announce: [[tracker.http!.url]],
    });
    await (await seed.add(bytes, { check: 'seed' })).checked();
    made[name] = { bytes, infoHash: metainfo.infoHash };
  }
  await until('the seeds at the tracker', () => tracker.stats().peers === Object.keys(torrents).length);
  return { dir, made, seed, tracker };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

async function listed(daemon: DaemonProcess): Promise<Told[]> {
  return daemon.torrents<Told>(FIELDS);
}

/** Once the daemon says so of its one torrent. */
async function once(daemon: DaemonProcess, says: (torrent: Told) => boolean): Promise<Told> {
  let torrent: Told | undefined;
  await until('the torrent', async () => {
    [torrent] = await listed(daemon);
    return torrent !== undefined && says(torrent);
  });
  return torrent!;
}

describe('the main job', () => {
  it('takes a file of the watch folder, downloads it aside, puts it in its place, tells a program, and remembers', async () => {
    const stage = await openStage();
    const { dir, made } = await openSwarm(stage, { film: { 'a.bin': 200 * KiB, 'sub/b.bin': 100_001 } });
    for (const folder of ['watch', 'downloads', 'aside']) await mkdir(stage.path(folder));
    const hook = stage.path('hook.sh');
    await writeFile(
      hook,
      `#!/bin/sh\nenv | grep ^TR_ > "${stage.path('told.part')}"\nmv "${stage.path('told.part')}" "${stage.path('told')}"\n`,
    );
    await chmod(hook, 0o755);
    const settings = {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('downloads'),
      'incomplete-dir': stage.path('aside'),
      'watch-dir': stage.path('watch'),
      'watch-poll': '200ms',
      'on-done': hook,
      umask: '002',
    };
    const daemon = new DaemonProcess(stage, settings);
    await daemon.ready();

    await writeFile(stage.path('film.torrent'), made.film.bytes);
    await rename(stage.path('film.torrent'), stage.path('watch/film.torrent'));
    const done = await once(daemon, ({ status, percentDone }) => status === SEEDING && percentDone === 1);
    expect(done).toMatchObject({ name: 'film', hashString: made.film.infoHash, error: 0 });
    await until(
      'the program',
      async () => (await readFile(stage.path('told'), 'utf8').catch(() => '')) !== '',
    );

    expect(await hashTree(stage.path('downloads/film'))).toEqual(await hashTree(`${dir}/film`));
    await expect(stat(stage.path('aside/film'))).rejects.toThrow('ENOENT');
    const told = await readFile(stage.path('told'), 'utf8');
    expect(told).toContain(`TR_TORRENT_DIR=${stage.path('downloads')}\n`);
    expect(told).toContain(`TR_TORRENT_HASH=${made.film.infoHash}\n`);
    expect((await stat(stage.path('downloads/film/a.bin'))).mode & 0o777).toBe(0o664);
    expect((await stat(stage.path('downloads/film/sub'))).mode & 0o777).toBe(0o775);
    expect((await stat(stage.path('state'))).mode & 0o777).toBe(0o700);
    await stat(stage.path('watch/film.torrent.added'));
    await stat(stage.path(`state/torrents/${made.film.infoHash}.torrent`));

    await daemon.call('torrent-set', { ids: [1], labels: ['kept'] });
    expect(await daemon.stop()).toBe(0);
    const again = new DaemonProcess(stage, settings);
    const [remembered] = await listed(again);
    expect(remembered).toMatchObject({ name: 'film', percentDone: 1, labels: ['kept'] });
    expect(remembered.downloadDir).toBe(stage.path('downloads'));
  });

  it('follows a magnet link, of a client or in a file, and forgets it when it has the torrent', async () => {
    const stage = await openStage();
    const { dir, made, tracker } = await openSwarm(stage, {
      one: { 'a.bin': 90 * KiB },
      two: { 'b.bin': 50 * KiB },
    });
    await mkdir(stage.path('watch'));
    const settings = {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('downloads'),
      'watch-dir': stage.path('watch'),
      'watch-poll': '200ms',
    };
    const linkTo = (infoHash: string) =>
      `magnet:?xt=urn:btih:${infoHash}&dn=hint&tr=${encodeURIComponent(tracker.http!.url)}`;
    const daemon = new DaemonProcess(stage, settings);
    const nobody = await daemon.call('torrent-add', { filename: linkTo('f'.repeat(40)) });
    expect(nobody['torrent-added']).toMatchObject({ id: 1, name: 'hint', hashString: 'f'.repeat(40) });
    expect(await daemon.call('torrent-add', { filename: 'F'.repeat(40) })).toHaveProperty(
      'torrent-duplicate',
    );
    await daemon.call('torrent-add', { filename: linkTo(made.one.infoHash) });
    await writeFile(stage.path('two.magnet'), `${linkTo(made.two.infoHash)}\n`);
    await rename(stage.path('two.magnet'), stage.path('watch/two.magnet'));
    await until('both torrents', async () => {
      const torrents = await listed(daemon);
      return (
        torrents.filter(({ status, percentDone }) => status === SEEDING && percentDone === 1).length === 2
      );
    });
    for (const name of ['one', 'two'])
      expect(await hashTree(stage.path('downloads', name))).toEqual(await hashTree(`${dir}/${name}`));
    await daemon.kill();

    const again = new DaemonProcess(stage, settings);
    const torrents = await again.torrents<Told & { metadataPercentComplete: number; totalSize: number }>([
      ...FIELDS,
      ...['metadataPercentComplete', 'totalSize'],
    ]);
    const known = Object.fromEntries(torrents.map(torrent => [torrent.name, torrent]));
    expect(known.hint).toMatchObject({
      status: DOWNLOADING,
      metadataPercentComplete: 0,
      totalSize: 0,
      error: 0,
    });
    expect(known.one).toMatchObject({
      metadataPercentComplete: 1,
      percentDone: 1,
      hashString: made.one.infoHash,
    });
    expect(known.two.downloadDir).toBe(stage.path('downloads'));
    await again.call('torrent-stop', { ids: [known.hint.id] });
    expect((await listed(again)).find(({ name }) => name === 'hint')?.status).toBe(STOPPED);
    await again.call('torrent-remove', { ids: [known.hint.id] });
    expect(await listed(again)).toHaveLength(2);
    expect(await again.stop()).toBe(0);
  });

  it('removes a torrent with its data, and nothing else', async () => {
    const stage = await openStage();
    const { made } = await openSwarm(stage, { one: { 'a.bin': 50 * KiB } });
    const settings = { 'state-dir': stage.path('state'), 'download-dir': stage.path('downloads') };
    const daemon = new DaemonProcess(stage, settings);
    await daemon.call('torrent-add', { metainfo: base64(made.one.bytes) });
    await once(daemon, ({ percentDone }) => percentDone === 1);
    await writeFile(stage.path('downloads/one/mine.txt'), 'not of the torrent');
    await daemon.call('torrent-remove', { ids: [1], 'delete-local-data': true });
    expect(await listed(daemon)).toEqual([]);
    await until(
      'the file to be gone',
      async () => !(await stat(stage.path('downloads/one/a.bin')).catch(() => undefined)),
    );
    expect(await readFile(stage.path('downloads/one/mine.txt'), 'utf8')).toBe('not of the torrent');
    expect(await daemon.stop()).toBe(0);
    await expect(stat(stage.path(`state/torrents/${made.one.infoHash}.torrent`))).rejects.toThrow('ENOENT');
  });
});

describe('rules', () => {
  it('lets as many downloads run as the queue has places for', async () => {
    const stage = await openStage();
    const { made } = await openSwarm(stage, { one: { 'a.bin': 900 * KiB }, two: { 'b.bin': 20 * KiB } });
    const daemon = new DaemonProcess(stage, {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('downloads'),
      'download-queue': 1,
      down: '50KB/s', // 18 s, until we let it go
    });
    for (const { bytes } of Object.values(made))
      await daemon.call('torrent-add', { metainfo: base64(bytes) });
    await until(
      'one place',
      async () => (await listed(daemon)).map(({ status }) => status).join() === `${DOWNLOADING},${WAITING}`,
    );
    await daemon.call('session-set', { 'speed-limit-down-enabled': false });
    await until('all to seed', async () => (await listed(daemon)).every(({ status }) => status === SEEDING));
  });

  it('ends a seed that has its ratio, and the disk error of one torrent is that of one torrent', async () => {
    const stage = await openStage();
    const { made } = await openSwarm(stage, { good: { 'a.bin': 60 * KiB }, bad: { 'b.bin': 60 * KiB } });
    await mkdir(stage.path('downloads'));
    await writeFile(stage.path('downloads/bad'), 'a file where the folder should be');
    const daemon = new DaemonProcess(stage, {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('downloads'),
      'seed-time': '1s',
    });
    for (const { bytes } of Object.values(made))
      await daemon.call('torrent-add', { metainfo: base64(bytes) });
    let good: Told | undefined;
    let bad: Told | undefined;
    await until('both', async () => {
      const torrents = await listed(daemon);
      good = torrents.find(({ name }) => name === 'good');
      bad = torrents.find(({ name }) => name === 'bad');
      return good?.isFinished === true && bad?.error === 3;
    });
    expect(good).toMatchObject({ status: STOPPED, percentDone: 1, error: 0 });
    expect(bad).toMatchObject({ status: STOPPED, percentDone: 0 });
    expect(bad).not.toMatchObject({ errorString: '' });
  });
});

describe('settings', () => {
  it('reads its file again on SIGHUP, and keeps the old one when the new one has mistakes', async () => {
    const stage = await openStage();
    const file = stage.path('daemon.toml');
    const write = (text: string) =>
      writeFile(
        file,
        `state-dir = "${stage.path('state')}"\ndownload-dir = "${stage.path('dl')}"\n${text}\n`,
      );
    await write('up = "1MB/s"');
    const daemon = new DaemonProcess(stage, { config: file });
    const up = async () => {
      const session = await daemon.call('session-get');
      return session['speed-limit-up-enabled'] && session['speed-limit-up'];
    };
    expect(await up()).toBe(1000);
    await write('up = "2MB/s"');
    daemon.signal('SIGHUP');
    await until('the new limit', async () => (await up()) === 2000);
    await write('up = "3MB/s"\nrpc-prot = 1');
    daemon.signal('SIGHUP');
    await daemon.said('did you mean rpc-port?');
    expect(await up()).toBe(2000);
    // what a client sets stands until the user configures something else
    await daemon.call('session-set', { 'speed-limit-up': 7, 'speed-limit-up-enabled': true });
    await daemon.stop();
    await write('up = "2MB/s"');
    const again = new DaemonProcess(stage, { config: file });
    expect((await again.call('session-get'))['speed-limit-up']).toBe(7);
    await write('up = "4MB/s"');
    again.signal('SIGHUP');
    await until('the newest limit', async () => (await again.call('session-get'))['speed-limit-up'] === 4000);
  });

  it('is alone with its state folder', async () => {
    const stage = await openStage();
    const settings = { 'state-dir': stage.path('state'), 'download-dir': stage.path('dl') };
    const first = new DaemonProcess(stage, settings);
    await first.ready();
    const second = new DaemonProcess(stage, settings);
    expect(await second.ended).toBe(1);
    await second.said('ERR_STATE_LOCKED');
    // whoever was killed holds nothing
    await first.kill();
    await new DaemonProcess(stage, settings).ready();
  });

  it('is not reached from elsewhere without a password', async () => {
    const stage = await openStage();
    const settings = { 'state-dir': stage.path('state'), 'download-dir': stage.path('dl') };
    const open = new DaemonProcess(stage, { ...settings, 'rpc-host': '0.0.0.0' });
    expect(await open.ended).toBe(2);
    await open.said('rpc-password must be set');
  });

  it('serves health, readiness, metrics and a page', async () => {
    const stage = await openStage();
    const daemon = new DaemonProcess(stage, {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('dl'),
    });
    const get = async (path: string) => fetch(new URL(path, await daemon.url));
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/page/app.js')).headers.get('content-security-policy')).toContain(
      "default-src 'none'",
    );
    expect(await (await get('/metrics')).text()).toContain('millrace_torrents{status="seeding"} 0');
    expect(await (await get('/healthz')).json()).toMatchObject({ checks: { state: { ok: true } } });
    expect((await get('/nothing')).status).toBe(404);
  });

  it('remembers the nodes of the DHT, is told by a client when to leave it, and tells how many there are', async () => {
    const stage = await openStage();
    const node = await RawDhtNode.open(stage);
    const settings = { 'state-dir': stage.path('state'), 'download-dir': stage.path('dl'), dht: 'true' };
    const first = new DaemonProcess(stage, { ...settings, 'dht-bootstrap': formatAddress(node.address) });
    const metric = async (daemon: DaemonProcess) =>
      (await (await fetch(new URL('/metrics', await daemon.url))).text()).match(
        /^millrace_dht_nodes.*good.*$/m,
      );
    await until('a node', async () => (await metric(first))?.[0].endsWith(' 1'));
    expect(await first.stop()).toBe(0);
    const before = node.packets.length;
    // nobody else is named, and a name that exists nowhere is not looked up while the saved ones answer
    const second = new DaemonProcess(stage, { ...settings, 'dht-bootstrap': 'no-such-host.invalid:1' });
    await until('the node again', async () => (await metric(second))?.[0].endsWith(' 1'));
    expect(node.packets.length).toBeGreaterThan(before);
    await second.call('session-set', { 'dht-enabled': false });
    expect(await metric(second)).toBeNull();
    expect(await second.call('session-get', { fields: ['dht-enabled'] })).toEqual({ 'dht-enabled': false });
  });
});
