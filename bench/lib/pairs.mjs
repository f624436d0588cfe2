// Side by side: A B A B … in one run. What drifts (clock speed, neighbours on the machine) drifts for both.
import { summarize } from './stats.mjs';

/**
 * Runs each variant once a round, in the order given; warm-up rounds are run and thrown away.
 * @template T
 * @param {Readonly<Record<string, () => Promise<T> | T>>} variants
 * @param {{ samples: number, warm?: number, signal?: AbortSignal, onRun?: (name: string, round: number) => void }} options
 *   `warm` rounds, 1 by default; `round` is negative for those
 * @returns {Promise<Rounds<T>>}
 */
export async function alternate(variants, { samples, warm = 1, signal, onRun }) {
  const rounds = [];
  for (let round = -warm; round < samples; round++) {
    /** @type {Record<string, T>} */
    const results = {};
    for (const [name, run] of Object.entries(variants)) {
      signal?.throwIfAborted();
      onRun?.(name, round);
      results[name] = await run();
    }
    if (round >= 0) rounds.push(results);
  }
  return new Rounds(rounds);
}

/** For progress lines. @param {number} round @param {number} samples */
export function roundName(round, samples) {
  return round < 0 ? 'warm-up' : `round ${round + 1} of ${samples}`;
}

/** Results of all rounds by variant. @template T */
export class Rounds {
  /** @param {readonly Record<string, T>[]} rounds */
  constructor(rounds) {
    this.rounds = rounds;
  }

  get samples() {
    return this.rounds.length;
  }

  /** Spread of one figure of one variant. @param {string} name @param {(result: T) => number} pick */
  summary(name, pick) {
    return summarize(this.rounds.map(round => pick(round[name])));
  }

  /**
   * Spread of a figure of one variant over that of another, taken within each round.
   * @param {string} over @param {string} under @param {(result: T) => number} pick
   */
  ratio(over, under, pick) {
    return summarize(this.rounds.map(round => pick(round[over]) / pick(round[under])));
  }

  /** Spread of anything that comes out of a whole round. @param {(round: Record<string, T>) => number} pick */
  perRound(pick) {
    return summarize(this.rounds.map(pick));
  }
}
