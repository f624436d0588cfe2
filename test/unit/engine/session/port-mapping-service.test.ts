import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gateway, PortMapping } from '../../../../src/engine/discovery/nat/gateway.js';
import { MillraceError } from '../../../../src/engine/errors.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import type { MappingRequest } from '../../../../src/engine/protocol/nat/mapping.js';
import { MAX_RENEWAL_MS, RETRY_MS } from '../../../../src/engine/session/port-lease.js';
import { PortMappingService } from '../../../../src/engine/session/port-mapping-service.js';
import { TimerQueue } from '../../../../src/engine/session/timer-queue.js';

const HOUR_MS = 3_600_000;
const refusal = () => new MillraceError('ERR_PORT_MAPPING', 'no', {});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A router without a network in between. */
class Router implements Gateway {
  readonly protocol = 'pcp';
  readonly address = '192.168.1.1';
  readonly asked: string[] = [];
  readonly mapped = new Set<string>();
  /** What is not answered until somebody calls it. */
  readonly pending: (() => void)[] = [];
  lifetimeS = 7200;
  shift = 0;
  holds = false;
  onHold = (_: AbortSignal) => {};
  refuses: 'all' | 'udp' | undefined;

  async map({ protocol, externalPort }: MappingRequest, signal: AbortSignal): Promise<PortMapping> {
    this.asked.push(`map ${protocol} ${externalPort}`);
    if (this.holds) await this.#hold(signal);
    if (this.refuses === 'all' || this.refuses === protocol) throw refusal();
    const given = externalPort + this.shift;
    this.mapped.add(`${protocol} ${given}`);
    return { externalPort: given, externalAddress: '203.0.113.7', lifetimeS: this.lifetimeS };
  }

  async unmap({ protocol, externalPort }: MappingRequest, signal: AbortSignal): Promise<void> {
    this.asked.push(`unmap ${protocol} ${externalPort}`);
    if (this.holds) await this.#hold(signal);
    this.mapped.delete(`${protocol} ${externalPort}`);
  }

  #hold(signal: AbortSignal): Promise<void> {
    this.onHold(signal);
    return new Promise((resolve, reject) => {
      this.pending.push(resolve);
      signal.addEventListener('abort', () => reject(new MillraceError('ERR_ABORTED', 'aborted')));
    });
  }
}

class Stage {
  at: PeerAddress | undefined = { host: '0.0.0.0', port: 6881 };
  routers: Router[];
  searches = 0;
  moves = 0;
  readonly said: string[] = [];
  readonly service: PortMappingService;

  constructor(routers: Router[], after?: Promise<unknown>) {
    this.routers = routers;
    const say = (_: object, message: string) => void this.said.push(message);
    const stage = this;
    this.service = new PortMappingService({
      timers: new TimerQueue(),
      log: { debug: () => {}, info: say, warn: say, error: say },
      address: () => this.at,
      onMoved: () => void this.moves++,
      after,
      async *findGateways() {
        stage.searches++;
        yield* stage.routers;
      },
    });
  }

  pass(ms = 0) {
    return vi.advanceTimersByTimeAsync(ms);
  }
}

const opened = async (...routers: Router[]) => {
  const stage = new Stage(routers);
  await stage.pass();
  return stage;
};

describe('a service that maps the port', () => {
  it('maps it for TCP and UDP, and tells where it leads from', async () => {
    const router = new Router();
    const { service, said, moves } = await opened(router);
    expect(router.asked).toEqual(['map tcp 6881', 'map udp 6881']);
    const facts = { internalPort: 6881, externalPort: 6881, externalAddress: '203.0.113.7' };
    expect(service.mapped).toEqual([
      { protocol: 'tcp', ...facts, by: 'pcp', gateway: '192.168.1.1' },
      { protocol: 'udp', ...facts, by: 'pcp', gateway: '192.168.1.1' },
    ]);
    expect(said).toEqual(["the router's 203.0.113.7 leads here: tcp 6881, udp 6881, by pcp of 192.168.1.1"]);
    expect(moves).toBe(0);
  });

  it.each([
    [7200, MAX_RENEWAL_MS],
    [1700, 850_000],
    [600, 300_000],
    [86_400, MAX_RENEWAL_MS],
    [Number.POSITIVE_INFINITY, MAX_RENEWAL_MS],
    [1, 60_000],
    [0, 60_000],
  ])('renews a lease of %i s after %i ms, and says nothing of it', async (lifetimeS, afterMs) => {
    const router = new Router();
    router.lifetimeS = lifetimeS;
    const stage = await opened(router);
    for (let turn = 1; turn < 4; turn++) {
      await stage.pass(afterMs - 1);
      expect(router.asked).toHaveLength(2 * turn);
      await stage.pass(1);
      expect(router.asked).toHaveLength(2 * turn + 2);
    }
    expect(stage.searches).toBe(1);
    expect(stage.said).toHaveLength(1);
  });

  it('asks the next router when one refuses', async () => {
    const first = new Router();
    first.refuses = 'all';
    const second = new Router();
    const stage = await opened(first, second);
    expect(first.mapped.size).toBe(0);
    expect(second.mapped.size).toBe(2);
    await stage.pass(MAX_RENEWAL_MS);
    expect(first.asked).toEqual(['map tcp 6881']);
  });

  it('is content when UDP alone is refused', async () => {
    const router = new Router();
    router.refuses = 'udp';
    const stage = await opened(router);
    expect(stage.service.mapped.map(({ protocol }) => protocol)).toEqual(['tcp']);
    await stage.service.close();
    expect(router.asked.filter(request => request.startsWith('unmap'))).toEqual(['unmap tcp 6881']);
  });

  it('looks again later when there is none, and says so once', async () => {
    const stage = await opened();
    await stage.pass(3 * RETRY_MS);
    expect(stage.searches).toBe(4);
    expect(stage.said).toEqual(['no router lets peers through: no router was found that maps ports']);
    stage.routers = [new Router()];
    await stage.pass(RETRY_MS);
    expect(stage.service.mapped).toHaveLength(2);
  });

  it('has ten seconds for it, and looks again later', async () => {
    const [silent, other] = [new Router(), new Router()];
    silent.holds = true;
    const stage = await opened(silent, other);
    await stage.pass(9_999);
    expect(stage.said).toEqual([]);
    await stage.pass(1);
    expect(stage.said).toHaveLength(1);
    expect(other.asked).toEqual([]);
    stage.routers = [other];
    await stage.pass(RETRY_MS);
    expect(other.mapped.size).toBe(2);
  });

  it('looks for another router when its own does not renew', async () => {
    const [gone, other] = [new Router(), new Router()];
    const stage = await opened(gone);
    gone.refuses = 'all';
    stage.routers = [other];
    await stage.pass(MAX_RENEWAL_MS);
    expect(other.mapped.size).toBe(2);
    expect(stage.searches).toBe(2);
    stage.routers = [];
    other.refuses = 'all';
    await stage.pass(MAX_RENEWAL_MS);
    expect(stage.service.mapped).toEqual([]);
  });
});

describe('another external port', () => {
  it('is asked for with UDP too, kept, and told as the port that peers come by', async () => {
    const router = new Router();
    router.shift = 1;
    const stage = await opened(router);
    expect(router.asked).toEqual(['map tcp 6881', 'map udp 6882']);
    expect(stage.service.externalPort).toBe(6882);
    expect(stage.moves).toBe(1);
    router.shift = 0;
    await stage.pass(MAX_RENEWAL_MS);
    expect(stage.service.externalPort).toBe(6882);
    expect(stage.moves).toBe(1);
  });

  it('is told no longer when it is lost', async () => {
    const router = new Router();
    router.shift = 1;
    const stage = await opened(router);
    router.refuses = 'all';
    await stage.pass(MAX_RENEWAL_MS);
    expect(stage.service.externalPort).toBeUndefined();
    expect(stage.moves).toBe(2);
  });
});

describe('what has been told of another port', () => {
  it('is taken back when mapping is switched off', async () => {
    const router = new Router();
    router.shift = 1;
    const stage = await opened(router);
    await stage.service.close();
    expect(stage.moves).toBe(2);
  });

  it('needs no taking back when nothing was told', async () => {
    const stage = await opened(new Router());
    await stage.service.close();
    const absent = new Stage([new Router()]);
    absent.service.suspend();
    await absent.service.close();
    expect([stage.moves, absent.moves]).toEqual([0, 0]);
  });
});

describe('the end', () => {
  it('gives both back, and renews nothing', async () => {
    const router = new Router();
    const stage = await opened(router);
    await stage.service.close();
    expect(router.mapped.size).toBe(0);
    const { length } = router.asked;
    await stage.pass(10 * HOUR_MS);
    expect(router.asked).toHaveLength(length);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for a mapping under way, to give that back', async () => {
    const router = new Router();
    router.holds = true;
    const stage = await opened(router);
    const closed = stage.service.close();
    router.holds = false;
    router.pending[0]();
    await closed;
    expect(router.asked).toEqual(['map tcp 6881', 'unmap tcp 6881']);
    expect(router.mapped.size).toBe(0);
  });

  it('comes before whoever is switched on again maps anything', async () => {
    const router = new Router();
    const first = await opened(router);
    router.holds = true;
    const closed = first.service.close();
    const second = new Stage([router], first.service.ended);
    await second.pass();
    expect(router.asked.slice(2)).toEqual(['unmap tcp 6881', 'unmap udp 6881']);
    router.holds = false;
    for (const answer of router.pending) answer();
    await closed;
    await second.pass();
    expect(router.mapped.size).toBe(2);
  });

  it.each(['map', 'unmap'])(
    'waits no more than a second for a router that does not answer to %s',
    async what => {
      const router = new Router();
      router.holds = what === 'map';
      const stage = await opened(router);
      router.holds = true;
      let closed = false;
      void stage.service.close().then(() => {
        closed = true;
      });
      await stage.pass(999);
      expect(closed).toBe(false);
      await stage.pass(1);
      expect(closed).toBe(true);
    },
  );

  it('comes while a router is looked for', async () => {
    let ended: AbortSignal | undefined;
    const service = new PortMappingService({
      timers: new TimerQueue(),
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      address: () => ({ host: '0.0.0.0', port: 6881 }),
      onMoved: () => {},
      async *findGateways(_, signal) {
        ended = signal;
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
      },
    });
    await vi.advanceTimersByTimeAsync(0);
    await service.close();
    expect(ended?.aborted).toBe(true);
  });
});

describe('a session that moves', () => {
  it('has the old port given back before the new one is mapped', async () => {
    const router = new Router();
    const stage = await opened(router);
    router.asked.length = 0;
    stage.at = { host: '0.0.0.0', port: 7000 };
    stage.service.moved();
    await stage.pass();
    expect(router.asked).toEqual(['unmap tcp 6881', 'unmap udp 6881', 'map tcp 7000', 'map udp 7000']);
    await stage.service.close();
    expect(router.mapped.size).toBe(0);
  });

  it('has nothing to do when it is told of the address that it has', async () => {
    const router = new Router();
    const stage = await opened(router);
    stage.service.moved();
    await stage.pass();
    expect(router.asked).toHaveLength(2);
    stage.at = { host: '192.168.1.2', port: 6881 };
    stage.service.moved();
    await stage.pass();
    expect(router.asked.slice(2)).toEqual([
      'unmap tcp 6881',
      'unmap udp 6881',
      'map tcp 6881',
      'map udp 6881',
    ]);
    expect(router.mapped.size).toBe(2);
  });

  it('is not mapped any more when it is closed at once', async () => {
    const router = new Router();
    const stage = await opened(router);
    stage.at = { host: '0.0.0.0', port: 7000 };
    stage.service.moved();
    await stage.service.close();
    await stage.pass();
    expect(router.mapped.size).toBe(0);
    expect(router.asked.at(-1)).toBe('unmap udp 6881');
  });

  it('has nothing mapped while it does not listen', async () => {
    const router = new Router();
    const stage = new Stage([router]);
    await stage.service.close();
    router.asked.length = 0;
    const silent = await opened(router);
    silent.at = undefined;
    silent.service.moved();
    await silent.pass(HOUR_MS);
    expect(silent.service.mapped).toEqual([]);
    expect(router.mapped.size).toBe(0);
  });

  it('is suspended while its old port is given back: nothing more is sent', async () => {
    const router = new Router();
    const stage = await opened(router);
    router.holds = true;
    const aborted: boolean[] = [];
    router.onHold = signal => void signal.addEventListener('abort', () => aborted.push(true));
    stage.at = { host: '0.0.0.0', port: 7000 };
    stage.service.moved();
    await stage.pass();
    stage.service.suspend();
    await stage.pass();
    expect(aborted).toEqual([true, true]);
    await stage.pass(HOUR_MS);
    expect(router.asked.slice(2)).toEqual(['unmap tcp 6881', 'unmap udp 6881']);
  });

  it('sends nothing while it is suspended, and maps again when it is back', async () => {
    const router = new Router();
    const stage = await opened(router);
    const { length } = router.asked;
    stage.service.suspend();
    await stage.pass(10 * HOUR_MS);
    expect(router.asked).toHaveLength(length);
    expect(stage.service.mapped).toEqual([]);
    stage.service.restore();
    await stage.pass();
    expect(router.asked.slice(length)).toEqual(['map tcp 6881', 'map udp 6881']);
    stage.service.restore(); // once more is nothing
    await stage.pass();
    expect(router.asked).toHaveLength(length + 2);
  });
});
