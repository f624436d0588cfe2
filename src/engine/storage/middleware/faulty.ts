import type { Storage } from '../../swarm/ports.js';
import { mapStorageError } from '../errors.js';

/** A failure to come. A lease counts as the read or the write that it is taken for. */
export interface Fault {
  readonly operation: 'open' | 'read' | 'write' | 'sync' | 'stamps';
  /** 1 is the first call of the operation. */
  readonly nth: number;
  /** Name of the errno, such as ENOSPC. */
  readonly code: string;
  /** All later calls fail as well. Defaults to false. */
  readonly forever?: boolean;
}

/** For tests: the storage, except that the calls named by `faults` fail before they reach it. */
export function createFaultyStorage(inner: Storage, faults: readonly Fault[]): Storage {
  const calls = { open: 0, read: 0, write: 0, sync: 0, stamps: 0 };
  const count = (operation: Fault['operation']) => {
    const call = ++calls[operation];
    const fault = faults.find(f => f.operation === operation && (f.forever ? call >= f.nth : call === f.nth));
    if (fault) throw mapStorageError({ code: fault.code, message: 'planned by the test' }, operation);
  };
  return {
    length: inner.length,
    open: async () => {
      count('open');
      await inner.open();
    },
    read: async (at, into) => {
      count('read');
      await inner.read(at, into);
    },
    write: async (at, from) => {
      count('write');
      await inner.write(at, from);
    },
    sync: async () => {
      count('sync');
      await inner.sync();
    },
    stamps: async () => {
      count('stamps');
      return inner.stamps();
    },
    ...(inner.lease && {
      lease: async (at: number, length: number, mode: 'read' | 'write') => {
        count(mode);
        return inner.lease!(at, length, mode);
      },
    }),
    close: () => inner.close(),
  };
}
