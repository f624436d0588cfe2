import type { InfoHash } from '../../files.js';

/** Which rule of the session holds for a torrent: that of the session, its own, or none. */
export type LimitMode = 'session' | 'own' | 'none';

/** A limit that can be off and keeps its number. */
export interface Switchable {
  readonly on: boolean;
  readonly value: number;
}

/**
 * What the daemon remembers of a torrent, besides its .torrent and the resume data of the engine. Plain data, one line of
 * the journal; a record is replaced, never changed. Times are seconds since 1970, 0 is never.
 */
export interface TorrentRecord {
  readonly infoHash: InfoHash;
  readonly name: string;
  /** Bytes; for the time in which its .torrent cannot be read. */
  readonly length: number;
  /** The link that it was added by, until peers have told what is in it. */
  readonly magnet?: string;
  /** Where it is to be when it is complete. */
  readonly dir: string;
  /** Where it is now, when that is another folder. */
  readonly incompleteDir?: string;
  /** Where it is being moved. After a crash its files may be there already. */
  readonly movingTo?: string;
  readonly addedAt: number;
  readonly doneAt: number;
  readonly startedAt: number;
  readonly activeAt: number;
  readonly editedAt: number;
  readonly labels: readonly string[];
  /** The user wants it to run; a queue may make it wait. */
  readonly running: boolean;
  /** Started past the queue. */
  readonly forced: boolean;
  /** It was stopped as its seed limits were reached. */
  readonly finished: boolean;
  /** Torrents stand in the queue by it; what lies between two says nothing. */
  readonly queueKey: number;
  /** Bytes a second. */
  readonly down: Switchable;
  readonly up: Switchable;
  readonly honorsSessionLimits: boolean;
  readonly group: string;
  readonly maxPeers: number | undefined;
  /** -1 to 1. */
  readonly priority: number;
  readonly sequential: boolean;
  readonly seedRatio: { readonly mode: LimitMode; readonly value: number };
  /** Milliseconds. */
  readonly seedIdle: { readonly mode: LimitMode; readonly value: number };
  readonly seedTime: { readonly mode: LimitMode; readonly value: number };
  /** Files by index that are not `normal`. */
  readonly skip: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** When they were edited. */
  readonly trackers?: readonly (readonly string[])[];
  readonly renames: readonly { readonly path: string; readonly name: string }[];
  /** Seconds in each phase that is over, and when the one that goes on began, by the active clock. */
  readonly seconds: { readonly downloading: number; readonly seeding: number };
  readonly phase?: { readonly kind: 'downloading' | 'seeding'; readonly since: number };
  /** Bytes of payload, over all runs. Kept when the engine starts anew on the same data. */
  readonly corrupt: number;
}

export type NewTorrent = Pick<TorrentRecord, 'infoHash' | 'name' | 'length' | 'dir'> & Partial<TorrentRecord>;

const OFF: Switchable = { on: false, value: 0 };

/** What clients see beside a limit that nobody has set: Transmission's numbers. */
const DEFAULT_RATIO = 2;
const DEFAULT_IDLE_MS = 30 * 60_000;

/** Shared by all records: most differ in a few values. */
const DEFAULTS: TorrentRecord = {
  infoHash: '',
  name: '',
  length: 0,
  dir: '',
  addedAt: 0,
  doneAt: 0,
  startedAt: 0,
  activeAt: 0,
  editedAt: 0,
  labels: [],
  running: true,
  forced: false,
  finished: false,
  queueKey: 0,
  down: OFF,
  up: OFF,
  honorsSessionLimits: true,
  group: '',
  maxPeers: undefined,
  priority: 0,
  sequential: false,
  seedRatio: { mode: 'session', value: DEFAULT_RATIO },
  seedIdle: { mode: 'session', value: DEFAULT_IDLE_MS },
  seedTime: { mode: 'session', value: 0 },
  skip: [],
  low: [],
  high: [],
  renames: [],
  seconds: { downloading: 0, seeding: 0 },
  corrupt: 0,
};

export function createRecord(torrent: NewTorrent): TorrentRecord {
  return { ...DEFAULTS, ...torrent };
}

/** What differs from a new torrent: a line of the journal, and 10,000 of them. */
export function packRecord(record: TorrentRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[key as keyof TorrentRecord]),
    ),
  );
}

/** Undefined: no torrent. What an older version did not know has its default. */
export function unpackRecord(value: unknown): TorrentRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = createRecord(value as NewTorrent);
  const sound = /^[0-9a-f]{40}$/.test(record.infoHash) && typeof record.dir === 'string' && record.dir !== '';
  return sound ? record : undefined;
}
