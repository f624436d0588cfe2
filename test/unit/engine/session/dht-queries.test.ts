import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { ask, whenReady } from '../../../../src/engine/session/dht-queries.js';
import type { DhtService } from '../../../../src/engine/session/dht-service.js';
import { TimerQueue } from '../../../../src/engine/session/timer-queue.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** As much of a service as questions need; each endpoint has so many good nodes. */
class FakeService {
  readonly options = { timers: new TimerQueue() };
  readonly waiting = new Set<() => void>();
  readonly shut = new Set<(error: MillraceError) => void>();
  unavailable: MillraceError | undefined;
  isReady = false;
  goodNodes = [1];
  /** Of each endpoint, what is called when it loses its socket. */
  readonly gone: Set<() => void>[] = [];

  get answering() {
    const search = (begin: (node: never, nowMs: number) => { cancel(): void }) => {
      const lookup = begin(undefined as never, 0);
      return () => lookup.cancel();
    };
    return this.goodNodes
      .filter(nodes => nodes > 0)
      .map(() => {
        const gone = new Set<() => void>();
        this.gone.push(gone);
        const whenShut = (call: () => void) => {
          gone.add(call);
          return () => void gone.delete(call);
        };
        return { search, whenShut };
      });
  }

  whenReady(call: () => void) {
    if (this.isReady) call();
    else this.waiting.add(call);
    return () => void this.waiting.delete(call);
  }

  whenShut(call: (error: MillraceError) => void) {
    this.shut.add(call);
    return () => void this.shut.delete(call);
  }

  /** Nothing waits for it any more. */
  get forgotten(): boolean {
    const gone = this.gone.reduce((sum, { size }) => sum + size, 0);
    return this.waiting.size + this.shut.size + this.options.timers.size + gone === 0;
  }

  get service(): DhtService {
    return this as unknown as DhtService;
  }
}

describe('what is asked of the DHT', () => {
  it('waits for somebody to answer, but not for ever', async () => {
    const fake = new FakeService();
    const waiting = whenReady(fake.service);
    for (const call of fake.waiting) call();
    await waiting;
    const inVain = whenReady(fake.service);
    vi.advanceTimersByTime(20_000);
    await expect(inVain).rejects.toMatchObject({ code: 'ERR_DHT_NO_NODES', facts: { waitedMs: 20_000 } });
    expect(fake.forgotten).toBe(true);
  });

  it('comes from all families that know anybody', async () => {
    const fake = new FakeService();
    fake.isReady = true;
    fake.goodNodes = [3, 0, 5];
    const dones: ((result: string) => void)[] = [];
    const asking = ask<string>(fake.service, undefined, (_, __, done) => {
      dones.push(done);
      return { cancel() {} };
    });
    await Promise.resolve();
    dones[0]('v4');
    dones[1]('v6');
    expect(await asking).toEqual(['v4', 'v6']);
    expect(dones).toHaveLength(2);
    expect(fake.forgotten).toBe(true);
  });

  it('comes from the other family alone when one goes, and from none when both do', async () => {
    const fake = new FakeService();
    fake.isReady = true;
    fake.goodNodes = [3, 5];
    const dones: ((result: string) => void)[] = [];
    const search = () =>
      ask<string>(fake.service, undefined, (_, __, done) => {
        dones.push(done);
        return { cancel() {} };
      });
    const one = search();
    await Promise.resolve();
    for (const call of [...fake.gone[0]]) call();
    dones[0]('too late');
    dones[1]('v6');
    expect(await one).toEqual(['v6']);
    const none = search();
    await Promise.resolve();
    for (const call of fake.gone.flatMap(calls => [...calls])) call();
    await expect(none).rejects.toMatchObject({ code: 'ERR_DHT_NO_NODES' });
    expect(fake.forgotten).toBe(true);
  });

  it.each([
    ['the signal', 'ERR_ABORTED'],
    ['the end of the network', 'ERR_NET_SUSPENDED'],
  ])('ends with %s, and its searches with it', async (_, code) => {
    const fake = new FakeService();
    fake.isReady = true;
    const controller = new AbortController();
    const cancel = vi.fn();
    const asking = ask(fake.service, controller.signal, () => ({ cancel }));
    await Promise.resolve();
    if (code === 'ERR_ABORTED') controller.abort();
    else for (const fail of [...fake.shut]) fail(new MillraceError('ERR_NET_SUSPENDED', 'a test'));
    await expect(asking).rejects.toMatchObject({ code });
    expect(cancel).toHaveBeenCalledOnce();
    expect(fake.forgotten).toBe(true);
  });

  it('is refused at once where there is no network, and after the signal', async () => {
    const fake = new FakeService();
    await expect(whenReady(fake.service, AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    fake.unavailable = new MillraceError('ERR_CLOSED', 'a test');
    await expect(whenReady(fake.service)).rejects.toBe(fake.unavailable);
    expect(fake.forgotten).toBe(true);
  });

  it('fails when nobody answers any more', async () => {
    const fake = new FakeService();
    fake.isReady = true;
    fake.goodNodes = [0];
    const asking = ask(fake.service, undefined, () => ({ cancel() {} }));
    await expect(asking).rejects.toMatchObject({ code: 'ERR_DHT_NO_NODES' });
    expect(fake.forgotten).toBe(true);
  });
});
