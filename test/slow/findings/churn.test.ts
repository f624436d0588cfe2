/** Finding 4: the seed leaves after one copy, peers leave when they are complete. */
import { describe, expect, it } from 'vitest';
import { type Case, findingOf, measured, run } from './run.js';

const SEEDS = 6;
/** Of so many swarms with random picking and nine tenths leaving, eight died on 2026-11-22. */
const MANY_SEEDS = 20;
const PEERS = 30;
const finding = findingOf('churn');
const of = (name: string, seeds = SEEDS) => measured(finding, { seeds, names: [name] })[name];

describe('peers leave when they are complete', () => {
  it.each(['half', 'nine tenths'])(
    '%s, rarest first: the swarm survives every time, and everybody is complete',
    part => {
      const leavers = part === 'half' ? 0.5 : 0.9;
      for (const { survived, complete } of of(`rarest first, ${leavers}`)) {
        expect(survived).toBe(true);
        expect(complete).toBe(PEERS);
      }
    },
  );

  it('nine tenths, random picking: swarms die, and most of their peers are not complete', () => {
    const dead = of('random, 0.9', MANY_SEEDS).filter(({ survived }) => !survived);
    expect(dead.length).toBeGreaterThanOrEqual(3);
    for (const { complete } of dead) expect(complete).toBeLessThan(PEERS);
    expect(dead.reduce((sum, { complete }) => sum + complete, 0)).toBeLessThan((dead.length * PEERS) / 2);
  });
});

it('all leave: the last one stays behind', () => {
  for (const { survived, complete } of of('rarest first, 1')) {
    expect(survived).toBe(false);
    expect(complete).toBe(PEERS - 1);
  }
});

it('the report says which piece died, and when', () => {
  const { scenario } = finding.cases.find(({ name }: Case) => name === 'random, 0.9')!;
  const seed = 1 + of('random, 0.9', MANY_SEEDS).findIndex(({ survived }) => !survived);
  const { lost, peers, survived } = run({ ...scenario, seed });
  expect(survived).toBe(false);
  const [{ seconds }] = lost;
  // its last holder was complete and left in that moment
  expect(peers.map(peer => peer.seconds)).toContain(seconds);
  // nothing was lost a moment before, and a moment later all that died with it
  expect(run({ ...scenario, seed, limitMs: 1000 * seconds - 1 }).lost).toEqual([]);
  expect(run({ ...scenario, seed, limitMs: 1000 * seconds + 1 }).lost).toEqual(
    lost.filter(one => one.seconds === seconds),
  );
});
