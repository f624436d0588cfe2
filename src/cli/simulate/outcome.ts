import type { ResolvedScenario, SimulationReport } from '../../sim/index.js';
import { formatCount, formatSeconds } from '../format.js';

/** A scenario as it was run, and what came of it. */
export interface Outcome {
  readonly scenario: ResolvedScenario;
  readonly report: SimulationReport;
}

/**
 * Who did not get the file and why; undefined when everybody did who should. Those that give up are not expected to, and
 * liars are banned by the others.
 */
export function shortfall({ scenario, report }: Outcome): string | undefined {
  const missing = scenario.groups.reduce((sum, { peers, aborts, liar }, i) => {
    const expected = liar ? 0 : peers - Math.round(peers * aborts);
    return sum + Math.max(0, expected - report.groups[i].complete);
  }, 0);
  if (missing === 0) return undefined;
  const who = `${formatCount(missing, 'peer')} of ${scenario.peers} did not complete`;
  const end = `the run ended at ${formatSeconds(report.endSeconds)}`;
  return report.survived ? `${who}: ${end}` : `${who}: ${describeLost(report)}`;
}

/** `piece 17 died at 34 s`, of many the first. */
export function describeLost({ lost }: SimulationReport): string {
  const [{ piece, seconds }] = lost;
  const more = lost.length === 1 ? '' : `, ${formatCount(lost.length - 1, 'other')} then or later`;
  return `piece ${piece} died at ${formatSeconds(seconds)}${more}`;
}
