import type { PeerGroup } from '../../sim/index.js';
import {
  at,
  count,
  type Kind,
  list,
  orWord,
  rate,
  share,
  text,
  time,
  UNLIMITED,
  yes,
} from '../../values/kinds.js';
import { arrivals, departure } from './behaviour.js';
import { type FieldsOf, readByFields } from './field.js';

const section = 'Downloaders';

export const GROUP_FIELDS: FieldsOf<PeerGroup> = {
  name: {
    section,
    kind: text,
    needed: true,
    meaning: 'what reports call the group; not the name of another',
  },
  peers: {
    section,
    kind: count,
    needed: true,
    flag: '--peers <number>',
    meaning: 'downloaders, the seeds not counted; the groups of a file keep their proportions',
  },
  up: {
    section,
    kind: list(rate),
    needed: true,
    flag: '--up <rates>',
    meaning: 'upload rate of each; several, as 1MB/s,5MB/s, are dealt out in turn',
  },
  down: {
    section,
    kind: list(orWord(rate, UNLIMITED)),
    flag: '--down <rates>',
    meaning: 'download rate of each',
  },
  arrivals: {
    section,
    kind: arrivals,
    flag: '--arrivals <how>',
    meaning:
      'flash: all at the start; poisson:RATE, so many a second; or a file with a time in seconds on each line',
  },
  departure: {
    section,
    kind: departure,
    flag: '--departure <how>',
    meaning: 'once complete: stay; leave; linger:TIME; or ratio:R, having sent R times what they received',
  },
  leavers: {
    section,
    kind: share,
    flag: '--leavers <share>',
    meaning: 'as 50%: so many leave once complete, whatever the others do',
  },
  aborts: { section, kind: share, flag: '--aborts <share>', meaning: 'so many give up in the middle' },
  returns: {
    section,
    kind: share,
    flag: '--returns <share>',
    meaning: 'so many vanish in the middle and come back under another address',
  },
  awayMs: { section, kind: time, flag: '--away <time>', meaning: 'how long those are away' },
  freeRider: { section, kind: yes, meaning: 'they never upload' },
  liar: { section, kind: yes, meaning: 'they send bad data in place of blocks' },
};

/** What a group has when nothing is said and the simulator has no default. */
const GROUP_DEFAULTS = { down: [Number.POSITIVE_INFINITY] } satisfies Partial<PeerGroup>;

export const groups: Kind<readonly PeerGroup[]> = {
  says: 'a list of objects with the fields of a group',
  parse() {
    throw new RangeError('groups are said in a file');
  },
  read(value, { path, folder }) {
    if (!Array.isArray(value) || value.length === 0) throw new RangeError('must be a list of groups');
    return value.map((item, i) =>
      at({ path: `${path}[${i}]`, folder }, place => ({
        ...GROUP_DEFAULTS,
        ...readByFields(item, place, GROUP_FIELDS),
      })),
    );
  },
};
