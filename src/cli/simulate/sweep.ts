import { parseCount } from '../../values/parse.js';
import { formatSeconds } from '../format.js';
import type { Output } from '../output.js';
import type { Outcome } from './outcome.js';
import { describeFile, describeRules } from './table.js';

/** `10,100,1000`: numbers of peers, rising. */
export function parseSweep(text: string, most: number): number[] {
  const numbers = text.split(',').map(part => parseCount(part, 1, most));
  numbers.forEach((peers, i) => {
    if (i > 0 && peers <= numbers[i - 1]) throw new RangeError(`'${text}' does not rise`);
  });
  return numbers;
}

const WIDTHS = [8, 12, 12, 8, 14, 13, 12];

function line(...cells: string[]): string {
  return cells.map((cell, i) => cell.padStart(WIDTHS[i])).join('');
}

/** Printed before the first run; a row follows each, so that a long sweep shows how far it is. */
export function printSweepHead(output: Output, { scenario }: Outcome): void {
  output.line(describeFile(scenario));
  for (const text of describeRules(scenario)) output.line(text);
  output.line();
  const head = line('peers', 'median', 'last', 'ratio', 'client-server', 'peer-to-peer', 'by pieces');
  output.line(output.style('bold', head));
}

export function printSweepRow(
  output: Output,
  { scenario, report: { completion, bounds, ratio } }: Outcome,
): void {
  const time = (seconds: number | null) => (seconds === null ? '-' : formatSeconds(seconds));
  output.line(
    line(
      `${scenario.peers}`,
      time(completion.median),
      time(completion.last),
      ratio.peerToPeer.last?.toFixed(2) ?? '-',
      time(bounds.clientServer),
      time(bounds.peerToPeer),
      time(bounds.discrete),
    ),
  );
}
