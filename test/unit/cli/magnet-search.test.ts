import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tellSearch } from '../../../src/cli/magnet-search.js';
import { Output } from '../../../src/cli/output.js';
import { readAll } from '../../lib/read-all.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HEAD = 'Looking for peers that have the metadata.\n';

function search(options: { json?: boolean; terminal?: boolean }) {
  const stdout = Object.assign(new PassThrough(), { isTTY: options.terminal, columns: 40 });
  const glance = { connections: 0, dht: { goodNodes: 0 } };
  const stop = tellSearch(new Output(options.json === true, { stdout, env: {} }), { light: () => glance });
  return { glance, stop, text: () => readAll(stdout) };
}

describe('the search for the metadata of a magnet link', () => {
  it('is told every 10 s where there is no terminal', () => {
    const { glance, stop, text } = search({});
    vi.advanceTimersByTime(10_000);
    Object.assign(glance, { connections: 1, dht: { goodNodes: 12 } });
    vi.advanceTimersByTime(10_000);
    Object.assign(glance, { connections: 2, dht: undefined });
    vi.advanceTimersByTime(60_000);
    stop();
    vi.advanceTimersByTime(60_000);
    const lines = text().slice(HEAD.length).trimEnd().split('\n');
    expect(lines).toHaveLength(8);
    expect(lines.slice(0, 3)).toEqual([
      '10 s  no peer yet  no DHT node answers',
      '20 s  1 connection  12 DHT nodes',
      '30 s  2 connections',
    ]);
  });

  it('is one line of a terminal, which goes at the end', () => {
    const { stop, text } = search({ terminal: true });
    vi.advanceTimersByTime(2000);
    stop();
    const drawn = ['1 s  no peer yet  no DHT node answers', '2 s  no peer yet  no DHT node answers', ''];
    expect(text()).toBe(HEAD + drawn.map(line => `\r${line}\u001b[K`).join(''));
  });

  it('is in no JSON', () => {
    const { stop, text } = search({ json: true });
    vi.advanceTimersByTime(60_000);
    stop();
    expect(text()).toBe('');
  });
});
