import { describe, expect, it } from 'vitest';
import { buildScenario, DEFAULT_SCENARIO, type Order } from '../../../../src/cli/simulate/scenario.js';
import type { PeerGroup, Scenario } from '../../../../src/sim/index.js';

const [PEERS] = DEFAULT_SCENARIO.groups;
const NOTHING = { scenario: {}, group: {} };

function ofGroups(...groups: (Partial<PeerGroup> & { name: string; peers: number })[]): Scenario {
  return { ...DEFAULT_SCENARIO, groups: groups.map(group => ({ ...PEERS, ...group })) };
}

function groupsOf(order: Partial<Order>, peers?: number) {
  return buildScenario({ base: DEFAULT_SCENARIO, flags: NOTHING, ...order }, peers).groups;
}

const sizes = (groups: readonly PeerGroup[]) => groups.map(({ name, peers }) => [name, peers]);

describe('options over a scenario', () => {
  it('leave it as it is when there are none', () => {
    expect(buildScenario({ base: DEFAULT_SCENARIO, flags: NOTHING })).toEqual(DEFAULT_SCENARIO);
  });

  it('override it, those of downloaders in every group', () => {
    const base = ofGroups({ name: 'a', peers: 1, leavers: 0.5 }, { name: 'b', peers: 2 });
    const built = buildScenario({ base, flags: { scenario: { seedUp: 5 }, group: { leavers: 1 } } });
    expect(built).toEqual({
      ...base,
      seedUp: 5,
      groups: base.groups.map(group => ({ ...group, leavers: 1 })),
    });
  });

  it('scale the groups in proportion, to the peer', () => {
    const base = ofGroups({ name: 'a', peers: 1 }, { name: 'b', peers: 1 }, { name: 'c', peers: 4 });
    expect(sizes(groupsOf({ base, flags: { scenario: {}, group: { peers: 100 } } }))).toEqual([
      ['a', 17],
      ['b', 17],
      ['c', 66],
    ]);
    expect(sizes(groupsOf({ base }, 6))).toEqual(sizes(base.groups));
    expect(() => groupsOf({ base }, 2)).toThrow('2 in all leave nobody for the group "b"');
  });

  it('make free riders and liars of a share of the peers', () => {
    const groups = groupsOf({ freeRiders: 0.2, liars: 0.05 });
    expect(sizes(groups)).toEqual([
      ['peers', 75],
      ['free riders', 20],
      ['liars', 5],
    ]);
    expect(groups.map(({ freeRider, liar }) => [freeRider, liar])).toEqual([
      [undefined, undefined],
      [true, undefined],
      [undefined, true],
    ]);
    expect(sizes(groupsOf({ freeRiders: 1 }))).toEqual([['free riders', 100]]);
  });

  it('let the parts arrive as the whole did', () => {
    const poisson = ofGroups({ name: 'a', peers: 10, arrivals: { kind: 'poisson', perSecond: 5 } });
    expect(groupsOf({ base: poisson, freeRiders: 0.4 }).map(({ arrivals }) => arrivals)).toEqual([
      { kind: 'poisson', perSecond: 3 },
      { kind: 'poisson', perSecond: 2 },
    ]);
    const atMs = [0, 1, 2, 3, 4, 5, 6, 7];
    const trace = ofGroups({ name: 'a', peers: 6, arrivals: { kind: 'trace', atMs } });
    const parts = groupsOf({ base: trace, freeRiders: 1 / 3 }).map(({ arrivals }) => arrivals);
    expect(parts).toEqual([
      { kind: 'trace', atMs: [0, 2, 3, 5] },
      { kind: 'trace', atMs: [1, 4] },
    ]);
  });

  it.each<[Partial<Order>, string]>([
    [{ freeRiders: 0.001 }, 'are no free riders'],
    [{ freeRiders: 0.6, liars: 0.5 }, 'more than all peers'],
    [{ base: ofGroups({ name: 'a', peers: 9 }, { name: 'b', peers: 9 }), liars: 0.5 }, 'said in the file'],
  ])('refuse %j', (order, message) => {
    expect(() => groupsOf(order)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(message) }),
    );
  });
});
