import type { Kind } from '../../values/kinds.js';
import type { Configuration, Mistake } from './layers.js';
import { SETTING_KEYS, SETTINGS, type Setting } from './settings.js';

/**
 * The configuration as a file that would give it again: all settings, those at their default as comments, what is
 * secret left out.
 */
export function printConfiguration({ settings, origins }: Configuration): string {
  return SETTING_KEYS.map(key => {
    const { kind, meaning, secret } = SETTINGS[key] as Setting<unknown>;
    const value = settings[key];
    const text = value === undefined ? '' : secret ? '"..."' : toml(kind, value);
    const origin = origins[key];
    const comment = origin === 'default' || secret || value === undefined ? '# ' : '';
    const from = origin === 'default' || origin === 'file' ? '' : ` (${origin})`;
    return `# ${meaning}${from}\n${comment}${key} = ${text}`.trimEnd();
  }).join('\n\n');
}

/** One line for each. */
export function printMistakes(mistakes: readonly Mistake[]): string[] {
  return mistakes.map(({ where, key, message }) =>
    where.endsWith(key) ? `${where}: ${message}` : `${where}: ${key}: ${message}`,
  );
}

function toml(kind: Kind<unknown>, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => JSON.stringify(item)).join(', ')}]`;
  if (typeof value === 'boolean') return String(value);
  const text = kind.show?.(value) ?? String(value);
  return /^\d+(\.\d+)?$/.test(text) && !/^0\d/.test(text) ? text : JSON.stringify(text);
}
