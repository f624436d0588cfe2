import { PROFILES, type ProfileName, type Scenario } from '../../sim/index.js';
import { count, oneOf, orWord, rate, size, time, yes } from '../../values/kinds.js';
import type { FieldsOf } from './field.js';
import { groups } from './group-fields.js';

const profiles = Object.keys(PROFILES) as ProfileName[];

/** All that a scenario can say besides its groups: file, command line, help and documentation are made from it. */
export const SCENARIO_FIELDS: FieldsOf<Scenario> = {
  fileBytes: {
    section: 'What is shared',
    kind: size,
    needed: true,
    flag: '--size <size>',
    meaning: 'size of the file',
  },
  pieceLength: {
    section: 'What is shared',
    kind: size,
    flag: '--piece-length <size>',
    meaning: 'size of its pieces',
  },
  groups: { section: 'Downloaders', kind: groups, needed: true, meaning: 'the downloaders, by kind' },
  seeds: {
    section: 'Seeds',
    kind: count,
    flag: '--seeds <number>',
    meaning: 'peers that have the file from the start',
  },
  seedUp: {
    section: 'Seeds',
    kind: rate,
    needed: true,
    flag: '--seed-up <rate>',
    meaning: 'upload rate of each seed',
  },
  seedLeaves: {
    section: 'Seeds',
    kind: oneOf('never', 'after-one-copy'),
    flag: '--seed-leaves <when>',
    meaning: 'never, or after-one-copy: as soon as each piece is at a downloader',
  },
  superSeeding: {
    section: 'Seeds',
    kind: yes,
    flag: '--super-seed',
    meaning: 'send no piece twice until all have been sent',
  },
  profile: {
    section: 'Rules',
    kind: oneOf(...profiles),
    flag: '--profile <name>',
    meaning: `${profiles.join(', ')}: sets what the options below change`,
  },
  slots: {
    section: 'Rules',
    kind: orWord(count, 'all'),
    flag: '--slots <number>',
    meaning: 'neighbours that a peer uploads to at once; or all',
  },
  reviewMs: {
    section: 'Rules',
    kind: time,
    flag: '--review <time>',
    meaning: 'how often it reviews which',
  },
  optimisticMs: {
    section: 'Rules',
    kind: time,
    flag: '--optimistic <time>',
    meaning: 'how often it draws one more by lot; 0 is never',
  },
  neighbours: {
    section: 'Rules',
    kind: count,
    flag: '--neighbours <number>',
    meaning: 'connections of a peer, on average',
  },
  picker: {
    section: 'Rules',
    kind: oneOf('rarest', 'random', 'sequential'),
    flag: '--picker <name>',
    meaning: 'which piece to fetch next: rarest, random, sequential',
  },
  uplink: {
    section: 'Rules',
    kind: oneOf('turns', 'fair'),
    flag: '--uplink <how>',
    meaning: 'turns: one piece after another; fair: all at once',
  },
  latencyMs: {
    section: 'Rules',
    kind: time,
    flag: '--latency <time>',
    meaning: 'one way, between any two peers',
  },
  fidelity: {
    section: 'Run',
    kind: oneOf('piece', 'block'),
    flag: '--fidelity <name>',
    meaning: 'piece: a flow for each piece, for large swarms; block: every message on the wire',
  },
  seed: {
    section: 'Run',
    kind: count,
    flag: '--seed <number>',
    meaning: 'decides all luck: the same number, the same report',
  },
  limitMs: {
    section: 'Run',
    kind: time,
    flag: '--limit <time>',
    meaning: 'virtual time after which the run ends, done or not',
  },
};
