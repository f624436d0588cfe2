import { PROFILES, type ProfileName, type ProfileRules, resolveScenario } from '../../sim/index.js';
import type { Kind } from '../../values/kinds.js';
import type { Field } from './field.js';
import { GROUP_FIELDS } from './group-fields.js';
import { DEFAULT_SCENARIO } from './scenario.js';

/** What a field is when nobody says it, as the simulator itself resolves it. */
export function defaultOf(key: string, { kind }: Field<unknown>): string | undefined {
  const resolved = resolveScenario(DEFAULT_SCENARIO);
  if (Object.hasOwn(PROFILES[resolved.profile], key)) return byProfile(key as keyof ProfileRules, kind);
  const [group] = resolved.groups;
  const values: object = Object.hasOwn(GROUP_FIELDS, key) ? group : resolved;
  return kind.show?.((values as Record<string, unknown>)[key]);
}

/** `4`, or where profiles differ, `classic 4, cluster all`. */
function byProfile(key: keyof ProfileRules, kind: Kind<unknown>): string {
  const names = Object.keys(PROFILES) as ProfileName[];
  const texts = names.map(name => kind.show!(PROFILES[name][key]));
  return new Set(texts).size === 1 ? texts[0] : names.map((name, i) => `${name} ${texts[i]}`).join(', ');
}
