import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatMagnet,
  type InfoHash,
  type Magnet,
  type MagnetPointer,
  type Metainfo,
  MillraceError,
  parseMagnet,
  parseMetainfo,
} from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';
import type { Opening } from './opening.js';
import { createRecord, type TorrentRecord } from './record.js';
import type { Removing } from './removing.js';
import type { TorrentFolder } from './torrent-folder.js';

export interface AddingOptions {
  readonly catalog: Catalog;
  readonly folder: TorrentFolder;
  readonly opening: Opening;
  readonly removing: Removing;
  readonly settings: LiveSettings;
  /** Which torrent a publisher's link is of. */
  readonly follow: (pointer: MagnetPointer) => Promise<InfoHash>;
  /** It is in the list: may it run? */
  readonly admit: (entry: Entry) => void;
  /** It is in the list, and on disk. */
  readonly onAdded: (entry: Entry) => void;
  readonly nowSeconds: () => number;
}

/** What whoever adds a torrent may say of it. */
export type Wishes = Partial<
  Pick<
    TorrentRecord,
    'labels' | 'maxPeers' | 'priority' | 'skip' | 'low' | 'high' | 'sequential' | 'renames' | 'trackers'
  >
> & { readonly dir?: string; readonly paused?: boolean };

/** Of a torrent, to begin with. */
type Known = Pick<Metainfo, 'infoHash' | 'name' | 'length' | 'private' | 'announce'> & {
  readonly files: readonly unknown[];
};

export type Added = { readonly entry: Entry; readonly duplicate: boolean };

/** Takes torrents in. */
export class Adding {
  /** Those that are on their way into the list. */
  readonly #underWay = new Map<InfoHash, Promise<Added>>();

  constructor(readonly options: AddingOptions) {}

  /**
   * Resolves when a crash would not lose it any more.
   *
   * @throws MillraceError ERR_BENCODE_*, ERR_METAINFO_*, ERR_STORAGE_*
   */
  async add(bytes: Uint8Array, wishes: Wishes = {}): Promise<Added> {
    const metainfo = parseMetainfo(bytes);
    return this.#once(metainfo.infoHash, () => this.#add(metainfo, bytes, wishes));
  }

  async #once(infoHash: InfoHash, add: () => Promise<Added>): Promise<Added> {
    // it may be in the list already, but not be durable
    const before = this.#underWay.get(infoHash);
    if (before !== undefined) return { ...(await before), duplicate: true };
    const known = this.options.catalog.get(infoHash);
    if (known !== undefined) return { entry: known, duplicate: true };
    const adding = add();
    this.#underWay.set(infoHash, adding);
    try {
      return await adding;
    } finally {
      this.#underWay.delete(infoHash);
    }
  }

  /**
   * By a magnet link, or by an info-hash alone; what is in it peers will tell.
   *
   * @throws MillraceError ERR_MAGNET_INVALID, ERR_METAINFO_UNSUPPORTED, ERR_STORAGE_*, those of `Following`
   */
  async addMagnet(link: string, wishes: Wishes = {}): Promise<Added> {
    const parsed = parseMagnet(link);
    const { name, trackers, pointer } = parsed;
    const infoHash = parsed.infoHash ?? (pointer && (await this.options.follow(pointer)));
    if (infoHash === undefined)
      throw new MillraceError(
        'ERR_METAINFO_UNSUPPORTED',
        'the magnet link is of a torrent of version 2 only',
      );
    const announce = trackers.map(url => [url]);
    const unknown = { infoHash, name: name ?? infoHash, length: 0, files: [], private: false, announce };
    const magnet =
      parsed.infoHash !== undefined && /^magnet:/i.test(link) ? link : rewritten(parsed, infoHash);
    return this.#once(infoHash, () => this.#enter({ ...this.#recordOf(unknown, wishes), magnet }));
  }

  async #add(metainfo: Metainfo, bytes: Uint8Array, wishes: Wishes): Promise<Added> {
    const record = await stayingHome(this.#recordOf(metainfo, wishes), metainfo);
    return this.#enter(record, bytes);
  }

  /** Into the list, once nothing is left of an earlier torrent of this hash. */
  async #enter(record: TorrentRecord, bytes?: Uint8Array): Promise<Added> {
    const { catalog, folder, opening, removing, admit, onAdded } = this.options;
    await removing.gone(record.infoHash);
    const kept = catalog.get(record.infoHash);
    if (kept !== undefined) return { entry: kept, duplicate: true }; // it could not be removed
    if (bytes !== undefined) await folder.write(record.infoHash, bytes);
    const entry = catalog.add(record);
    try {
      await catalog.flush();
    } catch (error) {
      catalog.remove(entry);
      throw error;
    }
    admit(entry);
    await opening.open(entry);
    if (catalog.get(entry.infoHash) === entry) onAdded(entry);
    return { entry, duplicate: false };
  }

  #recordOf(metainfo: Known, wishes: Wishes): TorrentRecord {
    const { infoHash, name, length, files } = metainfo;
    const { settings, nowSeconds } = this.options;
    const { dir: wished, paused, ...rest } = wishes;
    for (const index of [...(rest.skip ?? []), ...(rest.low ?? []), ...(rest.high ?? [])])
      if (!(Number.isInteger(index) && index >= 0 && index < files.length))
        throw new MillraceError('ERR_OPTION', 'file index out of range', { index: Number(index) });
    const labels = rest.labels ?? [];
    const labelDir = labels.map(label => settings.labels.get(label)?.dir).find(dir => dir !== undefined);
    const dir = wished ?? labelDir ?? settings.get('download-dir');
    const incompleteDir = settings.get('incomplete-dir');
    const now = nowSeconds();
    const running = !(paused ?? !settings.get('start-added'));
    const also = metainfo.private ? [] : settings.get('default-trackers').map(url => [url]);
    return createRecord({
      ...(also.length > 0 && { trackers: [...metainfo.announce, ...also] }),
      ...rest,
      ...{ infoHash, name, length, dir, addedAt: now, editedAt: 0 },
      ...(incompleteDir !== undefined && incompleteDir !== dir && { incompleteDir }),
      running,
      startedAt: running ? now : 0,
    });
  }
}

/** A link with the hash in it; in the list it is read again and again. @throws MillraceError ERR_MAGNET_INVALID */
function rewritten(magnet: Magnet, infoHash: InfoHash): string {
  const link = formatMagnet({ ...magnet, infoHash });
  parseMagnet(link); // escapes may have made it too long
  return link;
}

/** Data that is where it is to be already, such as another torrent's, is checked there and not downloaded elsewhere. */
async function stayingHome(record: TorrentRecord, { files }: Metainfo): Promise<TorrentRecord> {
  if (record.incompleteDir === undefined) return record;
  const top = files.find(({ pad }) => !pad)?.path[0] ?? record.name;
  const isThere = await stat(join(record.dir, top)).then(
    () => true,
    () => false,
  );
  return isThere ? { ...record, incompleteDir: undefined } : record;
}
