import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isMillraceError } from '../../../../src/engine/errors.js';
import { encode } from '../../../../src/engine/protocol/bencode.js';
import type { IpFamily } from '../../../../src/engine/protocol/compact.js';
import {
  decodeTables,
  encodeTables,
  readTables,
  type SavedTable,
  writeTables,
} from '../../../../src/engine/session/dht-table.js';

const id = (fill: number) => new Uint8Array(20).fill(fill);

const TABLES = new Map<IpFamily, SavedTable>([
  [
    4,
    {
      id: id(1),
      nodes: [
        { id: id(2), host: '192.0.2.1', port: 6881 },
        { id: id(3), host: '192.0.2.2', port: 1 },
      ],
    },
  ],
  [6, { id: id(4), nodes: [{ id: id(5), host: '2001:db8::1', port: 65535 }] }],
]);

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dht-table-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('the saved table', () => {
  it('comes back as it was', async () => {
    const dir = join(await folder(), 'state');
    await writeTables(dir, TABLES);
    await writeTables(dir, TABLES);
    expect(await readTables(dir)).toEqual(TABLES);
    expect(await readdir(dir)).toEqual(['dht.nodes']);
  });

  it('comes back without the id that somebody has', () => {
    const tables = new Map<IpFamily, SavedTable>([[4, { id: undefined, nodes: [] }]]);
    expect(decodeTables(encodeTables(tables))).toEqual(tables);
  });

  it('is empty where there is none', async () => {
    expect((await readTables(await folder())).size).toBe(0);
  });

  it('keeps no more than 1000 nodes of a family, and reads no more', async () => {
    const nodes = Array.from({ length: 3000 }, (_, i) => ({ id: id(i), host: '192.0.2.1', port: 1 + i }));
    const bytes = encodeTables(new Map([[4, { id: id(1), nodes }]]));
    expect(decodeTables(bytes).get(4)!.nodes).toHaveLength(1000);
    const many = new Uint8Array(26 * 2000).fill(1);
    expect(decodeTables(encode({ v4: { id: id(1), nodes: many } })).get(4)!.nodes).toHaveLength(1000);
  });

  it('leaves out what makes no sense', () => {
    const tables = decodeTables(
      encode({
        v4: { id: new Uint8Array(19), nodes: '' },
        v6: { id: id(1), nodes: 'cut short' },
        v8: 3,
      }),
    );
    expect(tables).toEqual(new Map([[6, { id: id(1), nodes: [] }]]));
  });

  it('is a coded error when it is damaged', async () => {
    const dir = await folder();
    await writeFile(join(dir, 'dht.nodes'), 'd2:v4');
    await expect(readTables(dir)).rejects.toMatchObject({ code: 'ERR_BENCODE_SYNTAX' });
    await writeFile(join(dir, 'dht.nodes'), `d1:a999999:${'x'.repeat(999_999)}e`);
    await expect(readTables(dir)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_BENCODE/) });
  });

  it('is read or refused whatever its bytes are', () => {
    const good = encodeTables(TABLES);
    const spoilt = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map(changes => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 200 })), bytes => {
        try {
          decodeTables(bytes);
        } catch (error) {
          expect(isMillraceError(error)).toBe(true);
        }
      }),
    );
  });
});
