import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { parseOptions } = await loadBench('swarm/options.mjs');
const { OVERHEAD, shape, tokenBucket } = await loadBench('swarm/shaping.mjs');
const { boundOf, capacitiesOf, resultOf } = await loadBench('swarm/report.mjs');

describe('options of the swarm over namespaces', () => {
  it('cycles lists of rates, and hands on what is for the peers', () => {
    const { scenario, json } = parseOptions([
      ...['--leechers', '3', '--up', '2MB/s,500KB/s', '--down', '0', '--profile', 'cluster', '--json'],
      ...['--', '--slots', '4'],
    ]);
    expect(json).toBe(true);
    expect(scenario).toMatchObject({
      size: 64 * 2 ** 20,
      seedUp: 2e6,
      ups: [2e6, 5e5, 2e6],
      seedDown: 0,
      downs: [0, 0, 0],
      peerArgs: ['--profile', 'cluster', '--slots', '4'],
    });
    expect(parseOptions([]).scenario).toMatchObject({ peerArgs: [], delayMs: 0 });
    expect(parseOptions([]).scenario.ups).toHaveLength(16);
  });

  it.each([
    [['--up', '0'], /--up is 0/],
    [['--up', '2MB/s,'], /'' is not a size/],
    [['--seed-up', '0'], /--seed-up is 0/],
    [['--leechers', '0'], /from 1 to 200/],
    [['--slots', '4'], /--slots/],
    [['file'], /file/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });
});

describe('shaping', () => {
  it('makes room for headers: 1448 bytes of a frame of 1514 are payload', () => {
    expect(OVERHEAD).toBe(1514 / 1448);
    expect(tokenBucket(1_448_000)).toBe('tbf rate 12112000bit burst 30280 limit 181680');
  });

  it('leaves a slow link room for whole packets', () => {
    expect(tokenBucket(1448)).toBe('tbf rate 12112bit burst 3028 limit 18168');
  });

  it('delays behind the bucket, or alone', () => {
    expect(shape('eth0', { rate: 0 })).toEqual([]);
    expect(shape('eth0', { rate: 0, delayMs: 5 })).toEqual([
      'qdisc add dev eth0 root netem delay 5ms limit 100000',
    ]);
    expect(shape('eth0', { rate: 1448, delayMs: 5 })).toEqual([
      `qdisc add dev eth0 root handle 1: ${tokenBucket(1448)}`,
      'qdisc add dev eth0 parent 1:1 netem delay 5ms limit 100000',
    ]);
  });
});

describe('result', () => {
  const scenario = { size: 1000, pieceLength: 100, seedUp: 100, ups: [100, 300], downs: [0, 500] };
  const outcome = {
    seed: { uploaded: 1500 },
    finishes: [
      { id: 'peer1', seconds: 12 },
      { id: 'peer2', seconds: 14 },
    ],
    cpu: {},
    wire: {},
  };

  it('computes the bounds from what the links can do', () => {
    expect(capacitiesOf(scenario)).toMatchObject({ seedUp: 100, up: [100, 300], down: 500 });
    expect(boundOf(scenario)).toMatchObject({ clientServer: 20, peerToPeer: 10 });
  });

  it('is right only when every byte is', () => {
    const same = new Map([
      ['peer1', true],
      ['peer2', false],
    ]);
    expect(resultOf(scenario, outcome, same)).toMatchObject({
      peers: [
        { id: 'peer1', ok: true },
        { id: 'peer2', ok: false, error: 'SHA-256 differs' },
      ],
      median: 13,
      last: 14,
    });
  });

  it('has no times when somebody did not finish', () => {
    const finishes = [outcome.finishes[0], { id: 'peer2', error: 'gone' }];
    const { peers, median, p90, last } = resultOf(
      scenario,
      { ...outcome, finishes },
      new Map([['peer1', true]]),
    );
    expect(peers[1]).toMatchObject({ ok: false, error: 'gone' });
    expect([median, p90, last]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});
