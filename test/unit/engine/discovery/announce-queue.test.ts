import { describe, expect, it } from 'vitest';
import { AnnounceQueue, type Turn } from '../../../../src/engine/discovery/announce-queue.js';
import { MillraceError } from '../../../../src/engine/errors.js';

const settled = () => new Promise<void>(resolve => setImmediate(resolve));
const silent = () => new MillraceError('ERR_TRACKER_TIMEOUT', 'silent');

/** A queue whose requests end when the test says so. */
class Bench {
  /** Names of requests in the order in which they were let in. */
  readonly log: string[] = [];
  readonly failures: string[] = [];
  readonly #inside = new Map<string, (error?: unknown) => void>();
  readonly #queue: AnnounceQueue;

  constructor(limits: { perHost?: number; inAll?: number }) {
    this.#queue = new AnnounceQueue(limits);
  }

  ask(name: string, turn: Turn = {}): this {
    const work = () => {
      this.log.push(name);
      return new Promise<void>((resolve, reject) => {
        this.#inside.set(name, error => (error === undefined ? resolve() : reject(error)));
      });
    };
    this.#queue
      .run(name.split(' ')[0], work, turn)
      .catch(error => this.failures.push(`${name}: ${error.code}`));
    return this;
  }

  async end(name: string, error?: unknown): Promise<void> {
    this.#inside.get(name)!(error);
    this.#inside.delete(name);
    await settled();
  }

  get inside(): string[] {
    return [...this.#inside.keys()];
  }
}

describe('AnnounceQueue', () => {
  it('lets so many to a host and so many in all, others in the order in which they came', async () => {
    const bench = new Bench({ perHost: 2, inAll: 3 });
    bench.ask('a 1').ask('a 2').ask('a 3').ask('a 4').ask('b 1').ask('b 2');
    await settled();
    expect(bench.log).toEqual(['a 1', 'a 2', 'b 1']);
    await bench.end('a 2');
    expect(bench.inside).toEqual(['a 1', 'b 1', 'a 3']);
    await bench.end('b 1');
    expect(bench.inside).toEqual(['a 1', 'a 3', 'b 2']);
    await bench.end('b 2'); // two of host a are under way
    expect(bench.inside).toEqual(['a 1', 'a 3']);
    await bench.end('a 1');
    expect(bench.inside).toEqual(['a 3', 'a 4']);
  });

  it('hosts take turns', async () => {
    const bench = new Bench({ perHost: 2, inAll: 1 });
    for (let i = 1; i <= 3; i++) bench.ask(`a ${i}`).ask(`b ${i}`);
    for (let i = 0; i < 6; i++) {
      await settled();
      await bench.end(bench.inside[0]);
    }
    expect(bench.log).toEqual(['a 1', 'a 2', 'b 1', 'a 3', 'b 2', 'b 3']);
  });

  it('urgent ones go before all others, also those of other hosts', async () => {
    const bench = new Bench({ perHost: 1, inAll: 1 });
    bench.ask('a 1').ask('a 2').ask('b 1').ask('a 3', { urgent: true }).ask('b 2', { urgent: true });
    for (let i = 0; i < 5; i++) {
      await settled();
      await bench.end(bench.inside[0]);
    }
    expect(bench.log.slice(1)).toEqual(['a 3', 'b 2', 'a 2', 'b 1']);
  });

  it('who gives up leaves the queue, and takes no place', async () => {
    const bench = new Bench({ perHost: 1 });
    const cut = new AbortController();
    bench.ask('a 1').ask('a 2', { signal: cut.signal }).ask('a 3');
    await settled();
    cut.abort();
    await settled();
    bench.ask('a 4', { signal: cut.signal });
    await settled();
    expect(bench.failures).toEqual(['a 2: ERR_ABORTED', 'a 4: ERR_ABORTED']);
    await bench.end('a 1');
    expect(bench.inside).toEqual(['a 3']);
  });

  it('tells those who wait for a host that it is not there, after as many failures in a row as it takes', async () => {
    const bench = new Bench({ perHost: 2 });
    for (let i = 1; i <= 6; i++) bench.ask(`a ${i}`);
    await settled();
    await bench.end('a 1', silent());
    await bench.end('a 2');
    await bench.end('a 3', silent());
    expect(bench.failures).toHaveLength(2);
    expect(bench.inside).toEqual(['a 4', 'a 5']);
    await bench.end('a 4', silent());
    expect(bench.failures.slice(2).sort()).toEqual(['a 4: ERR_TRACKER_TIMEOUT', 'a 6: ERR_TRACKER_TIMEOUT']);
    bench.ask('a 7');
    expect(bench.inside).toContain('a 7');
  });

  it('a host that refuses is there', async () => {
    const bench = new Bench({ perHost: 1 });
    for (let i = 1; i <= 3; i++) bench.ask(`a ${i}`);
    await settled();
    await bench.end('a 1', new MillraceError('ERR_TRACKER_FAILURE', 'no'));
    expect(bench.inside).toEqual(['a 2']);
  });

  it('bears ten thousand that wait', async () => {
    const bench = new Bench({});
    for (let i = 0; i < 10_000; i++) bench.ask(`host${i % 20} ${i}`);
    await settled();
    expect(bench.inside).toHaveLength(50);
    while (bench.inside.length > 0) {
      expect(bench.inside.length).toBeLessThanOrEqual(50);
      for (const name of bench.inside.slice(0, -1)) void bench.end(name);
      await bench.end(bench.inside[0]);
    }
    expect(bench.log).toHaveLength(10_000);
  });
});
