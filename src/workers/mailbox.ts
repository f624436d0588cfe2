import type { JobResults } from './run-jobs.js';

/**
 * Batches on their way between the event loop and the workers, in a shared memory of their own. Piscina takes a task
 * there and its result back by messages and events, some 60 µs of the two threads; a batch that is laid in the mailbox
 * costs a few stores, and a call of the system only where a thread sleeps. The workers' task is to serve the mailbox as
 * long as there is something in it, and a little longer.
 *
 *     rung | bell | who is on duty, one a seat | state, ticket and length of each place || the places
 */

/** Numbers of a batch: 16 jobs of pieces over 80 files each, or one over 1300. */
export const PLACE_NUMBERS = 4096;

/** Int32 each: the workers have rung and nobody looked yet; counts batches, servers sleep on it. */
const RUNG = 0;
const BELL = 1;
const SEATS = 2;

/** States of a place: READY for a server, DONE with the results in it, TAKEN + number of the server that has it. */
const FREE = 0;
const READY = 1;
const DONE = 2;
const TAKEN = 3;

const PLACE_FIELDS = 3;
const STATE = 0;
/** Number of the batch: the oldest is served first, and a message that comes late is told from one that is awaited. */
const TICKET = 1;
const LENGTH = 2;

/**
 * A server without work waits so long before its task ends: a new one costs a message each way, and a transfer has a
 * batch at least every 10 ms.
 */
const LINGER_MS = 50;

/** What a server cannot put into its place as numbers: digests and failures. Every other message is the doorbell. */
export interface MailedResults {
  readonly place: number;
  readonly ticket: number;
  readonly results: JobResults;
}

/** The shared memory of both ends. */
class Places {
  readonly control: Int32Array;
  readonly count: number;
  readonly #numbers: Float64Array;
  readonly #firstPlace: number;

  constructor(
    readonly buffer: SharedArrayBuffer,
    readonly seats: number,
  ) {
    this.#firstPlace = SEATS + seats;
    this.count = placesOf(seats);
    this.control = new Int32Array(buffer, 0, controlFields(seats));
    this.#numbers = new Float64Array(buffer, controlBytes(seats));
  }

  field(place: number, field: number): number {
    return this.#firstPlace + place * PLACE_FIELDS + field;
  }

  state(place: number): number {
    return Atomics.load(this.control, this.field(place, STATE));
  }

  setState(place: number, state: number): void {
    Atomics.store(this.control, this.field(place, STATE), state);
  }

  ticket(place: number): number {
    return this.control[this.field(place, TICKET)];
  }

  numbers(place: number, length: number): Float64Array {
    return this.#numbers.subarray(place * PLACE_NUMBERS, place * PLACE_NUMBERS + length);
  }

  hasReady(): boolean {
    for (let place = 0; place < this.count; place++) if (this.state(place) === READY) return true;
    return false;
  }
}

/** One batch runs and one waits for each seat. */
function placesOf(seats: number): number {
  return 2 * seats;
}

function controlFields(seats: number): number {
  return SEATS + seats + placesOf(seats) * PLACE_FIELDS;
}

function controlBytes(seats: number): number {
  return Math.ceil((4 * controlFields(seats)) / 8) * 8;
}

export function createMailboxBuffer(seats: number): SharedArrayBuffer {
  return new SharedArrayBuffer(controlBytes(seats) + 8 * PLACE_NUMBERS * placesOf(seats));
}

/** A server has a number of its own from 1 on, and one of the seats, of which each worker fills one. */
export interface Server {
  readonly seat: number;
  readonly number: number;
}

interface Waiting {
  readonly jobs: number;
  readonly resolve: (results: JobResults) => void;
  readonly reject: (error: Error) => void;
}

/** The end of the event loop. */
export class Mailbox {
  readonly #places: Places;
  readonly #waiting: (Waiting | undefined)[];
  #closed = false;
  #servers = 0;
  #batches = 0;

  constructor(
    buffer: SharedArrayBuffer,
    seats: number,
    /** Makes a worker call {@link serveMailbox}; settles when that has ended. */
    readonly startServer: (server: Server) => Promise<unknown>,
  ) {
    this.#places = new Places(buffer, seats);
    this.#waiting = new Array(this.#places.count).fill(undefined);
  }

  /**
   * Hands a batch of so many jobs to the next server that is free. At most two a server may be out.
   * @throws Error what ended the server that had taken it; RangeError for a batch larger than a place
   */
  run(batch: Float64Array, jobs: number): Promise<JobResults> {
    const { control } = this.#places;
    const place = this.#waiting.indexOf(undefined);
    if (place < 0) return Promise.reject(new RangeError(`all ${this.#places.count} places are taken`));
    if (batch.length > PLACE_NUMBERS)
      return Promise.reject(new RangeError(`batch of ${batch.length} numbers, at most ${PLACE_NUMBERS}`));
    return new Promise((resolve, reject) => {
      this.#waiting[place] = { jobs, resolve, reject };
      this.#places.numbers(place, batch.length).set(batch);
      control[this.#places.field(place, LENGTH)] = batch.length;
      control[this.#places.field(place, TICKET)] = ++this.#batches | 0;
      this.#places.setState(place, READY);
      Atomics.add(control, BELL, 1);
      Atomics.notify(control, BELL, 1);
      this.#callServers();
    });
  }

  /** What a worker has posted. */
  onMessage(message: unknown): void {
    Atomics.store(this.#places.control, RUNG, 0);
    if (typeof message === 'object' && message !== null) {
      const { place, ticket, results } = message as MailedResults;
      if (ticket === this.#places.ticket(place)) this.#settle(place)?.resolve(results);
    }
    this.#collect();
  }

  /** Nothing will be served any more. */
  close(error: Error): void {
    this.#closed = true;
    for (let place = 0; place < this.#places.count; place++) this.#settle(place)?.reject(error);
  }

  #collect(): void {
    const places = this.#places;
    for (let place = 0; place < places.count; place++) {
      const waiting = this.#waiting[place];
      if (waiting === undefined || places.state(place) !== DONE) continue;
      const { jobs, resolve } = waiting;
      const numbers = places.numbers(place, jobs + 2).slice();
      this.#settle(place);
      resolve({
        values: numbers.subarray(0, jobs),
        digests: [],
        failures: [],
        hashMs: numbers[jobs],
        fileMs: numbers[jobs + 1],
      });
    }
  }

  #settle(place: number): Waiting | undefined {
    const waiting = this.#waiting[place];
    this.#waiting[place] = undefined;
    this.#places.setState(place, FREE);
    return waiting;
  }

  /** Servers leave when there is nothing to do; empty seats are filled again. */
  #callServers(): void {
    const { control, seats } = this.#places;
    for (let seat = 0; seat < seats; seat++) {
      const number = this.#servers + 1;
      if (Atomics.compareExchange(control, SEATS + seat, 0, number) !== 0) continue;
      this.#servers = number;
      void this.#serve({ seat, number });
    }
  }

  async #serve(server: Server): Promise<void> {
    const places = this.#places;
    try {
      await this.startServer(server);
    } catch (error) {
      if (this.#closed) return;
      Atomics.compareExchange(places.control, SEATS + server.seat, server.number, 0);
      this.#collect(); // what it had finished counts
      for (let place = 0; place < places.count; place++)
        if (places.state(place) === TAKEN + server.number) this.#settle(place)?.reject(error as Error);
    }
    if (!this.#closed && places.hasReady()) this.#callServers();
  }
}

/**
 * The end of a worker: runs what lies in the mailbox until there has been nothing for a while.
 * @param post to the event loop
 */
export function serveMailbox(
  buffer: SharedArrayBuffer,
  seats: number,
  { seat, number }: Server,
  run: (batch: Float64Array) => JobResults,
  post: (message: MailedResults | 0) => void,
): void {
  const places = new Places(buffer, seats);
  const { control } = places;
  for (;;) {
    const bell = Atomics.load(control, BELL);
    const place = take(places, number);
    if (place >= 0) {
      const results = run(places.numbers(place, control[places.field(place, LENGTH)]));
      if (results.digests.length > 0 || results.failures.length > 0) {
        post({ place, ticket: places.ticket(place), results });
      } else {
        const { values, hashMs, fileMs } = results;
        const numbers = places.numbers(place, values.length + 2);
        numbers.set(values);
        numbers.set([hashMs, fileMs], values.length);
        places.setState(place, DONE);
        if (Atomics.exchange(control, RUNG, 1) === 0) post(0);
      }
    } else if (Atomics.wait(control, BELL, bell, LINGER_MS) === 'timed-out') {
      // Off duty first, then a last look: a batch laid down in between finds the seat empty or is found by this server.
      Atomics.compareExchange(control, SEATS + seat, number, 0);
      if (!places.hasReady() || Atomics.compareExchange(control, SEATS + seat, 0, number) !== 0) return;
    }
  }
}

/** The oldest batch that nobody has; -1 when there is none. */
function take(places: Places, server: number): number {
  for (;;) {
    let oldest = -1;
    for (let place = 0; place < places.count; place++) {
      if (places.state(place) !== READY) continue;
      // the difference, since numbers wrap around
      if (oldest < 0 || ((places.ticket(place) - places.ticket(oldest)) | 0) < 0) oldest = place;
    }
    if (oldest < 0) return -1;
    const state = places.field(oldest, STATE);
    if (Atomics.compareExchange(places.control, state, READY, TAKEN + server) === READY) return oldest;
  }
}
