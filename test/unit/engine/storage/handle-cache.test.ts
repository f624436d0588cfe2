import { fstatSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import {
  HandleCache,
  type HandleMode,
  type HandleSource,
} from '../../../../src/engine/storage/handle-cache.js';
import { openRaw } from '../../../../src/engine/storage/raw-fs.js';

/** Sources that open a real descriptor and count what is open at once. */
function fixture(count: number, owner: object = {}) {
  const opened: string[] = [];
  const fds = new Set<number>();
  const most = { open: 0 };
  const sources = Array.from(
    { length: count },
    (_, i): HandleSource => ({
      owner,
      open: async (mode: HandleMode) => {
        opened.push(`${mode} ${i}`);
        const fd = await openRaw('/dev/null', mode === 'read' ? 'r' : 'r+');
        fds.add(fd);
        most.open = Math.max(most.open, [...fds].filter(isOpen).length);
        return fd;
      },
      closeFailed: error => {
        throw error;
      },
    }),
  );
  return { sources, opened, most, owner };
}

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}

const turns = async () => {
  for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve));
};

describe('HandleCache', () => {
  it('never holds more than its limit with 500 files and concurrent leases', async () => {
    const cache = new HandleCache({ maxHandles: 16 });
    const { sources, most } = fixture(500);
    let peak = 0;
    await Promise.all(
      sources.map(async (_, i) => {
        const set = [i, (i * 7 + 1) % 500, (i * 13 + 2) % 500];
        const wanted = [...new Set(set)].map(n => sources[n]);
        const { fds, release } = await cache.lease(wanted, i % 3 ? 'read' : 'write');
        peak = Math.max(peak, cache.openHandles);
        await new Promise(resolve => setImmediate(resolve));
        expect(fds.every(isOpen)).toBe(true);
        release();
      }),
    );
    expect(peak).toBe(16);
    expect(most.open).toBeLessThanOrEqual(16);
    await cache.close();
    expect(cache.openHandles).toBe(0);
  });

  it('shares one open among concurrent leases, and a writer with readers', async () => {
    const cache = new HandleCache();
    const { sources, opened } = fixture(1);
    const leases = await Promise.all(
      ['write', 'read', 'read'].map(m => cache.lease(sources, m as HandleMode)),
    );
    expect(opened).toEqual(['write 0']);
    expect(new Set(leases.map(({ fds }) => fds[0])).size).toBe(1);
    for (const { release } of leases) release();
    await cache.close();
  });

  it('opens a file that is read a second time when it is to be written', async () => {
    const cache = new HandleCache({ maxHandles: 1 });
    const { sources, opened } = fixture(1);
    (await cache.lease(sources, 'read')).release();
    (await cache.lease(sources, 'write')).release();
    (await cache.lease(sources, 'read')).release();
    expect(opened).toEqual(['read 0', 'write 0']);
    expect(cache.openHandles).toBe(1);
    await cache.close();
  });

  it('closes the least recently used idle handle, never a leased one', async () => {
    const cache = new HandleCache({ maxHandles: 3 });
    const { sources, opened } = fixture(4);
    const held = await cache.lease([sources[0]], 'read');
    (await cache.lease([sources[1]], 'read')).release();
    (await cache.lease([sources[2]], 'read')).release();
    (await cache.lease([sources[1]], 'read')).release(); // 2 is older now
    (await cache.lease([sources[3]], 'read')).release();
    expect(isOpen(held.fds[0])).toBe(true);
    (await cache.lease([sources[1]], 'read')).release();
    expect(opened).toEqual(['read 0', 'read 1', 'read 2', 'read 3']);
    held.release();
    await cache.close();
  });

  it('closes one before it opens another in its place', async () => {
    const cache = new HandleCache({ maxHandles: 1 });
    const { sources } = fixture(2);
    const { fds, release } = await cache.lease([sources[0]], 'read');
    release();
    let stillOpen: boolean | undefined;
    const next: HandleSource = {
      ...sources[1],
      open: mode => {
        stillOpen = isOpen(fds[0]);
        return sources[1].open(mode);
      },
    };
    (await cache.lease([next], 'read')).release();
    expect(stillOpen).toBe(false);
    await cache.close();
  });

  it('waits for a release when all are leased, in order, and refuses more than it may keep waiting', async () => {
    const cache = new HandleCache({ maxHandles: 2, maxWaiting: 2 });
    const { sources } = fixture(4);
    const first = await cache.lease([sources[0]], 'read');
    const second = await cache.lease([sources[1]], 'read');
    const order: string[] = [];
    const noted = async (name: string, wanted: HandleSource[]) => {
      const lease = await cache.lease(wanted, 'read');
      order.push(name);
      return lease;
    };
    const both = noted('both', [sources[2], sources[3]]);
    const one = noted('one', [sources[1]]); // is open, and yet must not overtake
    await expect(cache.lease([sources[3]], 'read')).rejects.toMatchObject({
      code: 'ERR_STORAGE_HANDLES',
      facts: { limit: 2 },
    });
    await turns();
    expect(order).toEqual([]);
    first.release();
    first.release(); // a second release means nothing
    await turns();
    expect(order).toEqual([]);
    second.release();
    (await both).release();
    (await one).release();
    expect(order).toEqual(['both', 'one']);
    await cache.close();
  });

  it('does not lock up when leases of many files cross', async () => {
    const cache = new HandleCache({ maxHandles: 3 });
    const { sources } = fixture(4);
    const rounds = Array.from({ length: 40 }, async (_, i) => {
      const lease = await cache.lease([sources[i % 4], sources[(i + 1) % 4]], 'write');
      await new Promise(resolve => setImmediate(resolve));
      lease.release();
    });
    await Promise.all(rounds);
    await cache.close();
  });

  it('refuses a lease of more files than its limit', async () => {
    const cache = new HandleCache({ maxHandles: 2 });
    await expect(cache.lease(fixture(3).sources, 'read')).rejects.toMatchObject({
      code: 'ERR_STORAGE_HANDLES',
      facts: { files: 3, limit: 2 },
    });
    expect(() => new HandleCache({ maxHandles: 0 })).toThrow(RangeError);
  });

  it('gives back the places of a lease whose open failed', async () => {
    const cache = new HandleCache({ maxHandles: 2 });
    const { sources } = fixture(2);
    const broken: HandleSource = { ...sources[0], open: () => Promise.reject(new Error('broken')) };
    await expect(cache.lease([broken, sources[1]], 'read')).rejects.toThrow('broken');
    expect(cache.openHandles).toBe(1);
    (await cache.lease([sources[0], sources[1]], 'read')).release();
    await cache.close();
    expect(cache.openHandles).toBe(0);
  });

  it('gives up idle handles when the system has none left', async () => {
    const cache = new HandleCache({ maxHandles: 10 });
    const { sources } = fixture(3);
    for (const source of sources.slice(0, 2)) (await cache.lease([source], 'read')).release();
    const starved: HandleSource = {
      ...sources[2],
      open: mode =>
        cache.openHandles > 2
          ? Promise.reject(new MillraceError('ERR_STORAGE_HANDLES', 'none left'))
          : sources[2].open(mode),
    };
    (await cache.lease([starved], 'read')).release();
    expect(cache.openHandles).toBe(2);
    const hopeless: HandleSource = {
      ...sources[2],
      open: () => Promise.reject(new MillraceError('ERR_STORAGE_HANDLES', 'none left')),
    };
    await expect(cache.lease([hopeless], 'read')).rejects.toMatchObject({ code: 'ERR_STORAGE_HANDLES' });
    expect(cache.openHandles).toBe(0);
  });

  it('closes a torrent: idle now, leased at release, waiting refused, others untouched', async () => {
    const cache = new HandleCache({ maxHandles: 3 });
    const mine = fixture(3);
    const other = fixture(1);
    const held = await cache.lease([mine.sources[0]], 'read');
    (await cache.lease([mine.sources[1]], 'read')).release();
    const kept = await cache.lease(other.sources, 'read');
    const waiting = cache.lease([mine.sources[1], mine.sources[2]], 'read');
    let closed = false;
    const closing = cache.closeTorrent(mine.owner).then(() => (closed = true));
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(cache.lease([mine.sources[1]], 'read')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await turns();
    expect(closed).toBe(false);
    expect(isOpen(held.fds[0])).toBe(true);
    held.release();
    await closing;
    expect(cache.openHandles).toBe(1);
    expect(isOpen(kept.fds[0])).toBe(true);
    kept.release();
    await cache.close();
    await expect(cache.lease(other.sources, 'read')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
