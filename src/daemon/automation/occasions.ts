import { type LogSink, VERSION } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Entry } from '../torrents/entry.js';
import { ratioOf } from '../torrents/progress.js';
import { runHook } from './hook.js';
import { Webhook } from './webhook.js';

/** What programs and web services may be told of. */
export type Occasion = 'added' | 'done' | 'done-seeding';

export interface OccasionsOptions {
  readonly settings: LiveSettings;
  readonly log: LogSink;
  readonly now: () => Date;
}

/** Tells others what has happened: the program and the URL of the settings. They are never waited for. */
export class Occasions {
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<void>>();

  readonly #webhook: Webhook;

  constructor(readonly options: OccasionsOptions) {
    const { settings, log } = options;
    this.#webhook = new Webhook({
      url: () => settings.get('webhook'),
      version: VERSION,
      tell: ({ event, hash }, reason) =>
        log.warn({ torrent: hash, occasion: event, reason }, 'a webhook was not told'),
    });
  }

  tell(occasion: Occasion, entry: Entry): void {
    const program = this.options.settings.get(`on-${occasion}`);
    if (program !== undefined) this.#track(this.#run(program, occasion, entry));
    const { id, infoHash: hash, record, torrent } = entry;
    const ratio = torrent === undefined ? 0 : ratioOf(torrent.light());
    this.#webhook.send({
      ...{ event: occasion, id, hash, name: record.name, labels: record.labels, size: record.length },
      dir: record.incompleteDir ?? record.dir,
      ratio: Number.isFinite(ratio) ? ratio : 0,
      at: this.options.now().toISOString(),
    });
  }

  /** Programs that run are ended. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled([...this.#running, this.#webhook.close()]);
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #run(program: string, occasion: Occasion, { id, infoHash, record, torrent }: Entry): Promise<void> {
    const { settings, log, now } = this.options;
    const result = await runHook(
      {
        id,
        infoHash,
        name: record.name,
        dir: record.incompleteDir ?? record.dir,
        labels: record.labels,
        priority: record.priority,
        trackers: torrent?.trackers.flat() ?? [],
        downloadedBytes: torrent?.light().everDownloaded ?? 0,
      },
      {
        program,
        timeoutMs: settings.get('hook-timeout'),
        version: VERSION,
        now: now(),
        signal: this.#ending.signal,
      },
    );
    const facts = { torrent: infoHash, program, occasion, seconds: result.seconds };
    if (result.ok) log.info(facts, 'a hook has run');
    else log.warn({ ...facts, reason: result.reason, stderr: result.stderr }, 'a hook has failed');
  }
}
