import { bytesEqual } from '../bytes.js';
import type { IpFamily } from '../protocol/compact.js';
import type { DhtAnswer, DhtContact, DhtQuery, DhtResponseMessage } from '../protocol/dht/messages.js';
import { sharedBits } from './distance.js';
import type { DhtLookupResult } from './node-types.js';
import type { Ask } from './queries.js';
import { K } from './routing-table.js';
import { type Candidate, Shortlist, type ShortlistOptions } from './shortlist.js';
import type { Waiter } from './transactions.js';

/** Queries under way at a time (Kademlia's alpha: 3 in the paper, 5 in libtorrent), those that are slow not counted. */
export const ALPHA = 4;

/** No lookup asks more often, whatever it is told. */
const MAX_QUERIES = 200;

/** Queries to nodes that only liars told of, as it seems, once the others are done. */
const MAX_DOUBTFUL = K;

/** Wider looks: nodes that each is asked of, and how far it goes. */
const WIDE_ASKED = 4;
const MAX_WIDE_BITS = 3;

/**
 * Counts the closest up to 8 whose ids fit their addresses. Others may be 8 beside them, and never take their place:
 * who chooses his id is as close as he likes, and nothing is to be stored with him (BEP 42).
 */
class Closest {
  #fitting = 0;
  #others = 0;

  get complete(): boolean {
    return this.#fitting >= K;
  }

  hasRoom({ fits }: Candidate): boolean {
    return (fits ? this.#fitting : this.#others) < K;
  }

  add({ fits }: Candidate): void {
    if (fits) this.#fitting++;
    else this.#others++;
  }
}

/** What a lookup is for. */
export interface LookupPurpose {
  /** Every node is asked it. */
  readonly query: DhtQuery;
  /** @returns true when nothing more is wanted */
  answered?(from: Candidate, answer: DhtAnswer): boolean;
  /** Called once, unless cancelled. `closest` answered, and are in order. */
  done(result: DhtLookupResult, closest: readonly Candidate[], nowMs: number): void;
  /** Nothing is to be told from now on: `done` may have been called, and what it began be under way. */
  cancel?(): void;
}

export interface LookupOptions extends ShortlistOptions {
  readonly family: IpFamily;
  readonly seeds: Iterable<DhtContact>;
  readonly ask: Ask;
}

/**
 * Finds the nodes closest to a target: the closest known are asked for closer ones, until the 8 closest that live have
 * answered (Kademlia). Those that nobody credible told of are asked last, those that did not answer once more at the end.
 */
export class Lookup {
  readonly #options: LookupOptions;
  readonly #purpose: LookupPurpose;
  readonly #shortlist: Shortlist;
  readonly #startMs: number;
  #queries = 0;
  #answers = 0;
  #doubtful = 0;
  /** Asked and neither answered nor slow. */
  #pending = 0;
  /** The same of wider looks. */
  #widening = 0;
  /** Bits that were flipped for them. */
  readonly #widened = new Set<number>();
  /** Whoever could be trusted has been heard, or had his time: doubtful ones are asked from now on. */
  #doubting = false;
  #over = false;

  constructor(options: LookupOptions, purpose: LookupPurpose, nowMs: number) {
    this.#options = options;
    this.#purpose = purpose;
    this.#shortlist = new Shortlist(options);
    this.#shortlist.seed(options.seeds);
    this.#startMs = nowMs;
  }

  get over(): boolean {
    return this.#over;
  }

  cancel(): void {
    this.#over = true;
  }

  /** Asks whoever is to be asked now; ends when that is nobody. */
  advance(nowMs: number): void {
    while (!this.#over) {
      if (this.#pending >= ALPHA) return;
      const next = this.#queries < MAX_QUERIES ? this.#next(nowMs) : undefined;
      if (next === undefined) break;
      this.#query(next, nowMs);
    }
    if (this.#over || this.#widening > 0 || (this.#pending > 0 && !this.#settled())) return;
    this.#finish(nowMs);
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #next(nowMs: number): Candidate | undefined {
    const next = this.#nextTrusted();
    if (next !== undefined) return next;
    if (this.#settled()) {
      this.#doubting = true;
      this.#widen(nowMs);
    }
    return this.#doubting ? this.#nextDoubtful() : undefined;
  }

  /** The closest that was not asked, if it could be one of the 8 closest. */
  #nextTrusted(): Candidate | undefined {
    const alive = new Closest();
    for (const candidate of this.#shortlist.candidates) {
      if (alive.complete) return undefined;
      if (!candidate.alive || (candidate.state === 'fresh' && !candidate.trusted)) continue;
      if (!alive.hasRoom(candidate)) continue;
      if (candidate.state === 'fresh') return candidate;
      alive.add(candidate);
    }
    return undefined;
  }

  /** Nobody who might be one of the closest is still to answer. */
  #settled(): boolean {
    const answered = new Closest();
    for (const candidate of this.#shortlist.candidates) {
      if (answered.complete) return true;
      if (!answered.hasRoom(candidate)) continue;
      if (candidate.state === 'asked') return false;
      if (candidate.state === 'answered') answered.add(candidate);
    }
    return true;
  }

  /** Closer than the 8 that answered, but silent so far or told of by liars. */
  #nextDoubtful(): Candidate | undefined {
    const answered = new Closest();
    for (const candidate of this.#shortlist.candidates) {
      if (answered.complete) return undefined;
      if (!answered.hasRoom(candidate)) continue;
      if (candidate.state === 'answered') answered.add(candidate);
      if (candidate.state === 'fresh' && this.#doubtful < MAX_DOUBTFUL) {
        this.#doubtful++;
        return candidate;
      }
      const silent = candidate.state === 'late' || candidate.state === 'failed';
      if (silent && candidate.attempts === 1 && candidate.trusted) return candidate;
    }
    return undefined;
  }

  /**
   * Everybody tells of the 8 nodes that he takes for the closest. When some of those are dead, nobody tells of the living
   * ones behind them; but asked for the target with one bit flipped, he tells of those that share just the bits before.
   */
  #widen(nowMs: number): void {
    const { target } = this.#options;
    const all = this.#shortlist.candidates;
    const candidates = all.some(({ fits, state }) => fits && state === 'answered')
      ? all.filter(({ fits }) => fits)
      : all;
    const trusted = candidates.filter(({ state, trusted }) => state === 'answered' || trusted);
    const answered = trusted.filter(({ state }) => state === 'answered');
    const farthest = answered.length < K ? undefined : answered[K - 1];
    const near = farthest ? trusted.slice(0, trusted.indexOf(farthest)) : trusted;
    const someSilent = near.some(({ state }) => state !== 'answered');
    if (!someSilent || answered.length === 0) return;
    const told = sharedBits(target, trusted[Math.min(K, trusted.length) - 1].id);
    const found = farthest ? sharedBits(target, farthest.id) : 0;
    for (let bit = Math.min(told, 159), looks = 0; bit >= found && looks < MAX_WIDE_BITS; bit--, looks++) {
      if (this.#widened.has(bit)) continue;
      this.#widened.add(bit);
      const flipped = target.slice();
      flipped[bit >>> 3] ^= 0x80 >>> (bit & 7);
      for (const candidate of answered.slice(0, WIDE_ASKED)) this.#lookWider(candidate, flipped, nowMs);
    }
  }

  #lookWider(candidate: Candidate, target: Uint8Array, nowMs: number): void {
    const { ask, family } = this.#options;
    const { id, host, port } = candidate;
    let waiting = true;
    const over = (now: number) => {
      if (!waiting) return;
      waiting = false;
      this.#widening--;
      this.advance(now);
    };
    const waiter: Waiter = {
      answered: ({ answer }, now) => {
        if (this.#over) return;
        this.#shortlist.told((family === 4 ? answer.nodes : answer.nodes6) ?? [], candidate);
        over(now);
      },
      refused: (_, now) => over(now),
      slow: over,
      lost: over,
    };
    if (!ask({ host, port }, { id, host, port }, { method: 'find_node', target }, waiter, nowMs)) return;
    this.#queries++;
    this.#widening++;
  }

  #query(candidate: Candidate, nowMs: number): void {
    const { id, host, port } = candidate;
    candidate.ask();
    this.#queries++;
    this.#pending++;
    const attempt = candidate.attempts;
    // A second query may be under way when the first is given up.
    const silent = (state: 'late' | 'failed', now: number) => {
      if (candidate.attempts !== attempt || candidate.state === 'answered') return;
      if (candidate.state === 'asked') this.#pending--;
      candidate.failed(state);
      this.advance(now);
    };
    const sent = this.#options.ask(
      { host, port },
      { id, host, port },
      this.#purpose.query,
      {
        answered: (response, now) => this.#answered(candidate, response, now),
        refused: (_, now) => silent('failed', now),
        slow: now => silent('late', now),
        lost: now => silent('failed', now),
      },
      nowMs,
    );
    if (sent) return;
    this.#pending--;
    candidate.failed('failed');
  }

  #answered(candidate: Candidate, { id, answer }: DhtResponseMessage, nowMs: number): void {
    if (this.#over || candidate.state === 'answered') return;
    if (candidate.state === 'asked') this.#pending--;
    if (!bytesEqual(id, candidate.id)) this.#shortlist.drop(candidate);
    else {
      this.#answers++;
      candidate.answered();
      candidate.token = answer.token;
      this.#shortlist.told((this.#options.family === 4 ? answer.nodes : answer.nodes6) ?? [], candidate);
      if (this.#purpose.answered?.(candidate, answer)) {
        this.#finish(nowMs);
        return;
      }
    }
    this.advance(nowMs);
  }

  #finish(nowMs: number): void {
    if (this.#over) return; // by a callback
    this.#over = true;
    const answered = this.#shortlist.candidates.filter(({ state }) => state === 'answered');
    // The sort is stable: nodes whose ids are not theirs to choose come first (BEP 42).
    const closest = answered.sort((a, b) => Number(b.fits) - Number(a.fits)).slice(0, K);
    const result = {
      closest: closest.map(({ id, host, port }) => ({ id, host, port })),
      hops: closest.reduce((most, { hops }) => Math.max(most, hops), 0),
      queries: this.#queries,
      answers: this.#answers,
      elapsedMs: nowMs - this.#startMs,
    };
    this.#purpose.done(result, closest, nowMs);
  }
}
