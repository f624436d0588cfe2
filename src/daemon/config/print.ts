import type { Kind } from '../../values/kinds.js';
import type { Configuration, Mistake } from './layers.js';
import { LABEL_SETTINGS, SETTING_KEYS, SETTINGS, type Setting } from './settings.js';

/** In place of what nobody is to see. */
const HIDDEN = '...';

/**
 * The configuration as a file that would give it again: all settings, those at their default as comments, what is
 * secret left out.
 */
export function printConfiguration({ settings, origins, labels }: Configuration): string {
  const lines = SETTING_KEYS.map(key => {
    const setting = SETTINGS[key] as Setting<unknown>;
    const { kind, meaning } = setting;
    const value = settings[key];
    const shown = withoutSecret(setting, value);
    const text = shown === undefined ? '' : toml(kind, shown);
    const origin = origins[key];
    const comment = origin === 'default' || shown !== value || value === undefined ? '# ' : '';
    const from = origin === 'default' || origin === 'file' ? '' : ` (${origin})`;
    return `# ${meaning}${from}\n${comment}${key} = ${text}`.trimEnd();
  });
  // tables come last: what follows one would be in it
  for (const [name, said] of labels) {
    const rows = Object.entries(said).map(([key, value]) => {
      const { kind } = LABEL_SETTINGS[key as keyof typeof LABEL_SETTINGS];
      return `${key} = ${toml(kind as Kind<unknown>, value)}`;
    });
    lines.push([`[labels.${JSON.stringify(name)}]`, ...rows].join('\n'));
  }
  return lines.join('\n\n');
}

/** The same as plain data, for programs. */
export function describeConfiguration({ settings, origins, labels }: Configuration): object {
  const shown = SETTING_KEYS.map(key => [key, withoutSecret(SETTINGS[key], settings[key]) ?? null]);
  return { settings: Object.fromEntries(shown), labels: Object.fromEntries(labels), origins };
}

/** One line for each. */
export function printMistakes(mistakes: readonly Mistake[]): string[] {
  return mistakes.map(({ where, key, message }) =>
    where.endsWith(key) ? `${where}: ${message}` : `${where}: ${key}: ${message}`,
  );
}

/** A URL may have a password in it, as that of a proxy has. */
function withoutSecret({ secret }: Setting<unknown>, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (secret) return HIDDEN;
  return typeof value === 'string' ? value.replace(/^(\w+:\/\/[^/@:]*:)[^/@]*@/, `$1${HIDDEN}@`) : value;
}

function toml(kind: Kind<unknown>, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => JSON.stringify(item)).join(', ')}]`;
  if (typeof value === 'boolean') return String(value);
  const text = kind.show?.(value) ?? String(value);
  return /^\d+(\.\d+)?$/.test(text) && !/^0\d/.test(text) ? text : JSON.stringify(text);
}
