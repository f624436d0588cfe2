import { expect, it } from 'vitest';
import { Torrents } from '../../../../../src/daemon/page/client/torrents.js';
import { torrent } from '../../../../lib/page-source.js';

const rows = ['c', 'a', 'b'].map((name, i) => torrent(i + 1, { name }));
const names = (torrents: Torrents) => torrents.all.map(({ name }) => name).join('');

it('keeps the order of names as they come, change and go', () => {
  const torrents = new Torrents();
  torrents.apply({ rows });
  expect(names(torrents)).toBe('abc');
  torrents.apply({ patches: [{ id: 2, name: 'z' }], gone: [3] });
  expect(names(torrents)).toBe('cz');
  torrents.apply({ rows: [torrent(4, { name: 'd' })] });
  expect(names(torrents)).toBe('cdz');
});

it('ignores changes of what it does not have', () => {
  const torrents = new Torrents();
  torrents.apply({ patches: [{ id: 1, up: 5 }], gone: [2] });
  expect(torrents.size).toBe(0);
});

it('keeps what it had while it is connected again, and then drops what is gone', () => {
  const torrents = new Torrents();
  torrents.apply({ rows });
  torrents.begin();
  torrents.apply({ rows: [rows[0]] });
  expect(names(torrents)).toBe('abc');
  torrents.ready();
  expect(names(torrents)).toBe('c');
  torrents.ready();
  expect(names(torrents)).toBe('c');
});
