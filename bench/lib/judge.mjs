// Targets against what a run measured.
import { TARGETS } from '../targets.mjs';
import { figure, spread } from './format.mjs';

/**
 * @typedef {import('../targets.mjs').Target & { value?: number, min?: number, max?: number,
 *   verdict: 'met' | 'not met' | 'not measured' }} Judged figures in the unit of the target
 */

/**
 * Targets of the parts that ran. A quick run has none: its transfers are too small to say.
 * @param {import('./report.mjs').Run} run
 * @param {readonly import('../targets.mjs').Target[]} [targets]
 * @returns {Judged[]}
 */
export function judge({ parts, quick }, targets = TARGETS) {
  if (quick) return [];
  const ran = new Set(parts.map(({ name }) => name));
  const figures = new Map(
    parts.flatMap(({ result }) => result?.figures ?? []).map(found => [found.id, found]),
  );
  return targets
    .filter(target => ran.has(target.figure.slice(0, target.figure.indexOf('.'))))
    .map(target => ({ ...target, ...judgeOne(target, figures.get(target.figure)) }));
}

function judgeOne({ atLeast = -Infinity, atMost = Infinity, scale = 1 }, found) {
  if (found === undefined || !Number.isFinite(found.value)) return { verdict: 'not measured' };
  const [value, min, max] = [found.value, found.min, found.max].map(it =>
    it === undefined ? it : it / scale,
  );
  return { value, min, max, verdict: value >= atLeast && value <= atMost ? 'met' : 'not met' };
}

/** @param {readonly Judged[]} judged @returns {import('./table.mjs').Table} */
export function targetTable(judged) {
  const count = wanted => judged.filter(({ verdict }) => verdict === wanted).length;
  const missing = count('not measured');
  return {
    title: `Targets: ${count('met')} of ${judged.length} met${missing > 0 ? `, ${missing} not measured` : ''}`,
    columns: ['target', 'wanted', 'measured', 'verdict'],
    left: [3],
    rows: judged.map(({ what, atLeast, atMost, unit = '×', value, min, max, verdict }) => [
      what,
      `${atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`} ${unit}`,
      measured({ value, min, max }),
      verdict,
    ]),
  };
}

function measured({ value, min, max }) {
  if (value === undefined) return '';
  return min === undefined ? figure(value) : spread({ median: value, min, max });
}
