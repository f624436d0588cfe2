import { join } from 'node:path';
import type { LogSink, Session } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import { Blocklist } from './blocklist.js';
import type { BlocklistContents } from './blocklist-file.js';
import type { Fetching } from './fetching.js';

export interface BlocklistKeeperOptions {
  readonly session: Pick<Session, 'setBlocked'>;
  readonly settings: LiveSettings;
  readonly fetching: Fetching;
  readonly stateDir: string;
  readonly log: LogSink;
}

/** Keeps the session's blocklist as the settings have it: from a file, or from a URL and the copy of the last time. */
export class BlocklistKeeper {
  readonly #options: BlocklistKeeperOptions;
  readonly #list = new Blocklist();

  constructor(options: BlocklistKeeperOptions) {
    this.#options = options;
    options.settings.watch(['blocklist'], () => void this.open());
    options.settings.watch(['blocklist-enabled'], () => this.#apply());
  }

  /** Ranges of addresses. */
  get size(): number {
    return this.#list.ranges.size;
  }

  /** As at the start: a URL is asked when there is no copy of it. What fails is in the log. */
  async open(): Promise<void> {
    const place = this.#options.settings.get('blocklist');
    try {
      if (place === undefined) await this.#list.clear();
      else if (!isUrl(place)) await this.#load(place);
      else await this.#load(this.#copy).catch(() => this.#download(place));
    } catch (err) {
      this.#options.log.warn({ err }, 'the blocklist was not loaded');
    }
    this.#apply();
  }

  /** Anew, from wherever it comes. @returns ranges @throws what went wrong; then the old list stays */
  async update(): Promise<number> {
    const place = this.#options.settings.get('blocklist');
    if (place === undefined) throw new Error('no blocklist is set');
    if (isUrl(place)) await this.#download(place);
    else await this.#load(place);
    this.#apply();
    return this.size;
  }

  get #copy(): string {
    return join(this.#options.stateDir, 'blocklist');
  }

  async #load(path: string): Promise<void> {
    this.#tell(await this.#list.load(path));
  }

  async #download(url: string): Promise<void> {
    this.#tell(await this.#list.update(url, this.#copy, this.#options.fetching.common()));
  }

  #tell({ bad, lines }: BlocklistContents): void {
    this.#options.log.info({ ranges: this.size, lines, bad }, 'the blocklist was loaded');
  }

  #apply(): void {
    const { session, settings } = this.#options;
    const { ranges } = this.#list;
    const inForce = settings.get('blocklist-enabled') && ranges.size > 0;
    session.setBlocked(inForce ? host => ranges.has(host) : undefined);
  }
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}
