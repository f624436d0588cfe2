import { type Logger, pino } from 'pino';
import { formatLogLine } from '../values/log-facts.js';
import type { LogLevel } from './context.js';
import type { OutputStream } from './output.js';

/** Logs go to stderr: JSON lines beside `--json`, else one line of text each. */
export function openLog(level: LogLevel, json: boolean, stderr: OutputStream): Logger {
  const write = (line: string) => void stderr.write(json ? line : toText(line));
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    { write },
  );
}

function levelName(level: string): { level: string } {
  return { level };
}

function toText(line: string): string {
  const { level, time, msg, ...facts } = JSON.parse(line);
  return `${String(time).slice(11, 19)} ${level}: ${formatLogLine(msg, facts)}\n`;
}
