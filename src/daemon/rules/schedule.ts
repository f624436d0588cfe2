/** When the other limits hold: on these days, from one time of day to another. */
export interface Schedule {
  /** Minutes since midnight, local time; `end` before or at `begin` is that of the next day. */
  readonly begin: number;
  readonly end: number;
  /** Days on which it begins, Sunday is 0. */
  readonly days: ReadonlySet<number>;
}

/** Whether it holds now, by the clock on the wall: in the hour that is skipped or repeated for summer time too. */
export function isScheduled({ begin, end, days }: Schedule, now: Date): boolean {
  const minute = 60 * now.getHours() + now.getMinutes();
  const today = now.getDay();
  if (begin < end) return days.has(today) && minute >= begin && minute < end;
  const yesterday = (today + 6) % 7;
  return (days.has(today) && minute >= begin) || (days.has(yesterday) && minute < end);
}
