import { expect, it } from 'vitest';
import { Gate } from '../../../../src/engine/discovery/gate.js';

/** Work that ends when the test says so. */
function job(log: string[], name: string) {
  let finish = () => {};
  const work = () => {
    log.push(name);
    return new Promise<string>(resolve => {
      finish = () => resolve(name);
    });
  };
  return { work, finish: () => finish() };
}

it('lets the limit in, the others in order, and skips those who gave up', async () => {
  const gate = new Gate(2);
  const log: string[] = [];
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(name => job(log, name));
  const cut = new AbortController();
  const runs = [a, b].map(({ work }) => gate.run(work, undefined));
  const given = gate.run(c.work, cut.signal);
  const last = [d, e].map(({ work }) => gate.run(work, undefined));
  cut.abort();
  await expect(given).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  await expect(gate.run(c.work, cut.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(log).toEqual(['a', 'b']);
  a.finish();
  expect(await runs[0]).toBe('a');
  expect(log).toEqual(['a', 'b', 'd']);
  d.finish();
  b.finish();
  await Promise.all([runs[1], last[0]]);
  e.finish();
  expect(await last[1]).toBe('e');
});

it('a failure frees its place', async () => {
  const gate = new Gate(1);
  await expect(gate.run(() => Promise.reject(new Error('x')), undefined)).rejects.toThrow('x');
  expect(await gate.run(() => Promise.resolve(1), undefined)).toBe(1);
});
