import { expect, it } from 'vitest';
import { Params } from '../../../../../src/daemon/rpc/params.js';
import { labelsOf } from '../../../../../src/daemon/rpc/torrents/labels.js';
import { editTrackers } from '../../../../../src/daemon/rpc/torrents/tracker-edits.js';

const [A, B, C, D] = ['udp://a:1', 'http://b/announce', 'https://c/announce', 'udp://d:4'];
const edit = (params: object, before = [[A, B], [C]]) => editTrackers(before, new Params({ ...params }));

it('nothing that is asked changes nothing, nor does what is of a wrong type', () => {
  for (const params of [{}, { labels: [] }, { tracker_add: A, tracker_remove: 0, tracker_list: [A] }])
    expect(edit(params)).toBeUndefined();
});

it('adds, each in a tier of its own', () => {
  expect(edit({ tracker_add: [D] })).toEqual([[A, B], [C], [D]]);
  expect(() => edit({ tracker_add: [B] })).toThrow('tracker already exists');
  expect(() => edit({ tracker_add: [D, D] })).toThrow('tracker already exists');
});

it('removes by number, which is the place in the list; a tier without any goes', () => {
  expect(edit({ tracker_remove: [0] })).toEqual([[B], [C]]);
  expect(edit({ tracker_remove: [2] })).toEqual([[A, B]]);
  expect(edit({ tracker_remove: [0, 1, 2] })).toEqual([]);
  for (const id of [9, '0', -1, 0.5])
    expect(() => edit({ tracker_remove: [0, id] })).toThrow('invalid argument');
});

it('replaces by pairs of a number and a URL', () => {
  expect(edit({ tracker_replace: [1, D] })).toEqual([[A, D], [C]]);
  expect(edit({ tracker_replace: [0, C, 2, A] })).toEqual([[C, B], [A]]);
  for (const id of [9, 'x', null])
    expect(() => edit({ tracker_replace: [id, D] })).toThrow('invalid argument');
});

it('numbers in one request are those that the client has seen', () => {
  expect(edit({ tracker_remove: [0], tracker_replace: [1, D] })).toEqual([[D], [C]]);
});

it('a list stands for all: a line is a tracker, an empty one is between tiers', () => {
  expect(edit({ tracker_list: `${A}\n${D}\n\n\n ${B} \r\n` })).toEqual([[A, D], [B]]);
  expect(edit({ tracker_list: '' })).toEqual([]);
});

it.each(['', 'x', 'ftp://a/', 'javascript:alert(1)', 'file:///etc/passwd', 'http://', 'udp://a b'])(
  '%j is no tracker',
  url => {
    for (const params of [{ tracker_add: [url] }, { tracker_replace: [0, url] }])
      expect(() => edit(params)).toThrow('invalid tracker URL');
    if (url !== '') expect(() => edit({ tracker_list: url })).toThrow('invalid tracker URL');
  },
);

it('there is an end to how many', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `udp://a:${i + 1}`);
  expect(edit({ tracker_add: many(100) }, [])).toHaveLength(100);
  expect(() => edit({ tracker_list: many(101).join('\n') })).toThrow('at most 100 trackers');
});

it('labels are trimmed and each there once, with an end to how many and how long', () => {
  const labels = (value: unknown) => labelsOf(new Params({ labels: value }));
  expect(labels([' a', 'a ', 'B', 5, null])).toEqual(['a', 'B']);
  expect(labels([])).toEqual([]);
  expect(() => labels(['\t'])).toThrow('labels cannot be empty');
  expect(() => labels(['a,b'])).toThrow('labels cannot contain comma (,) character');
  expect(labels(['x'.repeat(256)])).toHaveLength(1);
  expect(() => labels(['x'.repeat(257)])).toThrow('256');
  expect(() => labels(Array.from({ length: 101 }, (_, i) => `${i}`))).toThrow('100');
});
