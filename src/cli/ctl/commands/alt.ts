import type { Command } from 'commander';
import { value } from '../../context.js';
import { EXIT_OK, usageError } from '../../failure.js';
import { formatRate, safeText } from '../../format.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { numberOf } from '../fields.js';
import { addRates, toUnits } from './limits.js';

interface AltOptions extends CtlOptions {
  readonly down?: number;
  readonly up?: number;
  /** Minutes since midnight. */
  readonly begin?: number;
  readonly end?: number;
  /** Bits, Sunday is 1. */
  readonly days?: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** What each word sets. */
const STATES: Readonly<Record<string, object>> = {
  on: { 'alt-speed-enabled': true },
  off: { 'alt-speed-enabled': false },
  schedule: { 'alt-speed-time-enabled': true },
  'no-schedule': { 'alt-speed-time-enabled': false },
};

export const altSetup = ctlCommand<AltOptions>({
  usage: 'alt [state]',
  summary: 'the other rate limits: on, off, schedule, no-schedule',
  description: `Turns the other rate limits on or off, by hand or by the clock of the daemon, or shows them.

With --json {"event":"alt","enabled","scheduled","down","up" (bytes a second),"begin","end","days"}.`,
  examples: [
    ['alt on', 'slow from now on'],
    ['alt schedule --begin 08:00 --end 18:00 --days mon,tue,wed,thu,fri --up 1MB/s', 'in office hours'],
    ['alt', 'what they are'],
  ],
  options(command: Command) {
    addRates(command);
    command
      .option('--begin <time>', 'local time, such as 08:00', value(parseMinutes))
      .option('--end <time>', 'before the begin it is that of the next day', value(parseMinutes))
      .option('--days <names>', `on which it begins: ${DAYS.join(',')}`, value(parseDays));
  },
  run: alt,
});

async function alt({ client, output }: Control, options: AltOptions, state?: string): Promise<number> {
  if (state !== undefined && !Object.hasOwn(STATES, state))
    throw usageError('state', `'${safeText(state)}' is none of ${Object.keys(STATES).join(', ')}`);
  const { down, up, begin, end, days } = options;
  const changes = {
    ...(state === undefined ? {} : STATES[state]),
    ...(down === undefined ? {} : { 'alt-speed-down': toUnits(down) }),
    ...(up === undefined ? {} : { 'alt-speed-up': toUnits(up) }),
    ...(begin === undefined ? {} : { 'alt-speed-time-begin': begin }),
    ...(end === undefined ? {} : { 'alt-speed-time-end': end }),
    ...(days === undefined ? {} : { 'alt-speed-time-day': days }),
  };
  if (Object.keys(changes).length > 0) await client.call('session-set', changes);
  const facts = await client.call('session-get');
  const now = {
    enabled: facts['alt-speed-enabled'] === true,
    scheduled: facts['alt-speed-time-enabled'] === true,
    down: 1000 * numberOf(facts, 'alt-speed-down'),
    up: 1000 * numberOf(facts, 'alt-speed-up'),
    begin: formatMinutes(numberOf(facts, 'alt-speed-time-begin')),
    end: formatMinutes(numberOf(facts, 'alt-speed-time-end')),
    days: DAYS.filter((_, day) => (numberOf(facts, 'alt-speed-time-day') >> day) & 1),
  };
  output.event('alt', now);
  const limits = `down ${formatRate(now.down)}, up ${formatRate(now.up)}`;
  output.line(`${now.enabled ? 'on' : 'off'}: ${limits}`);
  output.line(
    now.scheduled ? `scheduled from ${now.begin} to ${now.end} on ${now.days.join(', ')}` : 'not scheduled',
  );
  return EXIT_OK;
}

export function parseMinutes(text: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  if (!(Number(hours) < 24 && Number(minutes) < 60))
    throw new RangeError(`'${text}' is not a time of day, write for example 23:30`);
  return 60 * Number(hours) + Number(minutes);
}

function formatMinutes(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export function parseDays(text: string): number {
  let bits = 0;
  for (const name of text.toLowerCase().split(',')) {
    const day = DAYS.indexOf(name.trim());
    if (day < 0) throw new RangeError(`'${text}' names no days, write for example mon,tue`);
    bits |= 1 << day;
  }
  return bits;
}
