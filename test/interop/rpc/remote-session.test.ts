import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { freePort } from '../../lib/free-port.js';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { startMillrace } from '../millrace.js';
import { it } from '../stage-test.js';
import { BOTH, type Daemon } from './lib/daemons.js';
import { Remote, remoteProgram } from './lib/remote.js';
import { addSample, sample } from './lib/torrents.js';

/** [what is said, keys of session-get afterwards] */
const SETTINGS: readonly [readonly string[], Readonly<Record<string, unknown>>][] = [
  [['-d', '100'], { 'speed-limit-down': 100, 'speed-limit-down-enabled': true }],
  [['-D'], { 'speed-limit-down-enabled': false }],
  [['-u', '70'], { 'speed-limit-up': 70, 'speed-limit-up-enabled': true }],
  [['-U'], { 'speed-limit-up-enabled': false }],
  [['-asd', '12'], { 'alt-speed-down': 12 }],
  [['-asu', '13'], { 'alt-speed-up': 13 }],
  [['-as'], { 'alt-speed-enabled': true }],
  [['-AS'], { 'alt-speed-enabled': false }],
  [['--alt-speed-time-begin', '0130'], { 'alt-speed-time-begin': 90 }],
  [['--alt-speed-time-end', '2215'], { 'alt-speed-time-end': 1335 }],
  // said as Monday to Wednesday and Sunday, which is the lowest bit
  [['--alt-speed-days', '1-3,7'], { 'alt-speed-time-day': 15 }],
  [['-asc'], { 'alt-speed-time-enabled': true }],
  [['-ASC'], { 'alt-speed-time-enabled': false }],
  [['-gsr', '1.5'], { seedRatioLimit: 1.5, seedRatioLimited: true }],
  [['-GSR'], { seedRatioLimited: false }],
  [['-pr', '123'], { 'peer-limit-global': 123 }],
  [['-o'], { 'dht-enabled': true }],
  [['-O'], { 'dht-enabled': false }],
  [['-y'], { 'lpd-enabled': true }],
  [['-Y'], { 'lpd-enabled': false }],
  [['-x'], { 'pex-enabled': true }],
  [['-X'], { 'pex-enabled': false }],
  [['--utp'], { 'utp-enabled': true }],
  [['--no-utp'], { 'utp-enabled': false }],
  [['-er'], { encryption: 'required' }],
  [['-ep'], { encryption: 'preferred' }],
  [['-et'], { encryption: 'tolerated' }],
  // -m would make Transmission ask the router
  [['-M'], { 'port-forwarding-enabled': false }],
  [['-P'], { 'peer-port-random-on-start': true }],
  [['-e', '8'], { 'cache-size-mb': 8 }],
  [['--start-paused'], { 'start-added-torrents': false }],
  [['--no-start-paused'], { 'start-added-torrents': true }],
  [['--trash-torrent'], { 'trash-original-torrent-files': true }],
  [['--no-trash-torrent'], { 'trash-original-torrent-files': false }],
];

/** What ours does not have, and never says that it has. */
const ABSENT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '--utp': { 'utp-enabled': false },
  '-er': { encryption: 'tolerated' },
  '-ep': { encryption: 'tolerated' },
  // the memory for pieces is reserved when it starts
  '-e': { 'cache-size-mb': 128 },
  '--trash-torrent': { 'trash-original-torrent-files': false },
};

async function session(daemon: Daemon): Promise<Record<string, unknown>> {
  return daemon.rpc.call('session-get');
}

for (const kind of BOTH)
  describe
    .skipIf(skipReason([kind, remoteProgram]) !== undefined)
    .concurrent(`transmission-remote and the session of ${kind.name}`, () => {
      it('settings', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const asked = SETTINGS.map(
          ([args, wanted]) => [args, kind.isReference ? wanted : (ABSENT[args[0]] ?? wanted)] as const,
        );
        const told: Record<string, unknown> = {};
        for (const [args, wanted] of asked) {
          await remote.does(args);
          const found = await session(daemon);
          told[args.join(' ')] = Object.fromEntries(Object.keys(wanted).map(key => [key, found[key]]));
        }
        expect(told).toEqual(Object.fromEntries(asked.map(([args, wanted]) => [args.join(' '), wanted])));
      });

      it('session info has all its sections', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        await remote.does(['-asd', '12', '-asu', '13', '-d', '100', '-D', '-gsr', '1.5']);
        const lines = await remote.lines('-si');
        expect(lines.filter(line => /^[A-Z]+$/.test(line))).toEqual(['VERSION', 'CONFIG', 'LIMITS', 'MISC']);
        expect(await remote.page('-si')).toMatchObject({
          'Daemon version': expect.stringMatching(/^\d+\.\d+.* \(.+\)$/),
          'RPC version': expect.stringMatching(/^1\d$/),
          'RPC minimum version': expect.stringMatching(/^\d+$/),
          'Configuration directory': expect.stringContaining('-state'),
          'Download directory': daemon.downloads,
          Listenport: String(daemon.peers.port),
          'Portforwarding enabled': 'No',
          'uTP enabled': expect.stringMatching(/^(Yes|No)$/),
          'Distributed hash table enabled': expect.stringMatching(/^(Yes|No)$/),
          'Local peer discovery enabled': expect.stringMatching(/^(Yes|No)$/),
          'Peer exchange allowed': expect.stringMatching(/^(Yes|No)$/),
          Encryption: expect.stringMatching(/^(required|preferred|tolerated)$/),
          'Maximum memory cache size': expect.stringMatching(/^[\d.]+ [KMG]iB$/),
          'Peer limit': expect.stringMatching(/^\d+$/),
          'Default seed ratio limit': '1.5',
          'Upload speed limit': expect.stringMatching(/^Unlimited .*Disabled turtle limit: 13 kB\/s/),
          'Download speed limit': expect.stringMatching(/^Unlimited .*Disabled turtle limit: 12 kB\/s/),
          'Autostart added torrents': 'Yes',
          'Delete automatically added torrents': 'No',
        });
        await remote.does(['-asc', '-as', '--alt-speed-time-begin', '0130', '--alt-speed-time-end', '2215']);
        const page = await remote.page('-si');
        expect(page['Download speed limit']).toMatch(/^12 kB\/s .*Enabled turtle limit: 12 kB\/s/);
        expect(page['Turtle schedule']).toMatch(/^01:30 - 22:15/);
      });

      it('statistics', async ({ stage }) => {
        const daemon = await kind.start(stage);
        await addSample(daemon, await sample(stage, 'single'));
        const lines = await new Remote(daemon).lines('-st');
        expect(lines.filter(line => line !== '').map(line => line.trim())).toEqual([
          'CURRENT SESSION',
          ...['Uploaded:   None', 'Downloaded: None', 'Ratio:      None'],
          expect.stringMatching(/^Duration: {3}\d+ seconds? \(\d+ seconds?\)$/),
          'TOTAL',
          'Started 1 times',
          ...['Uploaded:   None', 'Downloaded: None', 'Ratio:      None'],
          expect.stringMatching(/^Duration: {3}\d+ seconds? \(\d+ seconds?\)$/),
        ]);
      });

      it('folders', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const [downloads, incomplete] = [stage.path('downloads'), stage.path('incomplete')];
        await mkdir(downloads);
        await remote.does(['-w', downloads]);
        await remote.does(['-c', incomplete]);
        expect(await session(daemon)).toMatchObject({
          'download-dir': downloads,
          'incomplete-dir': incomplete,
          'incomplete-dir-enabled': true,
        });
        await remote.does(['-C']);
        expect(await session(daemon)).toMatchObject({ 'incomplete-dir-enabled': false });
        expect(await remote.lines('-w', 'not/absolute')).toEqual([
          'Error: download directory path is not absolute',
        ]);
        const single = await sample(stage, 'single');
        await remote.does(['-a', single.path]);
        expect(await daemon.rpc.torrent(single.hash, ['downloadDir'])).toEqual({ downloadDir: downloads });
      });

      it('the port for peers', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const port = await freePort();
        await remote.does(['-p', String(port)]);
        expect(await session(daemon)).toMatchObject({ 'peer-port': port });
        expect(await remote.page('-si')).toMatchObject({ Listenport: String(port) });
      });

      it('port test and blocklist: an answer, or the reason why there is none', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        expect(await remote.lines('-pt')).toEqual([expect.stringMatching(/^(Port is open: |Error: )/)]);
        expect(await remote.lines('--blocklist-update')).toEqual([expect.stringMatching(/^Error: .+$/)]);
      });

      it('a blocklist by its address', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const list = 'some range:10.1.0.0-10.1.0.255\nanother:10.2.0.1-10.2.0.9\n';
        const server = createServer((_, response) => response.end(list));
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        stage.defer(() => server.close());
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`;
        await daemon.rpc.call('session-set', { 'blocklist-url': url, 'blocklist-enabled': true });
        expect(await session(daemon)).toMatchObject({ 'blocklist-url': url, 'blocklist-enabled': true });
        // it does not print the size: it gives this call no tag
        await remote.does(['--blocklist-update']);
        expect(await session(daemon)).toMatchObject({ 'blocklist-size': 2 });
      });

      it('a program to run when a torrent is done', async ({ stage }) => {
        const daemon = await kind.start(stage, { flags: ['--rpc-scripts', 'true'] });
        const remote = new Remote(daemon);
        const [script, out] = [stage.path('done.sh'), stage.path('done.txt')];
        const facts = '$TR_TORRENT_NAME|$TR_TORRENT_HASH|$TR_TORRENT_DIR|$TR_TORRENT_ID';
        await writeFile(script, `#!/bin/sh\necho "${facts}" > "${out}.new" && mv "${out}.new" "${out}"\n`, {
          mode: 0o755,
        });
        await remote.does(['--torrent-done-script', script]);
        expect(await session(daemon)).toMatchObject({
          'script-torrent-done-enabled': true,
          'script-torrent-done-filename': script,
        });
        const single = await sample(stage, 'single');
        const id = await addSample(daemon, single);
        const dir = stage.path('seed');
        await single.writeFiles(dir);
        await startMillrace(stage, { torrent: single.path, dir, peers: [daemon.peers] });
        await until('the program', () => existsSync(out), { timeoutMs: 60_000 });
        const line = `single.bin|${single.hash}|${daemon.downloads}|${id}`;
        expect(await readFile(out, 'utf8')).toBe(`${line}\n`);
        await remote.does(['--no-torrent-done-script']);
        expect(await session(daemon)).toMatchObject({ 'script-torrent-done-enabled': false });
      });

      it('a user and a password', async ({ stage }) => {
        const daemon = await kind.start(stage, { user: 'somebody:a secret' });
        expect(await new Remote(daemon).list()).toEqual([]);
        const stranger = { ...daemon, rpc: { ...daemon.rpc, user: 'somebody:wrong' } };
        const lines = await new Remote(stranger as unknown as Daemon).lines('-l');
        expect(lines.filter(line => line !== '')).toEqual([expect.stringMatching(/^Unexpected response: /)]);
      });

      it('exit', async ({ stage }) => {
        const daemon = await kind.start(stage);
        await new Remote(daemon).does(['--exit']);
        // 3.00 does not notice before something else wakes it
        if (kind.isReference) return;
        await daemon.program.exits();
        await until('the port to close', () =>
          session(daemon).then(
            () => false,
            () => true,
          ),
        );
      });
    });
