import { BLOCK_BYTES } from '../protocol/peer/messages.js';

export interface RequestWindowOptions {
  /** Requests that the peer takes at once (BEP 10 `reqq`). Defaults to 250, what clients assume of an unknown peer. */
  readonly reqq?: number;
  /** Window at the start and after a snub. Defaults to 4 (libtorrent). */
  readonly initial?: number;
  /** The window is never larger, whatever the peer takes. Defaults to 2000, 32 MiB of blocks. */
  readonly max?: number;
  /** Time that the sender may lose to disk, scheduling and bursts without running dry. Defaults to 20 ms. */
  readonly headroomMs?: number;
}

const DEFAULT_REQQ = 250;
const MIN_WINDOW = 2;

/** Shortest round that is measured: chunks arrive in bursts, and a shorter one measures the burst. */
const MIN_ROUND_MS = 20;
/** Longest: a slow peer is known after a few seconds, not after a queue of minutes. */
const MAX_ROUND_MS = 1000;

/**
 * A pause between the last answer and the next request counts as this much of the round at most. Not as nothing:
 * then a window of 2 that is always answered in one chunk would never see its round end.
 */
const MAX_PAUSE_MS = 20;

/** Slow start goes on while a round gains a quarter, and ends after two without (BBR: the same gain, three rounds). */
const GROWTH = 1.25;
const FLAT_ROUNDS = 2;

/** Round trips of data in flight; BBR keeps 2 so that a burst of late answers does not stall the pipe. */
const GAIN = 2;
/** How often the round trip is measured with the queue drained, and at which part of the pipe's size (BBR). */
const PROBE_EVERY_MS = 10_000;
const PROBE_PART = 0.5;

/**
 * Answers within this many bare round trips came as fast as they can: nothing of ours waited at the peer. Half-way
 * between a window that is just used up (1) and the one aimed at, which holds more than two (GAIN).
 */
const PROMPT = 1.5;

/** Share of a new round in the smoothed rate. */
const SMOOTHING = 0.25;

type Phase = 'slow-start' | 'drain' | 'probe' | 'steady';

/**
 * How many requests to keep outstanding at a peer: as many as its bandwidth times its round trip needs, with headroom.
 *
 * What makes this hard: the round trip of a block contains the time that it waited behind our own requests. By
 * Little's law window = rate x round trip then holds for any window, so the product of the two says nothing. Other
 * engines avoid the round trip (libtorrent keeps 3 s x rate, Transmission 10 s x rate); we measure it the way BBR does:
 *
 * 1. slow start: +1 for each block, until the rate stops growing;
 * 2. every 10 s the window is halved below the pipe's size; blocks requested after that found the queue drained, and
 *    their mean round trip is the true one, scheduling of the sender included;
 * 3. from then on window = rate x (2 x round trip + headroom), and it only grows. It shrinks by a new probe alone:
 *    when a path becomes longer the rate falls, and a window that followed it down would pull the rate after it.
 *
 * A round is the time until a block arrives that was requested within it. Little of this depends on exact numbers:
 * with a gain of 2, a window that is too small doubles each round, in slow start or not.
 */
export class RequestWindow {
  readonly #initial: number;
  readonly #max: number;
  readonly #headroomMs: number;
  #reqq: number;
  #snubbed = false;

  #phase: Phase = 'slow-start';
  #window: number;
  /** Bytes per ms, smoothed. */
  #rate = 0;
  /** Round trip without our own queue. */
  #baseRttMs = Number.POSITIVE_INFINITY;
  #flatRounds = 0;
  #nextProbeMs = 0;

  #lastBlockMs = Number.NEGATIVE_INFINITY;
  /** Mean of the last whole round; Infinity before the first. */
  #rttMs = Number.POSITIVE_INFINITY;
  #roundStartMs = 0;
  #roundBytes = 0;
  #roundBlocks = 0;
  #roundRttSumMs = 0;

  constructor({ reqq = DEFAULT_REQQ, initial = 4, max = 2000, headroomMs = 20 }: RequestWindowOptions = {}) {
    if (!(initial >= 1 && max >= initial)) throw new RangeError(`window of ${initial} to ${max} requests`);
    this.#initial = this.#window = initial;
    this.#max = max;
    this.#headroomMs = headroomMs;
    this.#reqq = reqq;
  }

  /** Requests that may be outstanding now: 1 when snubbed, else 2 or more, never above what the peer takes. */
  get size(): number {
    if (this.#snubbed) return 1;
    return Math.max(1, Math.min(Math.floor(this.#window), this.#reqq, this.#max));
  }

  /** Round trip without our own queue, as far as it is known; undefined before the first block. */
  get roundTripMs(): number | undefined {
    return Number.isFinite(this.#baseRttMs) ? this.#baseRttMs : undefined;
  }

  get snubbed(): boolean {
    return this.#snubbed;
  }

  /**
   * Of a window that is used up: would a larger one bring more? Only while slow start has not found the right one, or
   * where the peer takes no more; and not when answers wait at the peer. `silentMs` is the time since the last block.
   */
  isShort(silentMs: number): boolean {
    if (this.#phase !== 'slow-start' && this.#window < Math.min(this.#reqq, this.#max)) return false;
    return Number.isFinite(this.#rttMs) && Math.max(this.#rttMs, silentMs) <= PROMPT * this.#baseRttMs;
  }

  /** What the peer's extension handshake says; it may come at any time. */
  setReqq(reqq: number): void {
    this.#reqq = Math.max(1, reqq);
  }

  /** The peer has sent nothing for too long: one request at a time until it does. */
  snub(): void {
    this.#snubbed = true;
  }

  /** Starts over: nothing that was measured before the snub holds. */
  unsnub(): void {
    if (!this.#snubbed) return;
    this.#snubbed = false;
    this.#phase = 'slow-start';
    this.#window = this.#initial;
    this.#rate = 0;
    this.#baseRttMs = Number.POSITIVE_INFINITY;
    this.#rttMs = Number.POSITIVE_INFINITY;
    this.#flatRounds = 0;
    this.#lastBlockMs = Number.NEGATIVE_INFINITY;
  }

  /** A block of `bytes` has arrived `rttMs` after it was requested. */
  blockReceived(bytes: number, rttMs: number, nowMs: number): void {
    const requestedMs = nowMs - rttMs;
    // Requested after all before it had arrived: the pause was ours (choked, nothing to ask for), and hardly counts.
    const pauseMs = requestedMs - this.#lastBlockMs;
    if (pauseMs === Number.POSITIVE_INFINITY) this.#startRound(requestedMs);
    else if (pauseMs > MAX_PAUSE_MS) this.#roundStartMs += pauseMs - MAX_PAUSE_MS;
    this.#lastBlockMs = nowMs;
    this.#roundBytes += bytes;
    this.#roundBlocks++;
    this.#roundRttSumMs += rttMs;
    if (this.#phase === 'slow-start') {
      this.#baseRttMs = Math.min(this.#baseRttMs, rttMs);
      this.#window = Math.min(this.#window + 1, this.#max);
    }
    const elapsedMs = nowMs - this.#roundStartMs;
    const answered = requestedMs >= this.#roundStartMs && elapsedMs >= MIN_ROUND_MS;
    const measuring = this.#phase === 'drain' || this.#phase === 'probe';
    if (answered || (elapsedMs >= MAX_ROUND_MS && !measuring)) {
      this.#endRound(elapsedMs, nowMs);
      this.#startRound(nowMs);
    }
  }

  #startRound(nowMs: number): void {
    this.#roundStartMs = nowMs;
    this.#roundBytes = 0;
    this.#roundBlocks = 0;
    this.#roundRttSumMs = 0;
  }

  #endRound(elapsedMs: number, nowMs: number): void {
    const rate = this.#roundBytes / elapsedMs;
    this.#rttMs = this.#roundRttSumMs / this.#roundBlocks;
    switch (this.#phase) {
      case 'slow-start':
        this.#flatRounds = rate >= this.#rate * GROWTH ? 0 : this.#flatRounds + 1;
        this.#rate = Math.max(this.#rate, rate);
        if (this.#flatRounds >= FLAT_ROUNDS) this.#startProbe();
        break;
      case 'drain':
        this.#phase = 'probe';
        break;
      case 'probe':
        this.#baseRttMs = this.#rttMs;
        this.#phase = 'steady';
        this.#window = this.#target();
        this.#nextProbeMs = nowMs + PROBE_EVERY_MS;
        break;
      case 'steady':
        this.#rate += (rate - this.#rate) * SMOOTHING;
        this.#window = Math.max(this.#window, this.#target());
        if (nowMs >= this.#nextProbeMs) this.#startProbe();
        break;
    }
  }

  #startProbe(): void {
    this.#phase = 'drain';
    const pipe = (this.#rate * this.#baseRttMs) / BLOCK_BYTES;
    this.#window = Math.max(MIN_WINDOW, Math.min(this.#window, pipe * PROBE_PART));
  }

  #target(): number {
    const bytes = this.#rate * (GAIN * this.#baseRttMs + this.#headroomMs);
    return Math.max(MIN_WINDOW, Math.min(MIN_WINDOW + bytes / BLOCK_BYTES, this.#max));
  }
}
