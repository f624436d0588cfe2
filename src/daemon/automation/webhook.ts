import { setTimeout as delay } from 'node:timers/promises';
import { exchange, parseHttpUrl } from './exchange.js';

/** What is posted of a torrent. */
export interface WebhookEvent {
  readonly event: 'added' | 'done' | 'done-seeding';
  readonly id: number;
  readonly name: string;
  /** Hexadecimal digits. */
  readonly hash: string;
  readonly dir: string;
  readonly labels: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly ratio: number;
  /** As `Date.toISOString` has it. */
  readonly at: string;
}

export interface WebhookOptions {
  /** Asked for each event, as a reload may change it; undefined: nobody is told. */
  readonly url: () => string | undefined;
  readonly version: string;
  /** Told of each event that did not arrive. */
  readonly tell: (event: WebhookEvent, reason: string) => void;
  /** Of one try. */
  readonly timeoutMs?: number;
  /** Before the second try, and before the third. */
  readonly backoffMs?: readonly number[];
}

/** Enough that one server that hangs does not hold up all others for long. */
const MAX_IN_FLIGHT = 4;
/** 10,000 torrents may be added at once; nobody wants to be told of all of them an hour later. */
const MAX_QUEUED = 1000;
const TIMEOUT_MS = 10_000;
const BACKOFF_MS = [2000, 20_000];

/** Posts events of torrents to a URL, as JSON. It never throws: what does not arrive is a line in the log. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #closing = new AbortController();
  readonly #queue: WebhookEvent[] = [];
  readonly #inFlight = new Set<Promise<void>>();

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  send(event: WebhookEvent): void {
    if (this.#closing.signal.aborted || this.#options.url() === undefined) return;
    this.#queue.push(event);
    if (this.#queue.length > MAX_QUEUED) this.#options.tell(this.#queue.shift()!, 'too many others wait');
    this.#fill();
  }

  /** Ends what is under way, and drops what waits. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.length = 0;
    await Promise.all(this.#inFlight);
  }

  #fill(): void {
    while (this.#inFlight.size < MAX_IN_FLIGHT && this.#queue.length > 0) {
      const post: Promise<void> = this.#deliver(this.#queue.shift()!).then(() => {
        this.#inFlight.delete(post);
        this.#fill();
      });
      this.#inFlight.add(post);
    }
  }

  async #deliver(event: WebhookEvent): Promise<void> {
    const { backoffMs = BACKOFF_MS, tell } = this.#options;
    for (let tries = 0; ; tries++) {
      const failure = await this.#try(event);
      if (this.#closing.signal.aborted || failure === undefined) return;
      if (!failure.again || tries === backoffMs.length) return tell(event, failure.reason);
      await delay(backoffMs[tries], undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  /** Undefined: it has arrived. */
  async #try(event: WebhookEvent): Promise<Failure | undefined> {
    const { version, timeoutMs = TIMEOUT_MS } = this.#options;
    const text = this.#options.url();
    if (text === undefined) return undefined;
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, timeoutMs);
    this.#closing.signal.addEventListener('abort', end, { once: true });
    try {
      const body = Buffer.from(JSON.stringify(event));
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': String(body.length),
        'User-Agent': `millrace/${version}`,
        Connection: 'close',
      };
      const response = await exchange(parseHttpUrl(text), {
        ...{ method: 'POST', headers, body, signal: ending.signal },
      });
      response.destroy();
      return failureOf(response.statusCode ?? 0);
    } catch (error) {
      if (ending.signal.aborted) return { reason: `no answer within ${timeoutMs / 1000} s`, again: true };
      const { code, message } = error as NodeJS.ErrnoException;
      return { reason: code ?? message, again: code !== undefined };
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', end);
    }
  }
}

interface Failure {
  readonly reason: string;
  /** Whether it may go better later. */
  readonly again: boolean;
}

function failureOf(status: number): Failure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400)
    return { reason: `redirects (${status}) are not followed`, again: false };
  return { reason: `status ${status}`, again: status >= 500 || status === 408 || status === 429 };
}
