import type { LogSink, Session } from '../../index.js';
import type { AddressWatch } from './address-watch.js';

/** An address that is back may not be usable at once. */
const RETRY_MS = 1000;

export const ADDRESS_GONE = 'the address for peers is gone';

export interface KillSwitchOptions {
  readonly session: Session;
  readonly watch: AddressWatch;
  readonly log: LogSink;
  /** There is no network, or there is one again. */
  readonly onChange: (suspended: boolean) => void;
}

/** No network without the address that the user has named, and the network again with it. */
export class KillSwitch {
  readonly #options: KillSwitchOptions;
  #present: boolean;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: KillSwitchOptions) {
    this.#options = options;
    this.#present = options.watch.present;
    if (!this.#present) options.onChange(true);
  }

  /** What the watch tells. */
  changed(present: boolean): void {
    const { session, log, onChange } = this.#options;
    this.#present = present;
    clearTimeout(this.#retry);
    if (present) void this.#restore();
    else {
      session.suspend(ADDRESS_GONE);
      log.warn({}, `${ADDRESS_GONE}: all connections are closed until it is back`);
      onChange(true);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#options.watch.close();
  }

  async #restore(): Promise<void> {
    const { session, log, onChange } = this.#options;
    try {
      await session.restore();
      log.info({}, 'the address for peers is back');
      onChange(false);
    } catch (err) {
      if (this.#closed || !this.#present) return;
      log.warn({ err }, 'the address for peers is back, but cannot be used yet');
      this.#retry = setTimeout(() => void this.#restore(), RETRY_MS).unref();
    }
  }
}
