/** When the other limits hold: on these days, from one time of day to another. */
export interface Schedule {
  /** Minutes since midnight, local time; `end` before or at `begin` is that of the next day. */
  readonly begin: number;
  readonly end: number;
  /** Days on which it begins, Sunday is 0. */
  readonly days: ReadonlySet<number>;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** Whether it holds now, by the clock on the wall: in the hour that is skipped or repeated for summer time too. */
export function isScheduled({ begin, end, days }: Schedule, now: Date): boolean {
  const minute = 60 * now.getHours() + now.getMinutes();
  const today = now.getDay();
  if (begin < end) return days.has(today) && minute >= begin && minute < end;
  const yesterday = (today + 6) % 7;
  return (days.has(today) && minute >= begin) || (days.has(yesterday) && minute < end);
}

/** When it next begins or ends, as far as the wall clock can be told in advance; undefined when it never does. */
export function nextChange(schedule: Schedule, now: Date): Date | undefined {
  const holds = isScheduled(schedule, now);
  const at = new Date(Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS);
  // a week, and the hour that an autumn is longer
  for (let minutes = 1; minutes <= 7 * DAY_MINUTES + 60; minutes++) {
    const then = new Date(at.getTime() + minutes * MINUTE_MS);
    if (isScheduled(schedule, then) !== holds) return then;
  }
  return undefined;
}
