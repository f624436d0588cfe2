import { describe, expect, it } from 'vitest';
import { askBoth } from '../../../../src/engine/discovery/ask-both.js';
import { type ErrorCode, MillraceError } from '../../../../src/engine/errors.js';
import type { AnnounceResponse } from '../../../../src/engine/protocol/tracker/announce.js';

const answer = (host: string): AnnounceResponse => ({ intervalMs: 1, peers: [{ host, port: 1 }] });
const failure = (code: ErrorCode) => new MillraceError(code, code);

interface Asked {
  resolve(response: AnnounceResponse): void;
  reject(error: unknown): void;
}

/** Both are asked; the test says what becomes of it. */
function ask(waitForAll = false) {
  const asked = new Map<number, Asked>();
  const more: AnnounceResponse[] = [];
  const failed: number[] = [];
  let settled = false;
  const asking = askBoth(
    [4, 6],
    family => {
      let [resolve, reject] = [(_: AnnounceResponse) => {}, (_: unknown) => {}];
      const promise = new Promise<AnnounceResponse>((...both) => {
        [resolve, reject] = both;
      });
      asked.set(family, { resolve, reject });
      return promise;
    },
    { waitForAll, onMore: one => more.push(one), onFailed: family => failed.push(family) },
  ).finally(() => {
    settled = true;
  });
  asking.catch(() => {});
  const rounds = () => new Promise(resolve => setImmediate(resolve));
  return { asking, more, failed, rounds, ip4: asked.get(4)!, ip6: asked.get(6)!, isSettled: () => settled };
}

describe('an announce by both families', () => {
  it('is answered by the first, and told of the second', async () => {
    const { asking, more, rounds, ip4, ip6 } = ask();
    ip6.resolve(answer('::1'));
    expect(await asking).toEqual(answer('::1'));
    expect(more).toEqual([]);
    ip4.resolve(answer('127.0.0.1'));
    await rounds();
    expect(more).toEqual([answer('127.0.0.1')]);
  });

  it('waits for both where nothing comes after it', async () => {
    const { asking, rounds, ip4, ip6, isSettled } = ask(true);
    ip4.resolve(answer('127.0.0.1'));
    await rounds();
    expect(isSettled()).toBe(false);
    ip6.resolve(answer('::1'));
    expect(await asking).toEqual(answer('127.0.0.1'));
  });

  it('has not failed while one answers, which failed is told', async () => {
    const { asking, failed, rounds, ip4, ip6 } = ask();
    ip4.reject(failure('ERR_TRACKER_TIMEOUT'));
    await rounds();
    ip6.resolve(answer('::1'));
    expect(await asking).toEqual(answer('::1'));
    await rounds();
    expect(failed).toEqual([4]);
  });

  it('that was given up says nothing of a family', async () => {
    const { asking, failed, rounds, ip4, ip6 } = ask();
    ip4.resolve(answer('127.0.0.1'));
    await asking;
    ip6.reject(failure('ERR_ABORTED'));
    await rounds();
    expect(failed).toEqual([]);
  });

  it('fails when both do, with what the tracker says if it says something', async () => {
    const { asking, failed, ip4, ip6 } = ask();
    ip4.reject(failure('ERR_TRACKER_UNREACHABLE'));
    ip6.reject(failure('ERR_TRACKER_FAILURE'));
    await expect(asking).rejects.toMatchObject({ code: 'ERR_TRACKER_FAILURE' });
    expect(failed).toEqual([]);
  });
});
