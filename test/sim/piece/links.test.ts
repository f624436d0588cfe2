/** Rates that can be worked out by hand, and for random links what holds whatever the rates are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Downloads, FLOW, Flows } from '../../../src/sim/piece/flow.js';
import { Links, type UplinkOrder } from '../../../src/sim/piece/links.js';

const MOST_FLOWS = 400;
const BYTES = 1000;

interface Rates {
  up: number;
  down: number;
}

/** Peers by number, and flows that know their edges. */
class Net {
  readonly links: Links;
  readonly flows = new Flows();
  readonly downloads = new Downloads();
  #edges = 0;

  constructor(
    readonly peers: readonly Rates[],
    order: UplinkOrder,
  ) {
    this.links = new Links(
      Float64Array.from(peers, peer => peer.up),
      Float64Array.from(peers, peer => peer.down),
      new Float64Array(MOST_FLOWS),
      this.flows,
      this.downloads,
      order,
    );
  }

  download(to: number, bytes = BYTES): number {
    return this.downloads.begin(to, 0, bytes);
  }

  flow(from: number, to: number, nowMs = 0, download = this.download(to)): number {
    const flow = this.flows.begin(from, to, this.#edges++, download);
    this.links.add(flow, nowMs);
    return flow;
  }

  rate(flow: number): number {
    return this.flows.real[FLOW.width * flow + FLOW.rate];
  }

  offer(flow: number): number {
    return this.flows.real[FLOW.width * flow + FLOW.offer];
  }

  rates(flows: readonly number[]): number[] {
    return flows.map(flow => this.rate(flow));
  }
}

const wide = Number.POSITIVE_INFINITY;
const fast = { up: 100, down: wide };

describe('rates by hand', () => {
  it('an uplink is divided equally, and what a slow receiver cannot take goes to the others', () => {
    const net = new Net([fast, { up: 1, down: 10 }, fast, fast, fast], 'fair');
    const flows = [1, 2, 3, 4].map(to => net.flow(0, to));
    net.links.settle(0);
    expect(net.rates(flows)).toEqual([10, 30, 30, 30]);
  });

  it('in turns, the head of the queue has the uplink, and the next one what its receiver cannot take', () => {
    const net = new Net([fast, { up: 1, down: 30 }, fast, fast], 'turns');
    const [first, second, third] = [1, 2, 3].map(to => net.flow(0, to));
    net.links.settle(0);
    expect(net.rates([first, second, third])).toEqual([30, 70, 0]);
    net.links.remove(first, 5);
    net.links.settle(5);
    expect(net.rates([second, third])).toEqual([100, 0]);
    net.links.remove(second, 6);
    net.links.settle(6);
    expect(net.rate(third)).toBe(100);
    expect([...net.links.receivedBytes]).toEqual([0, 150, 450, 0]);
  });

  for (const order of ['fair', 'turns'] as const)
    it(`a downlink is divided equally among those that could bring more (${order})`, () => {
      const net = new Net([{ up: 10, down: wide }, fast, fast, { up: 1, down: 60 }, fast], order);
      const flows = [0, 1, 2].map(from => net.flow(from, 3));
      net.links.settle(0);
      expect(net.rates(flows)).toEqual([10, 25, 25]);
      const other = net.flow(1, 4);
      net.links.settle(1);
      // fair: half of the uplink is more than the 25 that the downlink takes
      expect(net.rates([...flows, other])).toEqual([10, 25, 25, 75]);
      net.links.remove(flows[2], 2);
      net.links.settle(2);
      expect(net.rates([flows[0], flows[1], other])).toEqual([10, 50, 50]);
    });

  it('a piece is complete when all that bring it have brought the whole of it', () => {
    const net = new Net([fast, { up: 50, down: wide }, fast], 'fair');
    const download = net.download(2, 3000);
    net.flow(0, 2, 0, download);
    net.links.settle(0);
    expect(net.links.due.nextMs).toBe(30);
    const helper = net.flow(1, 2, 10, download);
    net.links.settle(10);
    expect(net.links.due.nextMs).toBeCloseTo(10 + 2000 / 150, 9);
    net.links.remove(helper, 20);
    net.links.settle(20);
    expect(net.links.due.nextMs).toBeCloseTo(25, 9);
    net.links.finish(download, net.links.due.nextMs);
    expect([...net.links.sentBytes]).toEqual([2500, 500, 0]);
    expect(net.links.receivedBytes[2]).toBe(3000);
    expect(net.links.due.size).toBe(0);
  });

  it('a piece that is through counts whole, whatever rounding has left of it', () => {
    const net = new Net([fast, fast], 'turns');
    const download = net.download(1);
    net.flow(0, 1, 0, download);
    net.links.settle(0);
    net.links.finish(download, net.links.due.nextMs - 0.25);
    expect([net.links.sentBytes[0], net.links.receivedBytes[1]]).toEqual([BYTES, BYTES]);
  });

  it('a download that nobody brings now has no deadline, and goes on where it was', () => {
    const net = new Net([fast, fast, fast], 'turns');
    const download = net.download(2);
    const flow = net.flow(0, 2, 0, download);
    net.links.settle(0);
    net.links.remove(flow, 4);
    net.links.settle(4);
    expect(net.links.due.size).toBe(0);
    expect(net.downloads.remainingBytes(download)).toBe(600);
    net.flow(1, 2, 100, download);
    net.links.settle(100);
    expect(net.links.due.nextMs).toBe(106);
  });
});

const rate = fc.constantFrom(1, 3, 10, 25.5, 100);
const peer = fc.record({ up: rate, down: fc.oneof(rate, fc.constant(wide)) });
const step = fc.record({
  from: fc.nat(11),
  to: fc.nat(11),
  /** Begins a piece of its own, or helps with one under way. */
  joins: fc.boolean(),
  /** One that runs is cut instead, by its place. */
  cuts: fc.option(fc.nat(30), { freq: 4 }),
  /** The moment ends after it, and so much time passes. */
  afterMs: fc.constantFrom(0, 0, 1, 7.25),
});
const plan = fc.record({
  peers: fc.array(peer, { minLength: 2, maxLength: 12 }),
  steps: fc.array(step, { maxLength: 60 }),
  order: fc.constantFrom<UplinkOrder>('fair', 'turns'),
});

const total = (bytes: Float64Array) => bytes.reduce((sum, each) => sum + each, 0);

/** No link is above its rate, and no uplink has something left while all its flows could take more. */
function expectUsed(net: Net): void {
  const { links, peers } = net;
  links.check();
  for (let sender = 0; sender < peers.length; sender++) {
    const flows = links.out.of(sender);
    const used = flows.reduce((sum, flow) => sum + net.rate(flow), 0);
    if (flows.length > 0 && used < peers[sender].up * (1 - 1e-9))
      expect(flows.some(flow => net.rate(flow) < net.offer(flow))).toBe(true);
  }
}

it('random links: none above its rate, none idle for nothing, and every byte that is sent is received', () => {
  fc.assert(
    fc.property(plan, ({ peers, steps, order }) => {
      const net = new Net(peers, order);
      const { links, downloads } = net;
      const running: number[] = [];
      const wanted = new Float64Array(peers.length);
      let nowMs = 0;
      const passTo = (untilMs: number) => {
        links.settle(nowMs);
        expectUsed(net);
        while (links.due.nextMs <= untilMs) {
          nowMs = Math.max(nowMs, links.due.nextMs);
          const download = links.due.next;
          for (const flow of downloads.flows.of(download)) running.splice(running.indexOf(flow), 1);
          links.finish(download, nowMs);
          wanted[downloads.peerOf(download)] += BYTES;
          links.settle(nowMs);
          expectUsed(net);
        }
        nowMs = Math.max(nowMs, Math.min(untilMs, Number.MAX_VALUE));
      };
      for (const { from, to, joins, cuts, afterMs } of steps) {
        const sender = from % peers.length;
        const receiver = to % peers.length;
        if (cuts !== null && cuts < running.length) {
          const [flow] = running.splice(cuts, 1);
          links.remove(flow, nowMs);
          const download = net.flows.downloadOf(flow);
          if (downloads.flowsOf(download) === 0)
            wanted[downloads.peerOf(download)] += BYTES - downloads.unbookedBytes(download);
        } else if (sender !== receiver) {
          const [first] = links.in.of(receiver);
          const open = joins && first !== undefined ? net.flows.downloadOf(first) : undefined;
          running.push(net.flow(sender, receiver, nowMs, open));
        }
        if (afterMs > 0) passTo(nowMs + afterMs);
      }
      passTo(Number.MAX_VALUE);
      expect(running).toEqual([]);
      expect(total(links.sentBytes)).toBeCloseTo(total(links.receivedBytes), 6);
      for (let i = 0; i < peers.length; i++) expect(links.receivedBytes[i]).toBeCloseTo(wanted[i], 6);
    }),
    { numRuns: 300 },
  );
});
