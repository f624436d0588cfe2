import type { TorrentEvent, TorrentEventOf } from './types.js';

type Type = TorrentEvent['type'];
type Listener = (event: never) => void;

/** Most events that an async iterator holds for a slow reader. */
const QUEUE_CAPACITY = 1024;

/**
 * Listeners by type, and async iterators over everything. Unlike Node's emitter an `error` nobody listens to is not
 * thrown: it is in the torrent's state and in the log, and one torrent never ends the process.
 */
export class EventHub {
  // Made by the first who listens: most torrents of a seed box have nobody.
  #listeners: Map<Type, Set<Listener>> | undefined;
  #queues: Set<EventQueue> | undefined;
  #closed = false;

  on<T extends Type>(type: T, listener: (event: TorrentEventOf<T>) => void): void {
    const listeners = (this.#listeners ??= new Map());
    let set = listeners.get(type);
    if (set === undefined) listeners.set(type, (set = new Set()));
    set.add(listener as Listener);
  }

  off<T extends Type>(type: T, listener: (event: TorrentEventOf<T>) => void): void {
    this.#listeners?.get(type)?.delete(listener as Listener);
  }

  emit(event: TorrentEvent): void {
    for (const listener of this.#listeners?.get(event.type) ?? []) {
      try {
        (listener as (event: TorrentEvent) => void)(event);
      } catch (error) {
        // As with EventTarget in Node: uncaught, but not in the middle of the engine's turn.
        process.nextTick(() => {
          throw error;
        });
      }
    }
    for (const queue of this.#queues ?? []) queue.push(event);
  }

  iterate(options: { signal?: AbortSignal; capacity?: number } = {}): AsyncIterable<TorrentEvent> {
    const { signal, capacity = QUEUE_CAPACITY } = options;
    const end = () => queue.end();
    const queues = (this.#queues ??= new Set());
    const queue = new EventQueue(capacity, () => {
      queues.delete(queue);
      signal?.removeEventListener('abort', end);
    });
    queues.add(queue);
    signal?.addEventListener('abort', end);
    if (signal?.aborted || this.#closed) end();
    return queue;
  }

  /** Ends every iterator; listeners stay silent from now on. */
  close(): void {
    this.#closed = true;
    for (const queue of this.#queues ?? []) queue.end();
    this.#listeners = undefined;
  }
}

/** A bounded queue: what does not fit is counted, and the count is told as an event of its own. */
class EventQueue implements AsyncIterable<TorrentEvent>, AsyncIterator<TorrentEvent> {
  readonly #events: TorrentEvent[] = [];
  #dropped = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(
    readonly capacity: number,
    readonly onEnd: () => void,
  ) {}

  push(event: TorrentEvent): void {
    if (this.#events.length < this.capacity) this.#events.push(event);
    else this.#dropped++;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.onEnd();
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<TorrentEvent> {
    return this;
  }

  async next(): Promise<IteratorResult<TorrentEvent>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#dropped > 0) {
        const count = this.#dropped;
        this.#dropped = 0;
        return { done: false, value: { type: 'dropped-events', count } };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async return(): Promise<IteratorResult<TorrentEvent>> {
    this.end();
    this.#events.length = 0;
    return { done: true, value: undefined };
  }
}
