import { expect, it } from 'vitest';
import { type Queued, whoRuns } from '../../../../src/daemon/rules/queue.js';

const one = (key: string, rest: Partial<Queued> = {}): Queued => ({
  key,
  kind: 'download',
  stalled: false,
  forced: false,
  ...rest,
});
const seed = { kind: 'seed' } as const;
const running = (queue: Queued[], downloads?: number, seeds?: number) =>
  [...whoRuns(queue, { downloads, seeds })].join('');

it('the first ones run, each kind in places of its own', () => {
  const queue = [one('a'), one('b', seed), one('c'), one('d'), one('e', seed)];
  expect(running(queue, 2, 1)).toBe('abc');
  expect(running(queue, 0, undefined)).toBe('be');
  expect(running(queue)).toBe('abcde');
});

it('one that is stalled holds no place, and one that is forced needs none', () => {
  expect(running([one('a', { stalled: true }), one('b'), one('c')], 1)).toBe('ab');
  expect(running([one('a'), one('b', { forced: true }), one('c'), one('d')], 2)).toBe('abc');
  expect(running([one('a'), one('b', { stalled: true })], 1)).toBe('a');
});
