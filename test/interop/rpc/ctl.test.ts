import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { freePort } from '../../lib/free-port.js';
import { Program } from '../../lib/program.js';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import { BOTH, type Daemon } from './lib/daemons.js';
import { sample, settled } from './lib/torrents.js';

const BIN = fileURLToPath(new URL('../../../bin/millrace.js', import.meta.url));

/** `millrace ctl` in a process of its own. */
class Ctl {
  constructor(
    readonly daemon: Daemon,
    readonly env: Record<string, string> = {},
  ) {}

  async run(...args: string[]): Promise<{ code: number; lines: readonly string[] }> {
    const program = new Program(process.execPath, [BIN, 'ctl', ...args, '--rpc', this.daemon.origin], {
      env: this.env,
    });
    return { code: await program.exited, lines: program.lines };
  }

  /** What it prints with --json. @throws Error when it fails */
  async json(...args: string[]): Promise<Record<string, unknown>[]> {
    const { code, lines } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`ctl ${args.join(' ')} ended with ${code}:\n${lines.join('\n')}`);
    return lines.map(line => JSON.parse(line));
  }
}

for (const kind of BOTH)
  describe.skipIf(skipReason([kind]) !== undefined).concurrent(`millrace ctl and ${kind.name}`, () => {
    it('adds, shows, changes and removes a torrent', async ({ stage }) => {
      const daemon = await kind.start(stage);
      const ctl = new Ctl(daemon);
      const album = await sample(stage, 'album');
      await album.writeFiles(daemon.downloads);
      const prefix = album.hash.slice(0, 8);

      expect(await ctl.json('add', album.path)).toMatchObject([
        { event: 'added', hash: album.hash, name: 'album', source: album.path },
      ]);
      expect(await ctl.json('add', album.path)).toMatchObject([{ event: 'duplicate', hash: album.hash }]);
      await settled(daemon.rpc, album.hash, () => daemon.program.tail());
      await ctl.json('label', prefix, '--add', 'one', '--add', 'two');
      expect(await ctl.json('list', '--label', 'one')).toMatchObject([
        { hash: album.hash, name: 'album', done: 1, size: album.bytes, labels: ['one', 'two'], error: null },
      ]);
      const [detail] = await ctl.json('show', prefix);
      expect(detail).toMatchObject({
        dir: daemon.downloads,
        pieces: album.pieces,
        left: 0,
        status: 'seeding',
      });
      const lengths = (detail.files as { path: string; length: number }[]).map(({ length }) => length);
      expect(lengths).toEqual(album.files.map(({ length }) => length));
      expect(detail.limitedBy).toEqual(kind.isReference ? null : expect.objectContaining({ choke: 0 }));

      await ctl.json('stop', 'all');
      // the reference stops in its own time
      await until('the stop', async () => {
        const [torrent] = (await ctl.json('list')) as { status: string }[];
        return torrent.status === 'stopped';
      });
      await ctl.json('recheck', prefix);
      await ctl.json('start', prefix);
      await settled(daemon.rpc, album.hash, () => daemon.program.tail());
      expect(await ctl.json('limit', prefix, '--up', '2MB/s')).toMatchObject([{ down: 0, up: 2_000_000 }]);

      const elsewhere = stage.path('elsewhere');
      await mkdir(elsewhere);
      await ctl.json('move', prefix, elsewhere);
      await until('the move', () => existsSync(`${elsewhere}/album/one.bin`));
      await until('the new folder', async () => (await ctl.json('show', prefix))[0].dir === elsewhere);
      await ctl.json('remove', prefix, '--data', '--yes');
      expect(await ctl.json('list')).toEqual([]);
      await until('the files to go', () => !existsSync(`${elsewhere}/album/one.bin`));
    });

    it('shows and sets what holds for all', async ({ stage }) => {
      const daemon = await kind.start(stage);
      const ctl = new Ctl(daemon);
      expect(await ctl.json('limit', '--down', '3MB/s')).toMatchObject([{ down: 3_000_000, up: 0 }]);
      const schedule = ['--begin', '22:30', '--end', '6:00', '--days', 'fri,sat', '--up', '1MB/s'];
      expect(await ctl.json('alt', 'schedule', ...schedule)).toMatchObject([
        { scheduled: true, up: 1_000_000, begin: '22:30', end: '06:00', days: ['fri', 'sat'] },
      ]);
      const [{ bytes }] = await ctl.json('free');
      expect(bytes).toBeGreaterThan(0);
      const [stats] = await ctl.json('stats');
      expect(stats).toMatchObject({ torrentCount: 0, 'current-stats': { uploadedBytes: 0 } });
      const [session] = await ctl.json('session');
      expect(session).toMatchObject({ 'speed-limit-down': 3000, 'download-dir': daemon.downloads });
      const port = await freePort();
      await ctl.json('set-port', String(port));
      expect((await ctl.json('session'))[0]).toMatchObject({ 'peer-port': port });
    });

    it('needs the password', async ({ stage }) => {
      const daemon = await kind.start(stage, { user: 'me:secret' });
      const login = { MILLRACE_RPC_USER: 'me', MILLRACE_RPC_PASSWORD: 'secret' };
      expect(await new Ctl(daemon, login).json('list')).toEqual([]);
      const wrong = await new Ctl(daemon, { ...login, MILLRACE_RPC_PASSWORD: 'guess' }).run('list');
      expect(wrong.code).toBe(1);
      expect(wrong.lines.join('\n')).toContain('does not accept this password');
      const without = await new Ctl(daemon).run('list');
      expect(without.lines.join('\n')).toContain('wants a password');
    });
  });
