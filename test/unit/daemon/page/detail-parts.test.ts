import { describe, expect, it } from 'vitest';
import { DetailParts, MAX_TABLE_ROWS } from '../../../../src/daemon/page/detail-parts.js';
import type { PageDetail } from '../../../../src/daemon/page/source.js';
import { FakeSource, torrent } from '../../../lib/page-source.js';

const item = torrent(1, { name: 'a', progress: 0.5, peers: 3, down: 100 });
const detail: PageDetail = {
  ...new FakeSource([item]).detail(item.hash)!,
  trackers: [{ url: 'https://a.example/announce', state: 'working' }],
};
const parsed = (event: string | undefined) => {
  const [, name, data] = /^event: (.*)\ndata: (.*)\n\n$/.exec(event ?? '') ?? [];
  return name === 'detail' ? JSON.parse(data) : undefined;
};

describe('DetailParts', () => {
  it('tells everything first, then what changed', () => {
    const parts = new DetailParts(item.hash);
    const names = ['hash', 'dir', 'pieces', 'peers', 'trackers', 'files', 'limitedBy'];
    expect(Object.keys(parsed(parts.changes(detail)))).toEqual(names);
    expect(parts.changes({ ...detail, peers: [...detail.peers] })).toBeUndefined();
    const moved = parsed(parts.changes({ ...detail, dir: '/elsewhere' }));
    expect(moved).toEqual({ hash: item.hash, dir: '/elsewhere' });
    expect(parsed(parts.all())).toMatchObject({ dir: '/elsewhere', peers: { total: 3 } });
  });

  it('sends so many rows and no more, the busiest peers first', () => {
    const peer = detail.peers[0];
    const peers = Array.from({ length: 1000 }, (_, i) => ({ ...peer, address: `${i}`, down: i, up: 0 }));
    const files = Array.from({ length: 5000 }, (_, i) => ({ ...detail.files[0], path: `${i}` }));
    const told = parsed(new DetailParts(item.hash).changes({ ...detail, peers, files }));
    expect(told.peers.total).toBe(1000);
    expect(told.peers.first).toHaveLength(MAX_TABLE_ROWS);
    expect(told.peers.first[0].address).toBe('999');
    expect(told.files.total).toBe(5000);
    expect(told.files.first.map(({ path }: { path: string }) => path).slice(0, 2)).toEqual(['0', '1']);
  });
});
