/** Units of an axis and the time from which each is used, in seconds. */
const UNITS = [
  { unit: 'days', seconds: 86_400, from: 3 * 86_400 },
  { unit: 'hours', seconds: 3600, from: 3 * 3600 },
  { unit: 'minutes', seconds: 60, from: 180 },
  { unit: 's', seconds: 1, from: 0 },
];

/** What an axis to so many seconds counts in. */
export function timeUnit(longest: number): { readonly unit: string; readonly seconds: number } {
  return UNITS.find(({ from }) => longest >= from)!;
}
