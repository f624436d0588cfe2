import type { Storage } from '../../swarm/ports.js';

export type SlowOperation = 'read' | 'write' | 'sync' | 'lease';

/** For tests: a storage whose calls wait until the test lets them through. No timers. */
export interface SlowStorage extends Storage {
  /** Calls of the given operations (all when none is given) wait from now on. */
  hold(...operations: SlowOperation[]): void;
  /** Lets the `count` oldest waiting calls through; later ones still wait. Defaults to all that wait now. */
  step(count?: number): void;
  /** Lets everything through, now and later. */
  resume(): void;
  /** Calls that wait now. */
  readonly waiting: number;
  /** Resolves when at least `count` calls wait. */
  held(count: number): Promise<void>;
}

export function createSlowStorage(inner: Storage): SlowStorage {
  const slow = new Set<SlowOperation>();
  const waiting: (() => void)[] = [];
  let watchers: { count: number; resolve: () => void }[] = [];

  const gate = async (operation: SlowOperation) => {
    if (!slow.has(operation)) return;
    const passed = new Promise<void>(resolve => waiting.push(resolve));
    for (const { count, resolve } of watchers) if (waiting.length >= count) resolve();
    watchers = watchers.filter(({ count }) => waiting.length < count);
    await passed;
  };

  return {
    length: inner.length,
    open: () => inner.open(),
    read: async (at, into) => {
      await gate('read');
      await inner.read(at, into);
    },
    write: async (at, from) => {
      await gate('write');
      await inner.write(at, from);
    },
    sync: async () => {
      await gate('sync');
      await inner.sync();
    },
    stamps: () => inner.stamps(),
    ...(inner.lease && {
      lease: async (at: number, length: number, mode: 'read' | 'write') => {
        await gate('lease');
        return inner.lease!(at, length, mode);
      },
    }),
    close: () => inner.close(),
    hold: (...operations) => {
      for (const operation of operations.length > 0 ? operations : ALL) slow.add(operation);
    },
    step: (count = waiting.length) => {
      for (const pass of waiting.splice(0, count)) pass();
    },
    resume: () => {
      slow.clear();
      for (const pass of waiting.splice(0)) pass();
    },
    get waiting() {
      return waiting.length;
    },
    held: count =>
      new Promise(resolve => {
        if (waiting.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
  };
}

const ALL: readonly SlowOperation[] = ['read', 'write', 'sync', 'lease'];
