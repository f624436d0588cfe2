import { join } from 'node:path';
import { type BDict, decodeDict, encode } from '../protocol/bencode.js';
import type { IpFamily } from '../protocol/compact.js';
import { decodeCompactNodes, encodeCompactNodes } from '../protocol/dht/compact-nodes.js';
import { type DhtContact, NODE_ID_BYTES } from '../protocol/dht/messages.js';
import { closeRaw } from '../storage/raw-fs.js';
import { makeStateFolder, readBounded, replaceFile } from '../storage/state-file.js';

/** What outlives a node of one family. That its id fits our address (BEP 42) shows when somebody tells us that. */
export interface SavedTable {
  /** Undefined while a session has it: another one, with the same folder, must not be the same node. */
  readonly id: Uint8Array | undefined;
  readonly nodes: readonly DhtContact[];
}

export type SavedTables = ReadonlyMap<IpFamily, SavedTable>;

const FILE = 'dht.nodes';

/** Nodes of a family that are kept: more than the tables of a node hold, 8 for each of some 40 buckets. */
const MAX_NODES = 1000;

/** 1000 nodes of each family, and their frame. */
const MAX_BYTES = 128 * 1024;

const KEYS = [
  [4, 'v4'],
  [6, 'v6'],
] as const;

/** @returns nothing when there is no file. @throws MillraceError ERR_BENCODE_* for a damaged one, or the system's error */
export async function readTables(stateDir: string): Promise<SavedTables> {
  const bytes = await readBounded(join(stateDir, FILE), MAX_BYTES);
  return bytes === undefined ? new Map() : decodeTables(bytes);
}

/** Replaces the file in one step. @throws the system's error */
export async function writeTables(stateDir: string, tables: SavedTables): Promise<void> {
  await makeStateFolder(stateDir);
  await closeRaw(await replaceFile(join(stateDir, FILE), encodeTables(tables), false));
}

export function encodeTables(tables: SavedTables): Uint8Array {
  const entries = KEYS.flatMap(([family, key]) => {
    const table = tables.get(family);
    if (table === undefined) return [];
    const nodes = encodeCompactNodes(table.nodes.slice(0, MAX_NODES), family);
    return [[key, { ...(table.id && { id: table.id }), nodes }] as const];
  });
  return encode(new Map(entries));
}

/** What makes no sense is left out. @throws MillraceError ERR_BENCODE_* */
export function decodeTables(bytes: Uint8Array): SavedTables {
  const dict = decodeDict(bytes, { maxBytes: MAX_BYTES });
  const tables = new Map<IpFamily, SavedTable>();
  for (const [family, key] of KEYS) {
    const table = dict.dict(key);
    const id = table?.bytes('id');
    if (table === undefined || (table.has('id') && id?.length !== NODE_ID_BYTES)) continue;
    tables.set(family, { id: id?.slice(), nodes: readNodes(table, family) });
  }
  return tables;
}

function readNodes(table: BDict, family: IpFamily): DhtContact[] {
  const nodes = decodeCompactNodes(table.bytes('nodes') ?? new Uint8Array(), family, MAX_NODES) ?? [];
  return nodes.map(node => ({ ...node, id: node.id.slice() }));
}
