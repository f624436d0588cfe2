import type { InfoHash } from '../ids.js';
import type { Rng } from './rng.js';

/** A torrent is announced so often (BEP 14). */
export const LSD_INTERVAL_MS = 300_000;
/** And never more often than this (BEP 14), whatever others announce. */
export const LSD_MIN_INTERVAL_MS = 60_000;
/** Five packets a second: 10,000 torrents take 83 s, and a wireless network little notice. */
export const LSD_PACKET_GAP_MS = 200;
/** Who answers the same announce does so at different times. */
const ANSWER_SPREAD_MS = 2_000;
/** Times are rounded up to it, so that torrents share packets. */
const TICK_MS = 250;

interface Entry {
  readonly infoHash: InfoHash;
  toldMs: number;
  /** When it is to be announced, or forgotten. */
  dueMs: number;
  /** Only remembered for its last announce, in case that it comes back within a minute. */
  gone: boolean;
  queued: boolean;
}

/** Which torrents are announced in the local network, and when: a packet's worth at a time, packets spread. */
export class LsdSchedule {
  readonly #entries = new Map<InfoHash, Entry>();
  #queue: Entry[] = [];
  /** No entry is due before. */
  #lookMs = Number.POSITIVE_INFINITY;
  #nextPacketMs = 0;
  #movedMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly rng: Rng,
    /** Torrents that fit into a packet. */
    readonly packetSize: number,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  add(infoHash: InfoHash, nowMs: number): void {
    const known = this.#entries.get(infoHash);
    if (known?.gone === false) return;
    const entry = known ?? {
      infoHash,
      toldMs: Number.NEGATIVE_INFINITY,
      dueMs: 0,
      gone: false,
      queued: false,
    };
    entry.gone = false;
    this.#entries.set(infoHash, entry);
    this.#setDue(entry, Math.max(nowMs, entry.toldMs + LSD_MIN_INTERVAL_MS));
  }

  delete(infoHash: InfoHash): void {
    const entry = this.#entries.get(infoHash);
    if (entry === undefined || entry.gone) return;
    entry.gone = true;
    if (entry.toldMs === Number.NEGATIVE_INFINITY) this.#entries.delete(infoHash);
    else this.#setDue(entry, entry.toldMs + LSD_MIN_INTERVAL_MS);
  }

  /** Somebody announced it: who has not been told of us for a minute is told soon. */
  heard(infoHash: InfoHash, nowMs: number): void {
    const entry = this.#entries.get(infoHash);
    if (entry === undefined || entry.gone || nowMs < entry.toldMs + LSD_MIN_INTERVAL_MS) return;
    const answerMs = nowMs + this.rng.fraction() * ANSWER_SPREAD_MS;
    if (answerMs < entry.dueMs) this.#setDue(entry, answerMs);
  }

  /** What was told is wrong now: everything is told again, at once unless that was done in the last five minutes. */
  moved(nowMs: number): void {
    const atOnce = nowMs >= this.#movedMs + LSD_INTERVAL_MS;
    if (atOnce) this.#movedMs = nowMs;
    for (const entry of this.#entries.values()) {
      if (entry.gone) continue;
      const earliestMs = atOnce ? nowMs : Math.max(nowMs, entry.toldMs + LSD_MIN_INTERVAL_MS);
      if (earliestMs < entry.dueMs) this.#setDue(entry, earliestMs);
    }
  }

  /** When `take` may have something. */
  nextTimeout(): number {
    return Math.max(this.#queue.length > 0 ? 0 : this.#lookMs, this.#nextPacketMs);
  }

  /** Torrents of the packet that is to leave now; none when it is too early. They count as told. */
  take(nowMs: number): InfoHash[] {
    if (nowMs < this.nextTimeout()) return [];
    if (nowMs >= this.#lookMs) this.#look(nowMs);
    const taken: InfoHash[] = [];
    let at = 0;
    for (; at < this.#queue.length && taken.length < this.packetSize; at++) {
      const entry = this.#queue[at];
      entry.queued = false;
      if (entry.gone) {
        this.#setDue(entry, entry.dueMs);
        continue;
      }
      taken.push(entry.infoHash);
      // Multicast gets lost, over wireless above all: the first announce is followed by a second as soon as that may be.
      const first = entry.toldMs === Number.NEGATIVE_INFINITY;
      entry.toldMs = nowMs;
      this.#setDue(entry, nowMs + (first ? LSD_MIN_INTERVAL_MS : LSD_INTERVAL_MS));
    }
    this.#queue = this.#queue.slice(at);
    if (taken.length > 0) this.#nextPacketMs = nowMs + LSD_PACKET_GAP_MS;
    return taken;
  }

  #setDue(entry: Entry, dueMs: number): void {
    entry.dueMs = Math.ceil(dueMs / TICK_MS) * TICK_MS;
    this.#lookMs = Math.min(this.#lookMs, entry.dueMs);
  }

  /** Looks at all, at most once a tick: 10,000 take less than a millisecond. */
  #look(nowMs: number): void {
    this.#lookMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      if (entry.queued) continue;
      if (entry.dueMs > nowMs) this.#lookMs = Math.min(this.#lookMs, entry.dueMs);
      else if (entry.gone) this.#entries.delete(entry.infoHash);
      else {
        entry.queued = true;
        this.#queue.push(entry);
      }
    }
  }
}
