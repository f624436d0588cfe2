import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isMillraceError,
  type Metainfo,
  type MillraceError,
  parseMetainfo,
  readTorrent,
} from '../../dist/index.js';
import { encode } from '../../src/engine/protocol/bencode.js';
import { openStage } from '../lib/e2e-stage.js';
import { sampleBytes } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { RawListener } from './raw-peer.js';
import { HOSTILE_NAMES, HOSTILE_TORRENTS, nameBytes } from './torrents.js';
import { blockOf, type Content, MiB, Target } from './world.js';

describe('torrents that must not load', () => {
  it.each(HOSTILE_TORRENTS)('$what', async ({ bytes, code, says }) => {
    const input = bytes();
    const before = process.cpuUsage();
    const error = await readTorrent(input).then(
      () => undefined,
      error => error as MillraceError,
    );
    const { user, system } = process.cpuUsage(before);
    expect(isMillraceError(error)).toBe(true);
    expect(error!.code).toMatch(code);
    expect(error!.message).toMatch(says);
    expect(error!.message.length, 'one line, not the input').toBeLessThan(300);
    expect((user + system) / 1e6, 'seconds of CPU').toBeLessThan(3);
  });

  it('every byte of a good one cut off or changed: an error with a code, or a sound torrent', async () => {
    const good = encode({
      announce: 'http://127.0.0.1/announce',
      info: { length: 40_000, name: 'x', 'piece length': 16384, pieces: new Uint8Array(60) },
    });
    for (let at = 0; at < good.length; at++) {
      expect(() => parseMetainfo(good.slice(0, at))).toThrow(
        expect.objectContaining({ name: 'MillraceError' }),
      );
      for (const byte of [0, 0x2d, 0x39, 0x64, 0x65, 0xff]) {
        const changed = good.slice();
        changed[at] = byte;
        try {
          const { length, pieceLength, pieceCount } = parseMetainfo(changed);
          expect(pieceCount).toBe(Math.ceil(length / pieceLength));
        } catch (error) {
          expect(isMillraceError(error), String(error)).toBe(true);
        }
      }
    }
  });
});

/** A torrent of files of 100 bytes under hostile paths, and the bytes of them all. */
function contentOf(info: Record<string, unknown>, length: number): Content {
  const bytes = sampleBytes(length, 9);
  const pieceLength = 16384;
  const pieces = new Uint8Array(20 * Math.ceil(length / pieceLength));
  for (let piece = 0; piece * 20 < pieces.length; piece++) {
    const part = bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength);
    pieces.set(createHash('sha1').update(part).digest(), 20 * piece);
  }
  const torrent = encode({ info: { ...info, 'piece length': pieceLength, pieces } } as Parameters<
    typeof encode
  >[0]);
  return { bytes, torrent, metainfo: parseMetainfo(torrent) };
}

/** A folder five deep for downloads, with files of others beside and above it. */
async function landscape(stage: Stage) {
  const dir = stage.path('a', 'b', 'c', 'd', 'download');
  await mkdir(dir, { recursive: true });
  const victims: string[] = [];
  for (let at = dirname(dir); at.length >= stage.dir.length; at = dirname(at))
    for (const name of ['x', 'passwd', 'victim.txt']) {
      victims.push(`${at}/${name}`);
      await writeFile(`${at}/${name}`, 'untouched');
    }
  const everything = () => listBelow(stage.dir, dir);
  const before = await everything();
  return {
    dir,
    async expectUntouched() {
      expect(await everything()).toEqual(before);
      for (const victim of victims) expect(await readFile(victim, 'utf8')).toBe('untouched');
    },
  };
}

/** All paths below `top` but for what is in `except`; links are listed, not followed. */
async function listBelow(top: string, except: string): Promise<string[]> {
  if (top === except) return [];
  const entries = await readdir(top, { withFileTypes: true });
  const below = entries.map(async entry => {
    const path = `${top}/${entry.name}`;
    return entry.isDirectory() ? [path, ...(await listBelow(path, except))] : [path];
  });
  return (await Promise.all(below)).flat().sort();
}

/** Fetches the content to `dir` from a raw peer that has it. */
async function download(stage: Stage, target: Target, content: Content, dir: string): Promise<void> {
  const { infoHash, pieceCount } = content.metainfo;
  const listener = await RawListener.open();
  stage.defer(() => listener.close());
  const torrent = await target.session.add(content.torrent, { dir, peers: [listener.address] });
  const completed = torrent.completed({ signal: AbortSignal.timeout(8_000) });
  const peer = await Promise.race([listener.next(), completed]);
  if (peer !== undefined) {
    peer.onMessage = m => {
      if (m.type === 'request')
        peer.sendBlock(m.piece, m.begin, blockOf(content, m.piece, m.begin, m.length));
    };
    peer.expectPieces(pieceCount).handshake(infoHash).send({ type: 'have-all' }, { type: 'unchoke' });
  }
  await completed;
  await torrent.close();
  listener.close();
}

async function expectData(dir: string, { files }: Metainfo, bytes: Uint8Array): Promise<void> {
  for (const { path, offset, length } of files) {
    const stat = await lstat(`${dir}/${path.join('/')}`);
    expect(stat.isFile(), `${path.join('/')} is a plain file`).toBe(true);
    expect(stat.size).toBe(length);
    expect(await readFile(`${dir}/${path.join('/')}`)).toEqual(
      Buffer.from(bytes.subarray(offset, offset + length)),
    );
  }
}

const SMALL = { workers: 0, memoryBytes: 8 * MiB };

describe('torrents that load, and would like to write elsewhere', () => {
  it(`${HOSTILE_NAMES.length} names as paths of one torrent, alone and within folders: all below its own folder`, async () => {
    const stage = await openStage();
    const { dir, expectUntouched } = await landscape(stage);
    const paths = HOSTILE_NAMES.flatMap(name => [[name], ['..', name], [name, name, 'x'], ['sub', name]]);
    const files = paths.map(path => ({ length: 100, path: path.map(nameBytes) }));
    const content = contentOf({ name: 'box', files }, 100 * files.length);
    for (const file of content.metainfo.files) expect(file.path[0]).toBe('box');
    const target = await Target.open(stage, content, SMALL);
    await download(stage, target, content, dir);
    expect(await readdir(dir)).toEqual(['box']);
    await expectData(dir, content.metainfo, content.bytes);
    await expectUntouched();
  });

  it.each(['one file', 'a folder'])('each of them as the name of the torrent, which is %s', async kind => {
    const stage = await openStage();
    const { dir, expectUntouched } = await landscape(stage);
    const files = [{ length: 100, path: ['x'] }];
    let target: Target | undefined;
    let loaded = 0;
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      const info = { name: nameBytes(name), ...(kind === 'one file' ? { length: 100 } : { files }), id: i };
      let content: Content;
      try {
        content = contentOf(info, 100);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_METAINFO_INVALID', message: 'torrent has no usable name' });
        continue;
      }
      loaded++;
      const own = `${dir}/${i}`;
      await mkdir(own);
      target ??= await Target.open(stage, content, SMALL);
      await download(stage, target, content, own);
      expect(await readdir(own)).toEqual([content.metainfo.name]);
      await expectData(own, content.metainfo, content.bytes);
    }
    expect(loaded).toBeGreaterThan(50);
    await expectUntouched();
  });

  it('symbolic links of a torrent are not made, wherever they point', async () => {
    const stage = await openStage();
    const { dir, expectUntouched } = await landscape(stage);
    const links = [['..', '..', 'victim.txt'], ['/etc/passwd'], ['real'], ['.']];
    const files = [
      ...links.map((to, i) => ({ attr: 'l', length: 0, path: [`link${i}`], 'symlink path': to })),
      { length: 100, path: ['real'] },
    ];
    const content = contentOf({ name: 'box', files }, 100);
    const target = await Target.open(stage, content, SMALL);
    await download(stage, target, content, dir);
    expect(content.metainfo.files.filter(file => file.symlink)).toHaveLength(links.length);
    expect(await readdir(`${dir}/box`)).toEqual(['real']);
    await expectUntouched();
  });
});

describe('symbolic links that lie in the download folder', () => {
  it.each<[string, string, string]>([
    ['in place of the file', 'box/sub/file', 'victim.txt'],
    ['in place of the file, dangling', 'box/sub/file', 'new.txt'],
    ['in place of a folder', 'box/sub', '.'],
    ["in place of the torrent's folder", 'box', '.'],
  ])('%s: ERR_STORAGE_PATH, and the target is as it was', async (_, at, to) => {
    const stage = await openStage();
    const { dir, expectUntouched } = await landscape(stage);
    await mkdir(dirname(`${dir}/${at}`), { recursive: true });
    await symlink(`${dirname(dir)}/${to}`, `${dir}/${at}`);
    const content = contentOf({ name: 'box', files: [{ length: 100, path: ['sub', 'file'] }] }, 100);
    const target = await Target.open(stage, content, SMALL);
    const failed = download(stage, target, content, dir);
    await expect(failed).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    expect(target.torrent.state).toBe('error');
    await expectUntouched();
  });

  it('planted while the download runs: the same', async () => {
    const stage = await openStage();
    const { dir, expectUntouched } = await landscape(stage);
    const aim = dirname(dir);
    const content = contentOf(
      {
        name: 'box',
        files: [
          { length: 16384, path: ['sub', 'file'] },
          { length: 16384, path: ['other', 'file'] },
        ],
      },
      32768,
    );
    const target = await Target.open(stage, content, SMALL);
    const listener = await RawListener.open();
    stage.defer(() => listener.close());
    const torrent = await target.session.add(content.torrent, { dir, peers: [listener.address] });
    const peer = await listener.next();
    const error = new Promise<MillraceError>(resolve => torrent.on('error', event => resolve(event.error)));
    await mkdir(`${dir}/box`, { recursive: true });
    await symlink(aim, `${dir}/box/sub`);
    await symlink(aim, `${dir}/box/other`);
    peer.onMessage = m => {
      if (m.type === 'request')
        peer.sendBlock(m.piece, m.begin, blockOf(content, m.piece, m.begin, m.length));
    };
    peer.expectPieces(2).handshake(content.metainfo.infoHash).send({ type: 'have-all' }, { type: 'unchoke' });
    expect((await error).code).toBe('ERR_STORAGE_PATH');
    await expectUntouched();
  });
});
