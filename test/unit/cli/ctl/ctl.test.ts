import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { ctlGroup } from '../../../../src/cli/commands/ctl.js';
import { main } from '../../../../src/cli/main.js';
import { runMain } from '../run-main.js';
import { FakeDaemon } from './fake-daemon.js';

const A = 'aaaaaa0000000000000000000000000000000001';
const B = 'aaaaaa1111111111111111111111111111111112';
const TORRENTS = [
  {
    ...{ id: 1, hashString: A, name: 'alpha', status: 4, error: 0, errorString: '', percentDone: 0.999 },
    ...{ sizeWhenDone: 2_000_000, rateDownload: 5_000_000, rateUpload: 0, peersConnected: 3 },
    ...{ uploadRatio: -1, labels: ['linux'], addedDate: 100 },
  },
  {
    ...{ id: 2, hashString: B, name: 'beta\u001b[2J', status: 0, error: 3, errorString: 'no space' },
    ...{ percentDone: 1, sizeWhenDone: 5, rateDownload: 0, rateUpload: 0, peersConnected: 0 },
    ...{ uploadRatio: 1.5, labels: [], addedDate: 200 },
  },
];

let daemon: FakeDaemon | undefined;
let folder: string | undefined;
const closers: (() => void)[] = [];

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
  for (const close of closers.splice(0)) close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

function torrentGet({ ids }: Readonly<Record<string, unknown>>): object {
  const wanted = ids as (number | string)[] | undefined;
  return {
    torrents: TORRENTS.filter(
      ({ id, hashString }) => wanted === undefined || wanted.includes(id) || wanted.includes(hashString),
    ),
  };
}

async function start(answers: object = {}, options?: { password?: string }): Promise<FakeDaemon> {
  daemon = await FakeDaemon.start({ 'torrent-get': torrentGet, ...answers }, options);
  return daemon;
}

function ctl(args: readonly string[], env?: Record<string, string>) {
  return runMain(['ctl', ...args, ...(daemon ? ['--rpc', daemon.address] : [])], env);
}

/** What was asked besides lists. */
function changes() {
  return daemon!.calls.filter(({ method }) => !method.endsWith('-get'));
}

describe('help', () => {
  it.each(ctlGroup.commands.map(({ usage }) => usage.split(' ')[0]))('%s explains itself', async name => {
    const { exitCode, stdout, stderr } = await runMain(['ctl', name, '--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: millrace ctl ${name}`);
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}millrace ctl /);
    expect(stdout).toMatch(/--password-file/);
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(110);
  });

  it.each([[[]], [['bogus']], [['list', '--sort', 'colour']], [['show']], [['queue', '1', 'sideways']]])(
    '%j is wrong usage',
    async args => {
      const { exitCode, stdout } = await runMain(['ctl', ...args]);
      expect([exitCode, stdout]).toEqual([2, '']);
    },
  );
});

describe('list', () => {
  it('is a table whose names cannot move the cursor', async () => {
    await start();
    const { exitCode, stdout } = await ctl(['list']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'ID   Done    Size      Down  Up  Peers  Ratio  Status       Name',
      ' 1   99 %  2.0 MB  5.0 MB/s   -      3      -  downloading  alpha  [linux]',
      ' 2  100 %     5 B         -   -      0   1.50  stopped !    beta\\u{1b}[2J  no space',
      '2 torrents, 2.0 MB, 5.0 MB/s down, 0 B/s up',
      '',
    ]);
  });

  it('is an object a line with --json', async () => {
    await start();
    const { events } = await ctl(['list', '--json']);
    expect(events[0]).toEqual({
      ...{ id: 1, hash: A, name: 'alpha', status: 'downloading', error: null, done: 0.999, size: 2_000_000 },
      ...{ down: 5_000_000, up: 0, peers: 3, ratio: null, labels: ['linux'], added: 100 },
    });
    expect(events[1]).toMatchObject({ error: 'no space', ratio: 1.5 });
  });

  it.each([
    [['--status', 'active'], [1]],
    [['--status', 'error'], [2]],
    [['--status', 'stopped'], [2]],
    [['--label', 'linux'], [1]],
    [['--label', 'none'], []],
    [
      ['--sort', 'ratio'],
      [2, 1],
    ],
    [
      ['--sort', 'size', '--reverse'],
      [2, 1],
    ],
    [
      ['--sort', 'added'],
      [2, 1],
    ],
  ])('%j', async (args, ids) => {
    await start();
    const { events } = await ctl(['list', '--json', ...args]);
    expect(events.map(({ id }) => id)).toEqual(ids);
  });
});

describe('IDs', () => {
  it.each([
    [['2'], [B]],
    [
      ['2', '1', '2'],
      [A, B],
    ],
    [[A.toUpperCase()], [A]],
    [['AAAAAA1'], [B]],
    [['all'], [A, B]],
  ])('%j', async (words, hashes) => {
    await start({ 'torrent-stop': () => ({}) });
    expect((await ctl(['stop', ...words])).exitCode).toBe(0);
    expect(changes()).toEqual([{ method: 'torrent-stop', arguments: { ids: hashes } }]);
  });

  it.each([
    [['7'], 1, 'no torrent goes by 7'],
    [['1', 'bbbbbb'], 1, 'no torrent goes by bbbbbb'],
    [['aaaaaa'], 1, 'aaaaaa is 2 torrents'],
    [['aaaaa'], 2, "'aaaaa' is no ID"],
    [['1,2'], 2, 'is no ID'],
  ])('%j change nothing', async (words, code, message) => {
    await start({ 'torrent-stop': () => ({}) });
    const { exitCode, stderr } = await ctl(['stop', ...words]);
    expect([exitCode, changes()]).toEqual([code, []]);
    expect(stderr).toContain(message);
  });

  it('takes six digits that are no number for the beginning of a hash', async () => {
    const hash = '123456000000000000000000000000000000000a';
    await start({
      'torrent-get': () => ({ torrents: [{ id: 9, hashString: hash, name: 'n' }] }),
      'torrent-stop': () => ({}),
    });
    await ctl(['stop', '123456']);
    expect(changes()[0].arguments).toEqual({ ids: [hash] });
  });
});

describe('changes', () => {
  it.each([
    [['start', '1'], 'torrent-start', { ids: [A] }],
    [['start', '1', '--now'], 'torrent-start-now', { ids: [A] }],
    [['recheck', '1'], 'torrent-verify', { ids: [A] }],
    [['reannounce', '1'], 'torrent-reannounce', { ids: [A] }],
    [['remove', '1', '--yes'], 'torrent-remove', { ids: [A], 'delete-local-data': false }],
    [['remove', '1', '--yes', '--data'], 'torrent-remove', { ids: [A], 'delete-local-data': true }],
    [['move', '1', '/srv/x'], 'torrent-set-location', { ids: [A], location: '/srv/x', move: true }],
    [
      ['move', '1', '/srv/x', '--no-files'],
      'torrent-set-location',
      { ids: [A], location: '/srv/x', move: false },
    ],
    [['queue', '2', 'bottom'], 'queue-move-bottom', { ids: [B] }],
    [['label', 'all', '--add', 'linux'], 'torrent-set', { ids: [B], labels: ['linux'] }],
    [['label', '1', '--clear'], 'torrent-set', { ids: [A], labels: [] }],
    [['label', '1', '--remove', 'linux', '--add', 'x'], 'torrent-set', { ids: [A], labels: ['x'] }],
    [
      ['limit', '1', '--down', '2MB/s', '--up', '0'],
      'torrent-set',
      { ids: [A], downloadLimit: 2000, downloadLimited: true, uploadLimited: false },
    ],
    [['limit', '--up', '10'], 'session-set', { 'speed-limit-up': 1, 'speed-limit-up-enabled': true }],
    [['alt', 'on'], 'session-set', { 'alt-speed-enabled': true }],
    [
      ['alt', 'schedule', '--begin', '22:30', '--end', '6:00', '--days', 'sun,sat'],
      'session-set',
      {
        ...{ 'alt-speed-time-enabled': true, 'alt-speed-time-begin': 1350, 'alt-speed-time-end': 360 },
        'alt-speed-time-day': 65,
      },
    ],
    [['set-port', '51413'], 'session-set', { 'peer-port': 51413 }],
  ])('%j', async (args, method, expected) => {
    const ok = () => ({});
    await start({ [method]: ok, 'session-get': ok });
    const { exitCode, stderr } = await ctl(args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(changes()).toEqual([{ method, arguments: expected }]);
  });

  it('removes nothing without a yes, where nobody can be asked', async () => {
    await start({ 'torrent-remove': () => ({}) });
    const { exitCode, stderr } = await ctl(['remove', 'all', '--data']);
    expect([exitCode, changes()]).toEqual([2, []]);
    expect(stderr).toContain('--yes');
  });

  it.each([
    ['y\n', 0, 1],
    ['yes\n', 0, 1],
    ['n\n', 1, 0],
    ['\n', 1, 0],
  ])('asks a terminal, and takes %j for an answer', async (answer, code, removals) => {
    await start({ 'torrent-remove': () => ({}) });
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const asked = new Promise<string>(resolve => stderr.once('data', text => resolve(String(text))));
    const exit = main(['ctl', 'remove', '1', '--data', '--rpc', daemon!.address], {
      ...{ stdin, stdout, stderr, env: {} },
    });
    expect(await asked).toBe('Remove 1 torrent AND THEIR FILES? [y/N] ');
    stdin.write(answer);
    expect([await exit, changes().length]).toEqual([code, removals]);
  });

  it('shows limits and the schedule', async () => {
    await start({
      'session-get': () => ({
        ...{ 'speed-limit-down': 2000, 'speed-limit-down-enabled': true, 'speed-limit-up': 7 },
        ...{ 'alt-speed-time-day': 65, 'alt-speed-time-begin': 1350, 'alt-speed-time-enabled': true },
      }),
    });
    expect((await ctl(['limit'])).stdout).toBe('down 2.0 MB/s, up unlimited\n');
    expect((await ctl(['alt'])).stdout).toContain('scheduled from 22:30 to 00:00 on sun, sat');
  });
});

describe('add', () => {
  it('sends files, names links, and goes on after one that fails', async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-ctl-'));
    const file = join(folder, 'a.torrent');
    writeFileSync(file, 'bytes');
    await start({
      'torrent-add': ({ filename }: Record<string, unknown>) => ({
        [filename ? 'torrent-duplicate' : 'torrent-added']: { id: 1, hashString: A, name: 'alpha' },
      }),
    });
    const missing = join(folder, 'missing.torrent');
    const args = [missing, file, 'magnet:?x', '--label', 'x', '--paused', '--dir', '/srv'];
    const { exitCode, events } = await ctl(['add', ...args, '--json']);
    expect(exitCode).toBe(1);
    expect(events).toMatchObject([
      { event: 'failed', source: missing, code: 'ENOENT' },
      { event: 'added', id: 1, hash: A, source: file },
      { event: 'duplicate', source: 'magnet:?x' },
    ]);
    const common = { labels: ['x'], paused: true, 'download-dir': '/srv' };
    expect(changes().map(call => call.arguments)).toEqual([
      { metainfo: Buffer.from('bytes').toString('base64'), ...common },
      { filename: 'magnet:?x', ...common },
    ]);
  });

  it('ends at once when nobody listens', async () => {
    const { exitCode, stderr } = await ctl(['add', 'magnet:?x', 'magnet:?y', '--rpc', '127.0.0.1:1']);
    expect(exitCode).toBe(1);
    expect(stderr.match(/nobody listens/g)).toHaveLength(1);
  });
});

describe('show', () => {
  it('has what limits it, files, trackers and peers', async () => {
    const facts = {
      ...{
        ...TORRENTS[0],
        downloadDir: '/srv',
        leftUntilDone: 7,
        eta: 90,
        pieceCount: 8,
        pieceSize: 262_144,
      },
      limitedBy: { choke: 0.25, remote: 0.75 },
      files: [
        { name: 'alpha/1', length: 100, bytesCompleted: 50 },
        { name: 'alpha/2', length: 1 },
      ],
      fileStats: [{ wanted: true, priority: 1 }, { wanted: false }],
      trackerStats: [
        { announce: 'http://t/a', tier: 0, seederCount: 4, leecherCount: -1, lastAnnounceResult: 'Success' },
      ],
      peers: [{ address: '::1', port: 5, clientName: 'c', progress: 0.5, rateToClient: 1, flagStr: 'DU' }],
    };
    await start({ 'torrent-get': () => ({ torrents: [facts] }) });
    const [detail] = (await ctl(['show', '1', '--json'])).events;
    expect(detail).toMatchObject({
      ...{ id: 1, dir: '/srv', left: 7, etaSeconds: 90, limitedBy: { choke: 0.25, remote: 0.75, disk: 0 } },
      files: [
        { index: 0, path: 'alpha/1', done: 50, priority: 'high' },
        { index: 1, done: 0, priority: 'skip' },
      ],
      trackers: [{ url: 'http://t/a', seeders: 4, leechers: null, next: null }],
      peerList: [{ address: '[::1]:5', done: 0.5 }],
    });
    const { stdout } = await ctl(['show', '1']);
    expect(stdout).toContain('Limited by  remote 75 %, choke 25 %');
    expect(stdout).toContain('Pieces      8 pieces of 256 KiB');
  });

  it('says that the metadata of a magnet link is looked for', async () => {
    const facts = { ...TORRENTS[0], status: 4, pieceCount: 0, pieceSize: 0, sizeWhenDone: 0, percentDone: 0 };
    await start({ 'torrent-get': () => ({ torrents: [facts] }) });
    const { stdout } = await ctl(['show', '1']);
    expect(stdout).toContain('Status      downloading, looking for its metadata\n');
    expect(stdout).not.toMatch(/Pieces|Done/);
  });
});

describe('the connection', () => {
  it('is one for all requests, and asks for the session once', async () => {
    await start({ 'torrent-stop': () => ({}) });
    await ctl(['stop', '1']);
    expect([daemon!.requests, daemon!.calls.length, daemon!.connections]).toEqual([3, 2, 1]);
  });

  it('takes the password from the environment or from a file', async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-ctl-'));
    const file = join(folder, 'password');
    writeFileSync(file, 'secret\n# not this\n');
    await start({}, { password: 'secret' });
    expect((await ctl(['list'], { MILLRACE_RPC_PASSWORD: 'secret' })).exitCode).toBe(0);
    expect((await ctl(['list', '--password-file', file])).exitCode).toBe(0);
  });

  it.each([
    [undefined, 1, 'wants a password'],
    ['wrong', 1, "does not accept this password of user 'millrace'"],
    ['$scrypt$ln=15,r=8,p=3$x$y', 2, 'holds a hash'],
  ])('says what is wrong with password %s', async (password, code, message) => {
    await start({}, { password: 'secret' });
    const env: Record<string, string> = password === undefined ? {} : { MILLRACE_RPC_PASSWORD: password };
    const { exitCode, stderr, stdout } = await ctl(['list'], env);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(message);
  });

  it('says what the daemon says', async () => {
    await start();
    const { exitCode, stderr } = await ctl(['stats']);
    expect([exitCode, stderr]).toEqual([1, 'error: the daemon says: method name not recognized (ERPC)\n']);
  });

  it.each([
    ['a web server', 200, '<html>', 'is no daemon of this kind'],
    ['another API', 200, '{"ok":true}', 'is no daemon of this kind'],
    ['a page that is missing', 404, 'nothing here', 'is no daemon of this kind (HTTP 404)'],
    ['a host name that is not allowed', 421, 'this host goes by another name\n', 'goes by another name'],
    ['a lock', 403, 'too many wrong passwords', 'too many wrong passwords'],
    [
      'one that starts',
      503,
      'the daemon is still reading its torrents\n',
      'is not ready: the daemon is still',
    ],
    ['a conflict without a session', 409, '', 'is no daemon of this kind (HTTP 409)'],
  ])('knows %s', async (_name, status, body, message) => {
    const server = createServer((_request, response) => response.writeHead(status).end(body));
    const { exitCode, stderr } = await runMain(['ctl', 'list', '--rpc', await listen(server)]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });

  it('knows what speaks no HTTP', async () => {
    const server = createTcpServer(socket => socket.on('error', () => {}).end('220 mail.example ESMTP\r\n'));
    const { exitCode, stderr } = await runMain(['ctl', 'list', '--rpc', await listen(server)]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/no daemon of this kind|ECONNRESET|EPIPE/);
  });

  it.each(['ftp://host', 'http://user:secret@host/', 'http://'])('%s is no address', async url => {
    const { exitCode, stderr } = await runMain(['ctl', 'list', '--rpc', url]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--rpc');
  });
});

async function listen(server: ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
