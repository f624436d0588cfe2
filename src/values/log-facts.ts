import { safeText } from './safe-text.js';

/**
 * A line of a log for people: the message, and ` name="value"` for each fact. An error with a code is told by its message;
 * one without is a defect, and told with its stack.
 */
export function formatLogLine(message: unknown, facts: Readonly<Record<string, unknown>>): string {
  const details = Object.entries(facts).map(([name, value]) => ` ${name}=${JSON.stringify(brief(value))}`);
  return safeText(`${message ?? ''}${details.join('')}`);
}

function brief(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('code' in value) || !('stack' in value)) return value;
  const { code, message } = value as { code: unknown; message?: unknown };
  const text = String(message);
  return text.includes(String(code)) ? text : `${text} (${code})`;
}
