import { writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import {
  createSession,
  createTorrent,
  type Metainfo,
  type PeerAddress,
  type Session,
  type SessionOptions,
  type Torrent,
  type TorrentEvent,
  type TorrentEventOf,
} from '../../dist/index.js';
import { writeSamples } from './sample-files.js';
import { Stage } from './stage.js';

export const KiB = 1024;
export const MiB = 1024 * KiB;

/** A folder, and all that is started in it, that goes with the test. */
export async function openStage(): Promise<Stage> {
  const stage = await Stage.open();
  onTestFinished(() => stage.close());
  return stage;
}

/** A torrent and where its data lies. */
export interface Sample {
  /** Folder below which the data lies, as `dir` of a seed. */
  readonly dir: string;
  /** Path of the .torrent. */
  readonly torrent: string;
  readonly metainfo: Metainfo;
}

/** Makes a torrent of random files: path → length. One path without a folder makes a single-file torrent. */
export async function makeSample(
  stage: Stage,
  files: Readonly<Record<string, number>>,
  { pieceLength = 64 * KiB, name = 'sample', seed = 1, private: isPrivate = false } = {},
): Promise<Sample> {
  const dir = stage.path(`${name}-data`);
  await writeSamples(dir, files, seed);
  const [first] = Object.keys(files);
  const { bytes, metainfo } = await createTorrent(`${dir}/${first.split('/')[0]}`, {
    pieceLength,
    private: isPrivate,
    workers: 0,
  });
  const torrent = stage.path(`${name}.torrent`);
  await writeFile(torrent, bytes);
  return { dir, torrent, metainfo };
}

/** A session on 127.0.0.1 that is closed with the test. */
export async function openSession(stage: Stage, options: SessionOptions = {}): Promise<Session> {
  const session = await createSession({ listen: { host: '127.0.0.1' }, workers: 1, ...options });
  stage.defer(() => session.close());
  return session;
}

/** A session that has all of the sample. */
export async function openSeed(stage: Stage, sample: Sample, options: SessionOptions = {}): Promise<Session> {
  const session = await openSession(stage, { dir: sample.dir, ...options });
  const torrent = await session.add(sample.torrent, { check: 'seed' });
  await torrent.checked();
  return session;
}

export function addressOf(session: Session): PeerAddress {
  if (session.address === undefined) throw new Error('the session does not listen');
  return session.address;
}

/** The next event of a type. */
export function nextEvent<T extends TorrentEvent['type']>(
  torrent: Torrent,
  type: T,
  fits: (event: TorrentEventOf<T>) => boolean = () => true,
): Promise<TorrentEventOf<T>> {
  return new Promise(resolve => {
    const listener = (event: TorrentEventOf<T>) => {
      if (!fits(event)) return;
      torrent.off(type, listener);
      resolve(event);
    };
    torrent.on(type, listener);
  });
}
