import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { SyncLedger } from '../../../../src/engine/storage/sync-ledger.js';

const none = async () => {};

describe('SyncLedger', () => {
  it('flushes files, then folders, each once', async () => {
    const ledger = new SyncLedger<string>();
    const log: string[] = [];
    ledger.fileWritten('a');
    ledger.fileWritten('a');
    ledger.entryAdded('/d');
    const note = async (name: string) => void log.push(name);
    await ledger.sync(note, note);
    await ledger.sync(note, note);
    expect(log).toEqual(['a', '/d']);
  });

  it('lets a second sync wait for what the first still flushes', async () => {
    const ledger = new SyncLedger<string>();
    ledger.fileWritten('a');
    let finish = () => {};
    const first = ledger.sync(() => new Promise<void>(resolve => (finish = resolve)), none);
    let second = false;
    const done = ledger.sync(none, none).then(() => (second = true));
    await new Promise(resolve => setImmediate(resolve));
    expect(second).toBe(false);
    finish();
    await first;
    await done;
    expect(second).toBe(true);
  });

  it('keeps what was written while it flushed, and what could not be flushed', async () => {
    const ledger = new SyncLedger<string>();
    const log: string[] = [];
    ledger.fileWritten('a');
    ledger.fileWritten('b');
    const flush = async (name: string) => {
      if (name === 'b') throw new Error('no handle');
      ledger.fileWritten('a');
    };
    await expect(ledger.sync(flush, none)).rejects.toThrow('no handle');
    await ledger.sync(async name => void log.push(name), none);
    expect(log.sort()).toEqual(['a', 'b']);
  });

  it('never succeeds again after a failure that lost data', async () => {
    const ledger = new SyncLedger<string>();
    const lost = new MillraceError('ERR_STORAGE_IO', 'lost');
    ledger.fail(lost);
    await expect(ledger.sync(none, none)).rejects.toBe(lost);
    await expect(ledger.sync(none, none)).rejects.toBe(lost);
  });
});
