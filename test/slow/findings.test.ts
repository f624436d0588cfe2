/** All runs of docs/swarm-science.md once more: its figures are the simulator's, and the findings follow from them. */
import { describe, expect, it } from 'vitest';
import { FINDINGS, figures, findingOf, measured } from './findings/run.js';

describe('docs/swarm-science.md', () => {
  it.each(FINDINGS)('has all figures of $name from the simulator', finding => {
    expect(measured(finding), 'run node bench/swarm/findings.mjs').toEqual(figures[finding.name]);
  });
});

/** Of the figures above. */
const conclude = (name: string) => findingOf(name).conclude(figures[name]);

describe('the findings', () => {
  it('self-scaling: 1,000 peers take less than 25 % longer than 10, client–server 100 times as long', () => {
    const { swarms, servers, growth, serverGrowth } = conclude('self-scaling');
    expect([swarms[0].peers, swarms.at(-1).peers]).toEqual([10, 1000]);
    expect([servers[0].peers, servers.at(-1).peers]).toEqual([10, 1000]);
    expect(growth).toBeLessThan(0.25);
    expect(serverGrowth).toBeCloseTo(100, 6);
  });

  it('newcomers: all 100 start within two rounds, and none without optimistic unchokes', () => {
    const { with: fed, without: starved } = conclude('newcomers');
    expect([fed.inTwoRounds, starved.inTwoRounds]).toEqual([1, 0]);
  });

  it('churn: rarest first survives when half leave, in each of 20 runs; random picking not always, and rarely with nine tenths', () => {
    const results = conclude('churn');
    expect(results['rarest first, 0.5']).toEqual({ runs: 20, survived: 20, complete: 1 });
    expect(results['random, 0.5'].survived).toBeLessThan(20);
    expect(results['random, 0.9'].survived).toBeLessThan(results['rarest first, 0.9'].survived - 4);
    expect(results['rarest first, slow seed, 0.9'].survived).toBeLessThan(
      results['rarest first, 0.9'].survived,
    );
  });

  it('free riders wait with every message on the wire too', () => {
    const { riders } = conclude('fidelities');
    expect(riders.block).toBeGreaterThan(1.1);
    expect(riders.piece).toBeGreaterThan(1.1);
  });

  it('sensitivity: of all numbers only the piece length moves the last peer by more than 5 %', () => {
    const rows: { knob: { title: string }; equal: number }[] = conclude('sensitivity');
    const spread = (isPieceLength: boolean) => {
      const values = rows
        .filter(({ knob }) => (knob.title === 'piece length') === isPieceLength)
        .map(({ equal }) => equal);
      return Math.max(...values) / Math.min(...values);
    };
    expect(spread(false)).toBeLessThan(1.05);
    expect(spread(true)).toBeGreaterThan(1.3);
  });
});
