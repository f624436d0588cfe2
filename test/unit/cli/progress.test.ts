import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Output, type OutputStream } from '../../../src/cli/output.js';
import { openProgress } from '../../../src/cli/progress.js';
import { readAll } from '../../lib/read-all.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(options: {
  json?: boolean;
  terminal?: boolean;
  columns?: number;
  env?: Record<string, string>;
}) {
  const { terminal, columns = 80 } = options;
  const stdout = Object.assign(new PassThrough(), { isTTY: terminal, columns, rows: 24 });
  const view = openProgress(new Output(options.json === true, { stdout, env: options.env ?? {} }));
  return { view, text: () => readAll(stdout) };
}

describe('JSON', () => {
  it('comes about once a second, and at once when all is done', () => {
    const { view, text } = open({ json: true });
    for (let ms = 0; ms <= 2000; ms += 100) {
      view.update({ label: 'Downloading', done: ms, total: 5000, down: 1, up: 2, peers: 3 });
      vi.advanceTimersByTime(100);
    }
    view.update({ label: 'Downloading', done: 5000, total: 5000 });
    const events = text()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(events.map(event => event.done)).toEqual([0, 900, 1800, 5000]);
    expect(events[0]).toEqual({ event: 'progress', done: 0, total: 5000, down: 1, up: 2, peers: 3 });
  });

  it('says nothing twice once all is done', () => {
    const { view, text } = open({ json: true });
    for (let i = 0; i < 5; i++) {
      view.update({ label: 'Seeding', done: 7, total: 7, up: 0 });
      vi.advanceTimersByTime(1000);
    }
    view.update({ label: 'Seeding', done: 7, total: 7, up: 9 });
    expect(text().trim().split('\n')).toHaveLength(2);
  });
});

describe('plain lines', () => {
  it('are silent in the first second, then come every 10 %', () => {
    const { view, text } = open({});
    for (let percent = 0; percent <= 100; percent++) {
      view.update({ label: 'Hashing', done: percent * 1e6, total: 1e8 });
      vi.advanceTimersByTime(100);
    }
    expect(
      text()
        .split('\n')
        .map(line => line.split('  ')[0]),
    ).toEqual([9, 19, 29, 39, 49, 59, 69, 79, 89, 99].map(percent => `Hashing ${percent} %`).concat(''));
  });

  it('come every 10 s when little happens', () => {
    const { view, text } = open({});
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1000);
      view.update({ label: 'Downloading', done: second, total: 1e6, down: 1 });
    }
    expect(text().trim().split('\n')).toHaveLength(6);
  });

  it('are used on a terminal that cannot move its cursor', () => {
    const { view, text } = open({ terminal: true, env: { TERM: 'dumb' } });
    vi.advanceTimersByTime(1000);
    view.update({ label: 'Hashing', done: 1, total: 2 });
    expect(text()).toBe('Hashing 50 %  1 B of 2 B\n');
  });
});

describe('a terminal', () => {
  const state = { label: 'Downloading', done: 44e6, total: 100e6, down: 8e6, up: 1.5e6, peers: 5 };
  const bar = `[${'='.repeat(17)}${' '.repeat(23)}]`;
  const bytes = '44.0 MB of 100.0 MB';

  it.each([
    [200, `Downloading ${bar}  44 %  ${bytes}  8.0 MB/s down  1.5 MB/s up  5 peers  7 s left`],
    [100, `Downloading [=====       ]  44 %  ${bytes}  8.0 MB/s down  1.5 MB/s up  5 peers  7 s left`],
    [88, `Downloading [=====        ]  44 %  ${bytes}  8.0 MB/s down  5 peers  7 s left`],
    [80, `Downloading [==   ]  44 %  ${bytes}  8.0 MB/s down  5 peers  7 s left`],
    [79, `Downloading  44 %  ${bytes}  8.0 MB/s down  5 peers  7 s left`],
    [60, `Downloading  44 %  8.0 MB/s down  7 s left`],
    [40, 'Downloading  44 %  8.0 MB/s down'],
    [20, 'Downloading  44 %'],
  ])('of %i columns gets a line that fits', (columns, line) => {
    const { view, text } = open({ terminal: true, columns });
    view.update(state);
    vi.advanceTimersByTime(1000);
    expect(text().split('\u001b')).toContain(`[1G${line}`);
  });

  it('gets its cursor back', () => {
    const { view, text } = open({ terminal: true });
    view.update(state);
    vi.advanceTimersByTime(1000);
    view.stop();
    const drawn = text();
    expect(drawn).toContain('\u001b[?25l');
    expect(drawn.lastIndexOf('\u001b[?25h')).toBeGreaterThan(drawn.lastIndexOf('\u001b[?25l'));
  });

  it('gets colours unless NO_COLOR is set', () => {
    const stdout: OutputStream = Object.assign(new PassThrough(), { isTTY: true });
    expect(new Output(false, { stdout, env: {} }).style('green', 'ok')).toBe('\u001b[32mok\u001b[39m');
    expect(new Output(false, { stdout, env: { NO_COLOR: '1' } }).style('green', 'ok')).toBe('ok');
    expect(new Output(true, { stdout, env: {} }).style('green', 'ok')).toBe('ok');
  });
});
