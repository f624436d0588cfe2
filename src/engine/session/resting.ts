/** Without neighbours for so long, a torrent gives its memory back: long enough for one that leaves while another comes. */
const REST_AFTER_MS = 1000;

export interface Restable {
  /** Gives back what it does not need, when it still does not. */
  rest(): Promise<void>;
}

/** Torrents that may soon rest. One timer for all of them, and none while there is none. */
export class Resting {
  #drowsy = new Set<Restable>();
  #timer: NodeJS.Timeout | undefined;

  add(torrent: Restable): void {
    this.#drowsy.add(torrent);
    this.#timer ??= setTimeout(() => this.#sweep(), REST_AFTER_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#drowsy.clear();
  }

  #sweep(): void {
    const drowsy = this.#drowsy;
    this.#drowsy = new Set();
    this.#timer = undefined;
    for (const torrent of drowsy) void torrent.rest();
  }
}
