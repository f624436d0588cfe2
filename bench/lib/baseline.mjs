// Guard against regressions: ratios of a quick run against those that are kept in baseline.json.

/** Figures that depend on how many cores there are; they are compared only when the baseline is from as many. */
const CORE_BOUND = ['loopback.', 'memory.', 'scale.connections.', 'scale.hashing.'];

/**
 * @typedef {object} Baseline
 * @property {1} schema
 * @property {object} made on what and when, for readers
 * @property {number} cores
 * @property {Readonly<Record<string, { value: number, better: 'higher' | 'lower', tolerance: number }>>} figures
 *
 * @typedef {object} Verdict
 * @property {string} id
 * @property {number | undefined} value of this run
 * @property {number | undefined} expected of the baseline
 * @property {number} [change] share by which it is better (above 0) or worse
 * @property {'ok' | 'better' | 'worse' | 'new' | 'not compared'} verdict
 */

/**
 * @param {import('./report.mjs').Run} run
 * @returns {Baseline} of all its figures that have a tolerance
 */
export function makeBaseline(run) {
  const { commit, node, cpu, cores, flags } = run.machine;
  return {
    schema: 1,
    made: { date: run.date, commit, node, cpu, flags, samples: run.samples },
    cores,
    figures: Object.fromEntries(
      comparable(run).map(({ id, value, better, tolerance }) => [
        id,
        { value: Number(value.toPrecision(4)), better, tolerance },
      ]),
    ),
  };
}

/** Figures of a run that have a tolerance. @param {import('./report.mjs').Run} run */
export function comparable(run) {
  return run.parts
    .flatMap(({ result }) => result?.figures ?? [])
    .filter(({ tolerance }) => tolerance !== undefined);
}

/**
 * @param {readonly import('./part.mjs').Figure[]} figures with a tolerance
 * @param {Baseline} baseline
 * @param {number} cores of this machine
 * @returns {Verdict[]} the tolerance that counts is that of the baseline
 */
export function compare(figures, baseline, cores) {
  const found = new Map(figures.map(figure => [figure.id, figure]));
  const ids = new Set([...Object.keys(baseline.figures), ...found.keys()]);
  return [...ids].map(id => {
    const value = found.get(id)?.value;
    const base = baseline.figures[id];
    const expected = base?.value;
    if (base === undefined) return { id, value, expected, verdict: 'new' };
    const elsewhere = cores !== baseline.cores && CORE_BOUND.some(prefix => id.startsWith(prefix));
    if (value === undefined || elsewhere) return { id, value, expected, verdict: 'not compared' };
    const change = base.better === 'higher' ? value / expected - 1 : 1 - value / expected;
    const verdict = change < -base.tolerance ? 'worse' : change > base.tolerance ? 'better' : 'ok';
    return { id, value, expected, change, verdict };
  });
}

/** The better of two runs, figure by figure: noise makes figures worse, hardly ever better. */
export function bestOf(first, second) {
  const again = new Map(second.map(figure => [figure.id, figure]));
  return first.map(figure => {
    const other = again.get(figure.id);
    if (other === undefined) return figure;
    const better = figure.better === 'higher' ? other.value > figure.value : other.value < figure.value;
    return better ? other : figure;
  });
}

/** Parts that the ids belong to. @param {readonly string[]} ids */
export function partsOf(ids) {
  return [...new Set(ids.map(id => id.slice(0, id.indexOf('.'))))];
}
