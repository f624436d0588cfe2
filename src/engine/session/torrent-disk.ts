import type { MillraceError } from '../errors.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { createFileStore } from '../storage/file-store.js';
import { createMemoryStore } from '../storage/memory-store.js';
import { MovableStore } from '../storage/movable-store.js';
import { ResumeStore } from '../storage/resume.js';
import type { Storage } from '../swarm/ports.js';
import { Durability, type Traffic } from './durability.js';
import type { Engine } from './engine.js';
import type { Place } from './place.js';
import type { AddOptions } from './types.js';

export interface TorrentDiskOptions {
  readonly engine: Engine;
  readonly metainfo: Metainfo;
  readonly options: AddOptions;
  readonly place: Place;
  /** A copy of the verified bits as they are now. */
  readonly haveBits: () => Uint8Array;
  readonly traffic: () => Traffic;
}

/** A torrent's side towards the disk: its files, and what is remembered of them between sessions. */
export class TorrentDisk {
  readonly storage: Storage;
  readonly resume: ResumeStore | undefined;
  readonly durability: Durability | undefined;

  constructor({ engine, metainfo, options, place, haveBits, traffic }: TorrentDiskOptions) {
    const { storage, resume } = createStores(engine, metainfo, options, place);
    this.storage = storage;
    this.resume = resume;
    const onError = (err: MillraceError) =>
      engine.log.warn({ err, torrent: metainfo.infoHash }, 'resume state was not saved');
    this.durability = resume && new Durability({ resume, storage, haveBits, totals: traffic, onError });
  }

  /** Does `work`, after which the files are elsewhere, while nobody reads or writes them. */
  relocate(work: () => Promise<void>): Promise<void> {
    return this.storage instanceof MovableStore ? this.storage.relocate(work) : work();
  }

  /** Closes what has been saved. */
  async close(): Promise<void> {
    await this.durability?.close(false);
    await this.storage.close();
  }
}

function createStores(
  { options: { stateDir }, handles }: Engine,
  { infoHash, pieceCount, length, files }: Metainfo,
  options: AddOptions,
  place: Place,
): { storage: Storage; resume?: ResumeStore } {
  if (options.storage === 'memory') return { storage: createMemoryStore({ length, files }) };
  const storage = new MovableStore(() =>
    createFileStore({
      dir: place.dir,
      files: place.files.map(file => (file.symlink ? { ...file, pad: true } : file)), // links are never made (BEP 47)
      length,
      handles,
      preallocate: options.preallocate,
    }),
  );
  if (stateDir === undefined) return { storage };
  return { storage, resume: new ResumeStore({ stateDir, infoHash, pieceCount, fileCount: files.length }) };
}
