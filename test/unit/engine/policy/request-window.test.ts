import { describe, expect, it } from 'vitest';
import { RequestWindow, type RequestWindowOptions } from '../../../../src/engine/policy/request-window.js';

const BLOCK = 16 * 1024;
const GENEROUS: RequestWindowOptions = { reqq: 20_000, max: 20_000 };

interface Link {
  /** Bytes a second and round trip at a time. */
  rate: (ms: number) => number;
  rttMs: (ms: number) => number;
  /** The sender looks at its requests only every so often. */
  tickMs?: number;
}

/** One peer that answers in order over one bottleneck; the downloader always has something to ask for. */
class Pipe {
  nowMs = 0;
  lastBlockMs = 0;
  readonly window: RequestWindow;
  readonly #link: Link;
  readonly #sent: number[] = [];
  readonly #arrivals: number[] = [];
  #head = 0;
  #free = 0;

  constructor(link: Link, options: RequestWindowOptions = GENEROUS) {
    this.#link = link;
    this.window = new RequestWindow(options);
  }

  get outstanding(): number {
    return this.#sent.length - this.#head;
  }

  /** Share of the bottleneck that was used until `untilMs`. */
  run(untilMs: number): number {
    const fromMs = this.nowMs;
    let used = 0;
    this.#request();
    while (this.#arrivals[this.#head] <= untilMs) {
      this.nowMs = this.lastBlockMs = this.#arrivals[this.#head];
      used += BLOCK / this.#link.rate(this.nowMs);
      this.window.blockReceived(BLOCK, this.nowMs - this.#sent[this.#head++], this.nowMs);
      this.#request();
    }
    this.nowMs = untilMs;
    return (used * 1000) / (untilMs - fromMs);
  }

  /** Share of the time until `untilMs` in which the window was told to be short. */
  shortUntil(untilMs: number): number {
    let [short, looks] = [0, 0];
    while (this.nowMs < untilMs) {
      this.run(this.nowMs + 10);
      looks++;
      if (this.window.isShort(this.nowMs - this.lastBlockMs)) short++;
    }
    return short / looks;
  }

  #request(): void {
    const { rate, rttMs, tickMs } = this.#link;
    while (this.outstanding < this.window.size) {
      let arrivesMs = this.nowMs + rttMs(this.nowMs) / 2;
      if (tickMs) arrivesMs = Math.ceil(arrivesMs / tickMs) * tickMs;
      this.#free = Math.max(this.#free, arrivesMs) + (BLOCK * 1000) / rate(this.nowMs);
      this.#sent.push(this.nowMs);
      this.#arrivals.push(this.#free + rttMs(this.nowMs) / 2);
    }
  }
}

const steady = (rate: number, rttMs: number, tickMs?: number): Link => ({
  rate: () => rate,
  rttMs: () => rttMs,
  tickMs,
});
/** Blocks that the pipe itself holds. */
const pipeBlocks = (rate: number, rttMs: number) => (rate * rttMs) / 1000 / BLOCK;

describe('RequestWindow', () => {
  it('starts at 4 and grows by 1 a block', () => {
    const window = new RequestWindow();
    expect(window.size).toBe(4);
    window.blockReceived(BLOCK, 5, 5);
    window.blockReceived(BLOCK, 5, 6);
    expect(window.size).toBe(6);
  });

  for (const rate of [100e3, 10e6, 600e6]) {
    for (const rttMs of [0.1, 10, 200]) {
      it(`keeps a link of ${rate / 1e6} MB/s and ${rttMs} ms busy, probes included, without a long queue`, () => {
        const pipe = new Pipe(steady(rate, rttMs));
        pipe.run(5000);
        expect(pipe.run(30_000)).toBeGreaterThan(0.95);
        // Twice the pipe and 20 ms; the block's own time on the link is part of the round trip.
        const blockMs = (BLOCK * 1000) / rate;
        expect(pipe.window.size).toBeLessThanOrEqual(2.6 * pipeBlocks(rate, rttMs + blockMs + 20) + 8);
      });
    }
  }

  it('reaches several hundred blocks within 200 ms at loopback speed', () => {
    const pipe = new Pipe(steady(600e6, 0.1), { reqq: 2000 });
    pipe.run(200);
    expect(pipe.window.size).toBeGreaterThan(300);
    pipe.run(3000);
    expect(pipe.window.size).toBeGreaterThan(300);
    expect(pipe.window.size).toBeLessThan(2000);
  });

  it('fills the pipe within two seconds even at 10 MB/s over 200 ms', () => {
    const pipe = new Pipe(steady(10e6, 200));
    pipe.run(2000);
    expect(pipe.run(4000)).toBeGreaterThan(0.9);
  });

  it('follows the rate down within two probes, so that the queue does not stand', () => {
    const pipe = new Pipe({ rate: ms => (ms < 10_000 ? 10e6 : 1e6), rttMs: () => 20 });
    pipe.run(10_000);
    const before = pipe.window.size;
    pipe.run(35_000);
    expect(pipe.window.size).toBeLessThan(before / 3);
    expect(pipe.run(60_000)).toBeGreaterThan(0.95);
  });

  it('follows the rate up', () => {
    const pipe = new Pipe({ rate: ms => (ms < 10_000 ? 1e6 : 50e6), rttMs: () => 20 });
    pipe.run(12_000);
    expect(pipe.run(30_000)).toBeGreaterThan(0.95);
  });

  it('does not collapse when the path becomes ten times longer', () => {
    const pipe = new Pipe({ rate: () => 10e6, rttMs: ms => (ms < 4000 ? 20 : 200) });
    pipe.run(6000);
    // Until the next probe the old window goes round the longer path; it must not follow the rate down.
    expect(pipe.run(9500)).toBeGreaterThan(0.25);
    pipe.run(25_000);
    expect(pipe.run(60_000)).toBeGreaterThan(0.95);
  });

  it('keeps a sender busy that serves in ticks of 250 ms', () => {
    const pipe = new Pipe(steady(5e6, 2, 250));
    pipe.run(10_000);
    expect(pipe.run(60_000)).toBeGreaterThan(0.9);
  });

  it('starts over after a snub', () => {
    const pipe = new Pipe(steady(10e6, 20));
    pipe.run(5000);
    const size = pipe.window.size;
    pipe.window.snub();
    pipe.run(6000);
    expect(pipe.outstanding).toBe(1);
    pipe.window.unsnub();
    expect(pipe.window.size).toBe(4);
    pipe.run(9000);
    expect(pipe.window.size).toBeGreaterThan(size / 2);
  });

  it('does not count a pause of ours as a slow peer', () => {
    const window = new RequestWindow(GENEROUS);
    let nowMs = 0;
    // 20 blocks every 20 ms, each asked for 20 ms before, later with a minute between two bursts.
    const burst = () => {
      nowMs += 20;
      for (let i = 0; i < 20; i++) window.blockReceived(BLOCK, 20, nowMs);
    };
    for (let i = 0; i < 200; i++) burst();
    const size = window.size;
    const sizes: number[] = [];
    for (let i = 0; i < 50; i++) {
      nowMs += 60_000;
      burst();
      sizes.push(window.size);
    }
    // Every few of these rounds are a probe, with a small window.
    expect(Math.max(...sizes.slice(-4))).toBeGreaterThan(size / 3);
  });

  it('gets out of a probe when each window is answered in one chunk and asked for a moment later', () => {
    for (const [rttMs, pauseMs] of [
      [0.2, 0.1],
      [0, 1],
      [0, 50],
    ]) {
      const window = new RequestWindow(GENEROUS);
      let nowMs = 0;
      let smallest = 0;
      for (let i = 0; i < 2000; i++) {
        nowMs += rttMs + pauseMs;
        const asked = Math.min(window.size, 100);
        for (let j = 0; j < asked; j++) window.blockReceived(BLOCK, rttMs, nowMs);
        smallest = window.size <= 2 ? smallest + 1 : 0;
        expect(smallest).toBeLessThan(500);
      }
      expect(window.size).toBeGreaterThan(20);
    }
  });

  it('never asks for more than the peer takes, nor more than max', () => {
    const pipe = new Pipe(steady(100e6, 100), { reqq: 50 });
    pipe.run(2000);
    expect(pipe.window.size).toBe(50);
    pipe.window.setReqq(100_000);
    pipe.run(10_000);
    expect(pipe.window.size).toBeLessThanOrEqual(2000);
    expect(pipe.window.size).toBeGreaterThan(600);
    pipe.window.setReqq(1);
    expect(pipe.window.size).toBe(1);
  });

  it('is 1 while snubbed, and at least 2 else, on the slowest link too', () => {
    const pipe = new Pipe(steady(2000, 1));
    pipe.run(120_000);
    expect(pipe.window.size).toBeGreaterThanOrEqual(2);
    expect(pipe.window.size).toBeLessThan(12);
    pipe.window.snub();
    expect(pipe.window.size).toBe(1);
    expect(pipe.window.snubbed).toBe(true);
  });

  it.each([
    [100e6, 100, 50],
    [100e6, 20, 1],
    [1e6, 50, 1],
  ])('is short where the peer takes too few: %d B/s, %d ms, reqq %d', (rate, rttMs, reqq) => {
    const pipe = new Pipe(steady(rate, rttMs), { reqq });
    pipe.run(1000);
    expect(pipe.shortUntil(30_000)).toBeGreaterThan(0.9);
  });

  it('is short in slow start, until the link is busy', () => {
    const pipe = new Pipe(steady(10e6, 200));
    expect(pipe.shortUntil(200)).toBe(0); // nothing has come back
    expect(pipe.shortUntil(800)).toBeGreaterThan(0.9);
  });

  for (const rate of [10e3, 100e3, 10e6, 600e6])
    for (const rttMs of [1, 10, 200])
      it(`is not short when it keeps a link of ${rate / 1e6} MB/s and ${rttMs} ms busy`, () => {
        const pipe = new Pipe(steady(rate, rttMs));
        pipe.run(5000);
        expect(pipe.shortUntil(60_000)).toBe(0);
      });

  it('is not short when a peer stops to answer', () => {
    const pipe = new Pipe(steady(100e6, 100), { reqq: 50 });
    pipe.run(5000);
    expect(pipe.window.isShort(0)).toBe(true);
    expect(pipe.window.isShort(1000)).toBe(false);
  });

  it('is deterministic and finite when blocks share a time stamp or time stands still', () => {
    const window = new RequestWindow();
    for (let i = 0; i < 1000; i++) window.blockReceived(BLOCK, 0, 7);
    for (let i = 0; i < 1000; i++) window.blockReceived(BLOCK, 5, 7 + i);
    expect(Number.isInteger(window.size)).toBe(true);
    expect(window.size).toBeGreaterThanOrEqual(2);
  });
});
