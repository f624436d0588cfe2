import type { LogSink } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import { type WatchEvent, WatchFolder } from './watch-folder.js';

export interface WatchingOptions {
  readonly settings: LiveSettings;
  readonly log: LogSink;
  /** Takes in a .torrent. */
  readonly add: (bytes: Uint8Array) => Promise<unknown>;
  /** And a magnet link. */
  readonly addMagnet: (link: string) => Promise<unknown>;
}

/** Watches the folder that the settings name, if they name one. */
export class Watching {
  readonly #options: WatchingOptions;
  #folder: WatchFolder | undefined;
  #closed = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
    options.settings.watch(['watch-dir', 'watch-poll'], () => void this.open());
  }

  async open(): Promise<void> {
    const { settings, add, addMagnet } = this.#options;
    await this.#folder?.close();
    const dir = settings.get('watch-dir');
    if (dir === undefined || this.#closed) return;
    this.#folder = new WatchFolder({
      dir,
      pollMs: settings.get('watch-poll'),
      add: async (name, bytes) => {
        if (/\.magnet$/i.test(name)) await addMagnet(Buffer.from(bytes).toString('utf8').trim());
        else await add(bytes);
      },
      tell: event => this.#tell(event),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#folder?.close();
  }

  #tell(event: WatchEvent): void {
    const { log } = this.#options;
    if (event.kind === 'added') log.info({ file: event.name }, 'added from the watch folder');
    else if (event.kind === 'failed')
      log.warn({ file: event.name, err: event.error }, 'a file of the watch folder cannot be added');
    else log.warn({ err: event.error }, 'the watch folder cannot be read');
  }
}
