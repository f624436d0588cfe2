import { type LimitedBy, type Session, VERSION } from '../../index.js';
import { LIMIT_WORDS } from '../../values/limit-words.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Keepers } from '../keepers/keepers.js';
import type { PageDetail, PageSession, PageSource, PageTorrent } from '../page/source.js';
import type { State } from '../state/state.js';
import type { Entry } from '../torrents/entry.js';
import { ratioOf, secondsLeft } from '../torrents/progress.js';
import { statusOf } from '../torrents/status.js';
import { describePagePeer } from './page-peer.js';

const PRIORITIES = { skip: 'skip', low: 'low', normal: 'normal', high: 'high' } as const;

export interface PageViewOptions {
  readonly session: Session;
  readonly settings: LiveSettings;
  readonly state: State;
  readonly keepers: Keepers;
  /** As it was when somebody last asked the disk. */
  readonly freeBytes: () => number | undefined;
}

/** The daemon as the status page shows it. Of torrents at rest it takes the cheap numbers alone. */
export class PageView implements PageSource {
  constructor(readonly options: PageViewOptions) {}

  session(): PageSession {
    const { session, settings, state, keepers, freeBytes } = this.options;
    const { catalog, clock } = state;
    let [down, up, active, peers] = [0, 0, 0, 0];
    for (const { torrent } of catalog.all()) {
      if (torrent === undefined) continue;
      const light = torrent.light();
      down += light.downRate;
      up += light.upRate;
      peers += light.peers;
      if (light.state === 'downloading' || light.state === 'seeding') active++;
    }
    const alternative = keepers.speed.alternative;
    return {
      ...{ version: VERSION, torrents: catalog.size, down, up, active, peers },
      freeBytes: freeBytes(),
      uptimeSeconds: Math.floor(clock.thisRun),
      suspended: session.light().suspended,
      altSpeed: alternative,
      limits: {
        down: settings.get(alternative ? 'alt-down' : 'down'),
        up: settings.get(alternative ? 'alt-up' : 'up'),
      },
    };
  }

  *torrents(): Iterable<PageTorrent> {
    for (const entry of this.options.state.catalog.all()) yield this.#row(entry);
  }

  detail(hash: string): PageDetail | undefined {
    const entry = this.options.state.catalog.get(hash);
    if (entry === undefined) return undefined;
    const { torrent, record } = entry;
    const stats = torrent?.stats();
    return {
      torrent: this.#row(entry),
      dir: record.incompleteDir ?? record.dir,
      pieces: {
        count: torrent?.metainfo.pieceCount ?? 0,
        have: torrent?.haveBits() ?? new Uint8Array(),
        availability: torrent?.availability() ?? [],
      },
      peers: stats?.peers.map(describePagePeer) ?? [],
      trackers:
        stats?.trackers.map(({ url, state, seeders, leechers, error, nextMs }) => ({
          ...{ url, state, seeders, leechers, error },
          ...(nextMs !== undefined && { nextAt: Math.floor(nextMs / 1000) }),
        })) ?? [],
      files:
        torrent?.files.map(({ index, path, length, priority }) => ({
          ...{ path, length, done: torrent.fileDone(index) },
          priority: PRIORITIES[priority],
        })) ?? [],
      limitedBy: shares(stats?.limitedBy).map(([cause, share]) => ({ name: LIMIT_WORDS[cause], share })),
    };
  }

  #row(entry: Entry): PageTorrent {
    const { torrent, record, id, infoHash, failure, moving } = entry;
    const light = torrent?.light();
    const status = statusOf(entry);
    const error = failure ?? light?.error;
    const common = {
      ...{ id, hash: infoHash, name: record.name, status, labels: record.labels, addedAt: record.addedAt },
      ...(error !== undefined && { error: error.message }),
      ...(moving !== undefined && { moving: moving.total === 0 ? 1 : moving.done / moving.total }),
    };
    if (light === undefined || torrent === undefined)
      return { ...common, progress: 0, size: record.length, down: 0, up: 0, peers: 0, ratio: 0, copies: 0 };
    const ratio = ratioOf(light);
    const { seeds } = this.options.keepers;
    const left = light.working ? secondsLeft(light, status, seeds.limitsOf(entry)) : undefined; // at rest there is no rate
    const complete = light.done >= light.wanted;
    const working = light.working ? torrent.stats() : undefined;
    const [limit] = shares(working?.limitedBy);
    return {
      ...common,
      progress: light.wanted === 0 ? 1 : Math.min(1, light.done / light.wanted),
      size: record.length,
      ...{ down: light.downRate, up: light.upRate, peers: light.peers },
      ratio: Number.isFinite(ratio) ? ratio : 0,
      ...(left !== undefined && Number.isFinite(left) && { etaSeconds: left }),
      ...(limit !== undefined && light.peers > 0 && { limit: LIMIT_WORDS[limit[0]] }),
      copies: working?.copies ?? (complete ? 1 : 0),
    };
  }
}

/** The largest first. */
function shares(limitedBy: LimitedBy | undefined): [keyof LimitedBy, number][] {
  return (Object.entries(limitedBy ?? {}) as [keyof LimitedBy, number][])
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
}
