import type { ActiveClock } from '../torrents/active-clock.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';
import type { TorrentRecord } from '../torrents/record.js';

/** Counts how long torrents download and seed. */
export class Phases {
  constructor(
    readonly catalog: Catalog,
    readonly clock: ActiveClock,
  ) {}

  /** After each change of what the torrent does. */
  update(entry: Entry): void {
    const { torrent, record } = entry;
    if (torrent?.state === 'checking') return; // what it does then goes on, or is over
    const kind = torrent?.state === 'downloading' || torrent?.state === 'seeding' ? torrent.state : undefined;
    if (kind === record.phase?.kind) return;
    const phase = kind === undefined ? undefined : { kind, since: this.clock.seconds };
    this.catalog.edit(entry, { seconds: this.seconds(record), phase });
  }

  /** Up to now. */
  seconds({ seconds, phase }: TorrentRecord): TorrentRecord['seconds'] {
    if (phase === undefined) return seconds;
    return { ...seconds, [phase.kind]: seconds[phase.kind] + Math.max(0, this.clock.seconds - phase.since) };
  }
}
