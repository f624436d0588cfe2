import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../../../src/cli/simulate/scenario-file.js';

let dir: string;
let path: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-scenario-'));
  path = join(dir, 'scenario.json');
  writeFileSync(join(dir, 'arrivals.txt'), '0\n1.5\n\n 20 \n');
  writeFileSync(join(dir, 'wrong.txt'), '0\nsoon\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const GROUP = { name: 'peers', peers: 3, up: 1000 };
const LEAST = { fileBytes: 1000, seedUp: 1000, groups: [GROUP] };

function parse(scenario: unknown) {
  return parseScenario(typeof scenario === 'string' ? scenario : JSON.stringify(scenario), path);
}

function withGroup(fields: object) {
  return { ...LEAST, groups: [{ ...GROUP, ...fields }] };
}

describe('scenario file', () => {
  it('takes numbers in the base unit', () => {
    const scenario = {
      ...LEAST,
      pieceLength: 16384,
      reviewMs: 10_000,
      slots: 5,
      superSeeding: false,
      seed: 7,
    };
    expect(parse(scenario)).toEqual({
      ...scenario,
      groups: [{ ...GROUP, up: [1000], down: [Number.POSITIVE_INFINITY] }],
    });
  });

  it('takes text with units and words', () => {
    expect(
      parse({
        fileBytes: '64MiB',
        pieceLength: '1MiB',
        seedUp: '2MB/s',
        slots: 'all',
        reviewMs: '5s',
        optimisticMs: '0ms',
        latencyMs: '1.5s',
        limitMs: '60d',
        profile: 'cluster',
        picker: 'sequential',
        uplink: 'fair',
        seedLeaves: 'after-one-copy',
        fidelity: 'block',
        groups: [
          {
            ...GROUP,
            up: ['1MB/s', 500],
            down: ['8MB', 'unlimited'],
            leavers: '12.5%',
            aborts: 0.1,
            awayMs: '2min',
            liar: true,
            departure: { kind: 'linger', forMs: '60s', ratio: 1.5 },
          },
          {
            ...GROUP,
            name: 'others',
            arrivals: { kind: 'poisson', perSecond: 2.5 },
            departure: { kind: 'leave' },
          },
        ],
      }),
    ).toEqual({
      fileBytes: 64 * 2 ** 20,
      pieceLength: 2 ** 20,
      seedUp: 2e6,
      slots: Number.POSITIVE_INFINITY,
      reviewMs: 5000,
      optimisticMs: 0,
      latencyMs: 1500,
      limitMs: 60 * 86_400_000,
      profile: 'cluster',
      picker: 'sequential',
      uplink: 'fair',
      seedLeaves: 'after-one-copy',
      fidelity: 'block',
      groups: [
        {
          ...GROUP,
          up: [1e6, 500],
          down: [8e6, Number.POSITIVE_INFINITY],
          leavers: 0.125,
          aborts: 0.1,
          awayMs: 120_000,
          liar: true,
          departure: { kind: 'linger', forMs: 60_000, ratio: 1.5 },
        },
        {
          ...GROUP,
          name: 'others',
          up: [1000],
          down: [Number.POSITIVE_INFINITY],
          arrivals: { kind: 'poisson', perSecond: 2.5 },
          departure: { kind: 'leave' },
        },
      ],
    });
  });

  it('reads arrivals from a file beside it, or a list', () => {
    const arrivalsOf = (arrivals: object) => parse(withGroup({ arrivals })).groups[0].arrivals;
    const trace = { kind: 'trace', atMs: [0, 1500, 20_000] };
    expect(arrivalsOf({ kind: 'trace', file: 'arrivals.txt' })).toEqual(trace);
    expect(arrivalsOf({ kind: 'trace', atMs: [0, '1.5s', 20_000] })).toEqual(trace);
    expect(() => arrivalsOf({ kind: 'trace', file: 'none.txt' })).toThrow(/ENOENT.*none\.txt/);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{ "fileBytes": 1, }', 'JSON'],
    ['no object', [], '[] is not an object'],
    ['null', 'null', 'null is not an object'],
    ['an unknown key', { ...LEAST, pieceLenght: 1 }, 'pieceLenght: unknown, must be fileBytes, pieceLength'],
    ['an inherited key', '{ "__proto__": {} }', '__proto__: unknown'],
    ['a missing size', { ...LEAST, fileBytes: undefined }, '"fileBytes" is missing'],
    ['a missing upload of the seeds', { ...LEAST, seedUp: undefined }, '"seedUp" is missing'],
    ['missing groups', { ...LEAST, groups: undefined }, '"groups" is missing'],
    ['a size without sense', { ...LEAST, fileBytes: true }, 'fileBytes: true is neither a number nor text'],
    ['bits', { ...LEAST, seedUp: '10Mb/s' }, "seedUp: '10Mb' ends in b, which means bits"],
    ['null for a number', { ...LEAST, seeds: null }, 'seeds: null is not a number'],
    ['text for a number', { ...LEAST, seed: '7' }, 'seed: "7" is not a number'],
    ['text for yes', { ...LEAST, superSeeding: 'yes' }, 'superSeeding: "yes" is neither true nor false'],
    ['a time without a unit', { ...LEAST, reviewMs: '10' }, 'reviewMs: "10" has no unit: write "10s"'],
    [
      'an unknown profile',
      { ...LEAST, profile: 'seedbox' },
      'profile: "seedbox" is none of classic, cluster',
    ],
    ['an unknown picker', { ...LEAST, picker: 1 }, 'picker: 1 is none of rarest, random, sequential'],
    ['unknown slots', { ...LEAST, slots: 'none' }, 'slots: "none" is not a number'],
    ['no list of groups', { ...LEAST, groups: GROUP }, 'groups: must be a list of groups'],
    ['no groups', { ...LEAST, groups: [] }, 'groups: must be a list of groups'],
    ['a group that is none', { ...LEAST, groups: [GROUP, 5] }, 'groups[1]: 5 is not an object'],
    [
      'an unknown key of a group',
      withGroup({ upload: 1 }),
      'groups[0].upload: unknown, must be name, peers, up',
    ],
    ['a group without a name', withGroup({ name: undefined }), 'groups[0]: "name" is missing'],
    ['an empty name', withGroup({ name: '' }), 'groups[0].name: "" is not text'],
    ['a group of nobody', withGroup({ peers: undefined }), 'groups[0]: "peers" is missing'],
    ['a group without upload', withGroup({ up: undefined }), 'groups[0]: "up" is missing'],
    ['a wrong rate in a list', withGroup({ up: [1, '2 MB/h'] }), "groups[0].up[1]: '2 MB/h' is not a size"],
    ['a share above all', withGroup({ leavers: '150%' }), "groups[0].leavers: '150%' is not a share"],
    ['a share of nonsense', withGroup({ aborts: 'some' }), "groups[0].aborts: 'some' is not a share"],
    [
      'arrivals without a kind',
      withGroup({ arrivals: 'flash' }),
      'groups[0].arrivals: needs a "kind", one of flash, poisson, trace',
    ],
    ['arrivals of null', withGroup({ arrivals: null }), 'groups[0].arrivals: needs a "kind"'],
    [
      'poisson without a rate',
      withGroup({ arrivals: { kind: 'poisson' } }),
      'groups[0].arrivals: poisson needs "perSecond"',
    ],
    [
      'a field of another kind of arrivals',
      withGroup({ arrivals: { kind: 'flash', perSecond: 1 } }),
      'groups[0].arrivals.perSecond: unknown, must be kind',
    ],
    ['a trace of nothing', withGroup({ arrivals: { kind: 'trace' } }), 'trace needs "file" or "atMs"'],
    [
      'a trace of both',
      withGroup({ arrivals: { kind: 'trace', file: 'arrivals.txt', atMs: [] } }),
      'trace needs "file" or "atMs", one of them',
    ],
    [
      'a wrong time in a trace',
      withGroup({ arrivals: { kind: 'trace', file: 'wrong.txt' } }),
      'groups[0].arrivals.file: wrong.txt, line 2: "soon" is not a time in seconds',
    ],
    [
      'an unknown departure',
      withGroup({ departure: { kind: 'flee' } }),
      'groups[0].departure: needs a "kind", one of stay',
    ],
    [
      'an unknown key of a departure',
      withGroup({ departure: { kind: 'linger', forSeconds: 60 } }),
      'groups[0].departure.forSeconds: unknown, must be kind, forMs, ratio',
    ],
  ])('refuses %s', (_, scenario, message) => {
    expect(() => parse(scenario)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(message) }),
    );
    expect(() => parse(scenario)).toThrow(path);
  });
});
