import type { LimitedBy } from '../index.js';
import { LIMIT_WORDS } from '../values/limit-words.js';

/** Smaller shares are not worth a word. */
const LEAST = 0.01;
/** JSON has three decimal places. */
const THOUSAND = 1000;

/** `remote 71 %, cpu 20 %`: the largest first, as many as there is room for; `-` when nothing was measured. */
export function formatLimitedBy(limitedBy: LimitedBy | undefined, room = Number.POSITIVE_INFINITY): string {
  let text = '';
  for (const [cause, share] of sorted(limitedBy)) {
    if (share < LEAST) break;
    const part = `${text === '' ? '' : ', '}${LIMIT_WORDS[cause]} ${Math.round(100 * share)} %`;
    if (text.length + part.length > room) break;
    text += part;
  }
  return text || '-';
}

/** The same for JSON: three decimal places that still add up to 1. */
export function roundLimitedBy(limitedBy: LimitedBy | undefined): LimitedBy | null {
  if (limitedBy === undefined) return null;
  const [largest, ...others] = sorted(limitedBy);
  if (largest[1] === 0) return limitedBy;
  const rounded = { ...limitedBy };
  let rest = THOUSAND;
  for (const [cause, share] of others) {
    const thousandths = Math.round(THOUSAND * share);
    rounded[cause] = thousandths / THOUSAND;
    rest -= thousandths;
  }
  rounded[largest[0]] = rest / THOUSAND;
  return rounded;
}

function sorted(limitedBy: LimitedBy | undefined): [keyof LimitedBy, number][] {
  const shares = Object.entries(limitedBy ?? {}) as [keyof LimitedBy, number][];
  return shares.sort(([, a], [, b]) => b - a);
}
