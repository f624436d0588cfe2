import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Wishes } from '../../torrents/adding.js';
import type { RpcContext } from '../context.js';
import {
  CORRUPT_TORRENT,
  FILE_INDEX,
  fromEngine,
  HTTP_FAILED,
  PATH_NOT_ABSOLUTE,
  SYSTEM,
  UNRECOGNIZED_INFO,
} from '../failures.js';
import { type Call, INVALID_PARAMS, RpcFailure } from '../methods.js';
import { Params } from '../params.js';
import { labelsOf } from './labels.js';

/** Larger files are no torrents: libtorrent reads 10 MB. */
const MAX_TORRENT_BYTES = 10_000_000;
const MAX_PEERS = 10_000;
const MAGNET = /^(?:stream-)?magnet:|^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i;

/** `torrent_add`: by its bytes, a URL, or a path here when the settings say so. */
export async function torrentAdd(context: RpcContext, call: Call): Promise<object> {
  const params = new Params(call.params);
  const wishes = await wishesOf(context, params);
  const magnet = magnetIn(params);
  const bytes = magnet === undefined ? await bytesOf(context, params) : undefined;
  try {
    const { adding } = context;
    const adds = bytes === undefined ? adding.addMagnet(magnet!, wishes) : adding.add(bytes, wishes);
    const { entry, duplicate } = await adds;
    const { id, infoHash, record } = entry;
    const told = { id, name: record.name, hash_string: infoHash };
    return duplicate ? { torrent_duplicate: told } : { torrent_added: told };
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_OPTION')
      throw new RpcFailure(FILE_INDEX, 'file index out of range');
    throw fromEngine(error);
  }
}

async function wishesOf(context: RpcContext, params: Params): Promise<Wishes> {
  const dir = params.text('download_dir');
  if (dir !== undefined && dir !== '')
    await checkFolder(context, dir, 'download directory path is not absolute');
  const count = new Set(params.indices('files_wanted') ?? []);
  const unwanted = params.indices('files_unwanted');
  return {
    ...(dir !== undefined && dir !== '' && { dir }),
    paused: params.flag('paused'),
    labels: labelsOf(params),
    maxPeers: params.whole('peer_limit', 1, MAX_PEERS),
    priority: params.whole('bandwidth_priority', -1, 1) ?? 0,
    sequential: params.flag('sequential_download') ?? false,
    skip: unwanted?.filter(index => !count.has(index)) ?? [],
    low: params.indices('priority_low') ?? [],
    high: params.indices('priority_high') ?? [],
  };
}

/** @throws RpcFailure unless clients may name it */
export async function checkFolder(
  { roots }: Pick<RpcContext, 'roots'>,
  dir: string,
  notAbsolute: string,
): Promise<void> {
  if (!isAbsolute(dir)) throw new RpcFailure(PATH_NOT_ABSOLUTE, notAbsolute);
  if (!(await roots.allow(dir)))
    throw new RpcFailure(SYSTEM, 'this folder is not below download-dir or one of roots');
}

/** A link, or an info-hash alone. */
function magnetIn(params: Params): string | undefined {
  const filename = params.text('filename')?.trim();
  const named = params.text('metainfo') || filename === undefined ? undefined : filename;
  return named !== undefined && MAGNET.test(named) ? named : undefined;
}

async function bytesOf(context: RpcContext, params: Params): Promise<Uint8Array> {
  const metainfo = params.text('metainfo');
  if (metainfo !== undefined && metainfo !== '') return Buffer.from(metainfo, 'base64');
  const filename = params.text('filename');
  if (filename === undefined || filename === '')
    throw new RpcFailure(INVALID_PARAMS, 'no filename or metainfo specified');
  if (/^https?:\/\//i.test(filename)) return await fetched(context, filename, params.text('cookies'));
  if (!context.settings.get('rpc-local-files') || !isAbsolute(filename))
    throw new RpcFailure(UNRECOGNIZED_INFO, 'unrecognized info');
  return await localFile(filename);
}

async function fetched(context: RpcContext, url: string, cookies: string | undefined): Promise<Uint8Array> {
  try {
    return await context.fetchTorrent(url, cookies);
  } catch (error) {
    throw new RpcFailure(HTTP_FAILED, `couldn't fetch torrent: ${(error as Error).message}`);
  }
}

async function localFile(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new TypeError('no file'); // a device may have no end
    if (found.size <= MAX_TORRENT_BYTES) return await readFile(path);
  } catch {
    throw new RpcFailure(UNRECOGNIZED_INFO, 'unrecognized info');
  }
  throw new RpcFailure(CORRUPT_TORRENT, 'invalid or corrupt torrent file');
}
