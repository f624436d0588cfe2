import type { PageEvents } from '../wire.js';

export type StreamState = 'connecting' | 'live' | 'lost';

export type Handlers = { readonly [K in keyof PageEvents]?: (data: PageEvents[K]) => void };

/** The server says something every second: after so long without a word the connection is dead. */
const SILENCE_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** A stream of events that is opened again whenever it breaks, until it is closed. */
export class Stream {
  #source: EventSource | undefined;
  #timer = 0;
  #retryMs = FIRST_RETRY_MS;

  constructor(
    readonly url: string,
    readonly handlers: Handlers,
    readonly onState: (state: StreamState) => void = () => {},
  ) {
    onState('connecting');
    this.#open();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #open(): void {
    const source = new EventSource(this.url);
    this.#source = source;
    for (const name of Object.keys(this.handlers) as (keyof PageEvents)[])
      source.addEventListener(name, ({ data }) => {
        this.#heard();
        (this.handlers[name] as (data: unknown) => void)(JSON.parse(data));
      });
    // by ourselves: a browser does not come again after an answer like 503, nor when a network falls silent
    source.onerror = () => this.#lost();
    this.#expect(SILENCE_MS);
  }

  #heard(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.onState('live');
    this.#expect(SILENCE_MS);
  }

  #expect(withinMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#lost(), withinMs);
  }

  #lost(): void {
    this.close();
    this.onState('lost');
    this.#timer = window.setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
  }
}
