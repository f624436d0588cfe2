import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MillraceError } from '../../files.js';
import type { Scenario } from '../../sim/index.js';
import { readByFields } from './field.js';
import { SCENARIO_FIELDS } from './scenario-fields.js';

/** @throws MillraceError ERR_OPTION that names file and place */
export function readScenarioFile(path: string): Scenario {
  return parseScenario(readFileSync(path, 'utf8'), path);
}

/** `path` is named in messages, and files that the scenario names lie beside it. */
export function parseScenario(text: string, path: string): Scenario {
  try {
    return readByFields(JSON.parse(text), { path: '', folder: dirname(path) }, SCENARIO_FIELDS);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
    throw new MillraceError('ERR_OPTION', `${path}: ${error.message}`, { option: 'scenario' });
  }
}
