import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { startMillrace } from '../millrace.js';
import { it } from '../stage-test.js';
import { BOTH } from './lib/daemons.js';
import { Remote, remoteProgram } from './lib/remote.js';
import { addSample, PIECE_LENGTH, STATUS, sample, settled } from './lib/torrents.js';

/** [what is said, the line of `-i` that tells of it, what it tells] */
const LIMITS: readonly [readonly string[], string, string][] = [
  [['-d', '50'], 'Download Limit', '50 kB/s'],
  [['-D'], 'Download Limit', 'Unlimited'],
  [['-u', '60'], 'Upload Limit', '60 kB/s'],
  [['-U'], 'Upload Limit', 'Unlimited'],
  [['-sr', '2.5'], 'Ratio Limit', '2.5'],
  [['-SR'], 'Ratio Limit', 'Unlimited'],
  [['-srd'], 'Ratio Limit', 'Default'],
  [['-HL'], 'Honors Session Limits', 'No'],
  [['-hl'], 'Honors Session Limits', 'Yes'],
  [['-pr', '33'], 'Peer limit', '33'],
  [['-Bh'], 'Bandwidth Priority', 'High'],
  [['-Bl'], 'Bandwidth Priority', 'Low'],
  [['-Bn'], 'Bandwidth Priority', 'Normal'],
  [['-L', 'films,new ones'], 'Labels', 'films, new ones'],
];

for (const kind of BOTH)
  describe
    .skipIf(skipReason([kind, remoteProgram]) !== undefined)
    .concurrent(`transmission-remote and torrents of ${kind.name}`, () => {
      it('add, list, info', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        expect(await remote.list()).toEqual([]);
        await remote.does(['-a', album.path]);
        expect(await remote.lines('-a', album.path)).toEqual([
          expect.stringMatching(/responded: "(success|duplicate torrent)"/),
        ]);
        const id = await settled(daemon.rpc, album.hash);
        expect(await remote.list()).toEqual([
          expect.objectContaining({ id, done: '0%', have: 'None', ratio: 'None', name: 'album' }),
        ]);
        const page = await remote.page(`-t${id}`, '-i');
        expect(page).toMatchObject({
          Id: String(id),
          Name: 'album',
          Hash: album.hash,
          Labels: '',
          Location: daemon.downloads,
          'Percent Done': '0.0%',
          Have: 'None (None verified)',
          Availability: '0.0%',
          'Total size': '429.6 kB (429.6 kB wanted)',
          Downloaded: 'None',
          Uploaded: 'None',
          Ratio: 'None',
          'Corrupt DL': 'None',
          Peers: 'connected to 0, uploading to 0, downloading from 0',
          'Public torrent': 'Yes',
          Comment: 'a comment',
          'Piece Count': String(album.pieces),
          'Piece Size': '32.00 KiB',
          'Download Limit': 'Unlimited',
          'Upload Limit': 'Unlimited',
          'Ratio Limit': 'Default',
          'Honors Session Limits': 'Yes',
          'Bandwidth Priority': 'Normal',
        });
        expect(page.Magnet).toContain(`xt=urn:btih:${album.hash}&dn=album&tr=http`);
        expect(page['Date added']).toMatch(/^\w{3} \w{3} +\d+ [\d:]{8} 20\d\d$/);
        expect(page.Creator).toMatch(/^millrace /);
        expect(await remote.page(`-t${album.hash.toUpperCase()}`, '-i')).toMatchObject({ Name: 'album' });
        expect(await remote.page('-tall', '-i')).toMatchObject({ Name: 'album' });
        expect(await remote.page('-t99', '-i')).toEqual({});
      });

      it('add a magnet link', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        await remote.does(['-a', album.magnet]);
        expect(await remote.list()).toEqual([
          expect.objectContaining({ done: 'n/a', have: 'None', name: 'album' }),
        ]);
        const page = await remote.page('-tall', '-i');
        expect(page).toMatchObject({ Hash: album.hash, Name: 'album' });
      });

      it('add with options', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const dir = stage.path('elsewhere');
        await mkdir(dir);
        const options = ['-w', dir, '-G', '0', '-ph', '1', '-pl', '2'];
        // that new torrents do not start is said to the session, in a call of its own
        await remote.does(['--start-paused', '-a', album.path, ...options], 2);
        const id = await settled(daemon.rpc, album.hash);
        expect(await remote.list()).toMatchObject([{ status: 'Stopped' }]);
        expect(await remote.page(`-t${id}`, '-i')).toMatchObject({
          Location: dir,
        });
        expect(await remote.files(id)).toMatchObject([
          { index: 0, wanted: false, priority: 'Normal', size: '20.00 kB', name: 'album/notes/read me.txt' },
          { index: 1, wanted: true, priority: 'High', size: '307.2 kB', name: 'album/one.bin' },
          { index: 2, wanted: true, priority: 'Low', size: '102.4 kB', name: 'album/two.bin' },
        ]);
      });

      it('what cannot be added', async ({ stage }) => {
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const lines = await remote.lines('-a', stage.path('absent.torrent'));
        expect(lines).toEqual([
          kind.isReference ? 'Error: invalid or corrupt torrent file' : 'Error: unrecognized info',
        ]);
        expect(await remote.list()).toEqual([]);
      });

      it('stop, start, verify, reannounce', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        await album.writeFiles(daemon.downloads);
        const id = await addSample(daemon, album);
        const status = async () => (await remote.list())[0].status;
        const seeds = () => until('a seed', async () => /^(Idle|Seeding)$/.test(await status()));
        await seeds();
        expect(await remote.list()).toMatchObject([{ done: '100%', have: '429.6 kB', eta: 'Done' }]);
        await remote.does([`-t${id}`, '-S']);
        await until('the stop', async () => (await status()) === 'Stopped');
        await remote.does([`-t${id}`, '-v']);
        await settled(daemon.rpc, album.hash);
        expect(await status()).toBe('Stopped');
        await remote.does([`-t${id}`, '-s']);
        await seeds();
        await remote.does([`-t${id}`, '--reannounce']);
        await remote.does(['-tall', '-S']);
        await until('the stop', async () => (await status()) === 'Stopped');
        await remote.does(['-tactive', '-s']);
        await seeds();
      });

      it('verify finds what is damaged, and what was put there', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        await addSample(daemon, album, { paused: true });
        expect(await remote.list()).toMatchObject([{ done: '0%', status: 'Stopped' }]);
        await album.writeFiles(daemon.downloads);
        await remote.does(['-tall', '-v']);
        await until('the files', async () => (await remote.list())[0].done === '100%');
        expect(await daemon.rpc.torrent(album.hash, ['status', 'leftUntilDone'])).toEqual({
          status: STATUS.stopped,
          leftUntilDone: 0,
        });
      });

      it('remove, with and without its files', async ({ stage }) => {
        const [album, single] = [await sample(stage, 'album'), await sample(stage, 'single')];
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        for (const torrent of [album, single]) {
          await torrent.writeFiles(daemon.downloads);
          await addSample(daemon, torrent);
        }
        const [first, second] = (await remote.list()).map(({ id }) => id);
        expect(second).toBe(first + 1);
        await remote.does([`-t${first}`, '-r']);
        await until('the first to go', async () => (await remote.list()).length === 1);
        await remote.does([`-t${second}`, '-rad']);
        await until('the second to go', async () => (await remote.list()).length === 0);
        await until('its file to go', () => !existsSync(`${daemon.downloads}/single.bin`));
        expect(existsSync(`${daemon.downloads}/album/one.bin`)).toBe(true);
      });

      it('move and find', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        await album.writeFiles(daemon.downloads);
        const id = await addSample(daemon, album);
        const to = stage.path('moved');
        const [there, here] = [`${to}/album/one.bin`, `${daemon.downloads}/album/one.bin`];
        await remote.does([`-t${id}`, '--move', to]);
        await until('the files to move', () => existsSync(there) && !existsSync(here));
        const location = async () => (await remote.page(`-t${id}`, '-i')).Location;
        await until('the place', async () => (await location()) === to);
        const other = stage.path('other');
        await album.writeFiles(other);
        await remote.does([`-t${id}`, '--find', other]);
        await until('the other place', async () => (await location()) === other);
        expect(existsSync(there)).toBe(true);
        await settled(daemon.rpc, album.hash);
        expect(await remote.list()).toMatchObject([{ done: '100%' }]);
        expect(await remote.lines(`-t${id}`, '--move', 'not/absolute')).toEqual([
          'Error: new location path is not absolute',
        ]);
      });

      it('limits, ratio, priority and labels', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const id = await addSample(daemon, album);
        const told: Record<string, string> = {};
        for (const [args, name] of LIMITS) {
          await remote.does([`-t${id}`, ...args]);
          told[args.join(' ')] = `${name}: ${(await remote.page(`-t${id}`, '-i'))[name]}`;
        }
        expect(told).toEqual(
          Object.fromEntries(LIMITS.map(([args, name, value]) => [args.join(' '), `${name}: ${value}`])),
        );
      });

      it('files: wanted, unwanted, priorities', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const id = await addSample(daemon, album);
        const wanted = async () => (await remote.files(id)).map(file => file.wanted);
        const priorities = async () => (await remote.files(id)).map(file => file.priority);
        expect(await wanted()).toEqual([true, true, true]);
        expect(await priorities()).toEqual(['Normal', 'Normal', 'Normal']);
        await remote.does([`-t${id}`, '-Gall']);
        expect(await wanted()).toEqual([false, false, false]);
        await remote.does([`-t${id}`, '-g0,2']);
        expect(await wanted()).toEqual([true, false, true]);
        // of whole pieces: what a wanted file shares with another comes too
        const { 'Total size': size } = await remote.page(`-t${id}`, '-i');
        expect(size).toBe('429.6 kB (167.5 kB wanted)');
        await remote.does([`-t${id}`, '-gall']);
        await remote.does([`-t${id}`, '-ph0']);
        await remote.does([`-t${id}`, '-pl1-2']);
        expect(await wanted()).toEqual([true, true, true]);
        expect(await priorities()).toEqual(['High', 'Low', 'Low']);
        await remote.does([`-t${id}`, '-pnall']);
        expect(await priorities()).toEqual(['Normal', 'Normal', 'Normal']);
        expect(await remote.lines(`-t${id}`, '-ph', '3')).toEqual(['Error: file index out of range']);
        expect((await remote.lines(`-t${id}`, '-if')).slice(2)).toEqual(
          (await remote.lines(`-t${id}`, '-f')).slice(2),
        );
      });

      it('trackers', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const id = await addSample(daemon, album, { paused: true });
        const hosts = async () =>
          (await remote.lines(`-t${id}`, '-it')).flatMap(
            line => /^\s+Tracker \d+: (.*)$/.exec(line)?.[1] ?? [],
          );
        expect(await hosts()).toEqual(['http://127.0.0.1:9']);
        await remote.does([`-t${id}`, '-td', 'http://127.0.0.2:9/announce']);
        expect(await hosts()).toEqual(['http://127.0.0.1:9', 'http://127.0.0.2:9']);
        const { trackers } = await daemon.rpc.torrent<{ trackers: { id: number }[] }>(id, ['trackers']);
        await remote.does([`-t${id}`, '-tr', String(trackers[0].id)]);
        expect(await hosts()).toEqual(['http://127.0.0.2:9']);
        expect(await remote.lines(`-t${id}`, '-tr', '77')).toEqual(['Error: invalid argument']);
        const lines = await remote.lines(`-t${id}`, '-it');
        expect(lines).toContainEqual(expect.stringMatching(/^\s+Active in tier 0$/));
      });

      it('pieces', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const id = await addSample(daemon, album, { paused: true });
        const bits = async () => (await remote.lines(`-t${id}`, '-ic')).join('').replaceAll(/\s/g, '');
        expect(await bits()).toBe('0'.repeat(album.pieces));
        await album.writeFiles(daemon.downloads);
        await remote.does([`-t${id}`, '-v']);
        await until('the pieces', async () => (await bits()) === '1'.repeat(album.pieces));
        expect(album.pieces).toBe(Math.ceil(album.bytes / PIECE_LENGTH));
      });

      it('peers', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage);
        const remote = new Remote(daemon);
        const dir = stage.path('seed');
        await album.writeFiles(dir);
        const id = await addSample(daemon, album);
        expect(await remote.lines(`-t${id}`, '-ip')).toHaveLength(1);
        await startMillrace(stage, { torrent: album.path, dir, peers: [daemon.peers] });
        const [head, row] = await until(
          'the peer',
          async () => {
            const lines = await remote.lines(`-t${id}`, '-ip');
            return lines.length === 2 && lines[1].includes('100.0') && lines;
          },
          { explain: () => daemon.program.tail() },
        );
        expect(head).toMatch(/^Address\s+Flags\s+Done\s+Down\s+Up\s+Client$/);
        expect(row).toMatch(/^127\.0\.0\.1\s+[A-Za-z?]*I\s+100\.0\s+[\d.]+\s+[\d.]+\s+\S/);
        expect((await remote.lines(`-t${id}`, '-pi')).length).toBeGreaterThan(0);
        await until('everything', async () => (await remote.list())[0].done === '100%', {
          timeoutMs: 60_000,
        });
        expect(await remote.page(`-t${id}`, '-i')).toMatchObject({
          Have: '429.6 kB (429.6 kB verified)',
          Downloaded: '429.6 kB',
          'Percent Done': '100%',
        });
        const doneDate = await until('the date', async () => {
          const torrent = await daemon.rpc.torrent<{ doneDate: number }>(id, ['doneDate']);
          return torrent.doneDate > 0 && torrent.doneDate;
        });
        expect(Math.abs(doneDate - Date.now() / 1000)).toBeLessThan(60);
      });
    });
