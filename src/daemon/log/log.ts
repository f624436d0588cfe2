import type { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { formatLogLine } from '../../values/log-facts.js';
import { LogFile } from './log-file.js';
import { Redactor } from './redact.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFormat = 'text' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  /** For people or for programs: a line each. */
  readonly format: LogFormat;
  /** Undefined: standard error. */
  readonly file?: string;
  readonly stderr: Writable;
}

export interface DaemonLog {
  /** Its `level` may be set while it runs. */
  readonly logger: Logger;
  /** A secret that must not be in any line: a password, the id of a session. */
  hide(secret: string): void;
  /** After a rotation. @throws what the system says, and goes on with the old file. */
  reopen(): Promise<void>;
  /** Before the process ends without a round of the event loop. */
  flushSync(): void;
  close(): Promise<void>;
}

/** @throws what the system says when the file cannot be opened */
export function openLog({ level, format, file, stderr }: LogOptions): DaemonLog {
  const redactor = new Redactor();
  const show = (line: string): string => {
    const fields = redactor.value(JSON.parse(line)) as Record<string, unknown>;
    return format === 'json' ? `${JSON.stringify(fields)}\n` : toText(fields);
  };
  const lossNotice = (lines: number, reason: string): string => {
    const msg = 'lines of the log were lost';
    return show(JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, reason, msg }));
  };
  const log = file === undefined ? undefined : new LogFile(file, lossNotice);
  // a reader that has gone is no reason to end
  if (log === undefined) stderr.on('error', () => {});
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    { write: line => void (log ?? stderr).write(show(line)) },
  );
  return {
    logger,
    hide: secret => redactor.hide(secret),
    reopen: async () => log?.reopen(),
    flushSync: () => log?.flushSync(),
    close: async () => log?.close(),
  };
}

/** `2026-11-23T01:02:03.456Z info: text name="value"`, always one line. */
function toText({ level, time, msg, ...facts }: Record<string, unknown>): string {
  return `${time} ${level}: ${formatLogLine(msg, facts)}\n`;
}
