import { type Command, Option } from 'commander';
import { value } from '../context.js';
import { defaultOf } from './defaults.js';
import { type Field, SECTIONS } from './field.js';
import { GROUP_FIELDS } from './group-fields.js';
import type { Flags } from './scenario.js';
import { SCENARIO_FIELDS } from './scenario-fields.js';

const TABLES = { scenario: SCENARIO_FIELDS, group: GROUP_FIELDS };

/** An option for each field that has a flag, under the headings of the sections. */
export function addFieldOptions(command: Command): void {
  for (const section of SECTIONS) {
    command.optionsGroup(`${section}:`);
    for (const fields of Object.values(TABLES))
      for (const [key, field] of Object.entries<Field<unknown>>(fields))
        if (field.section === section && field.flag !== undefined) addOption(command, key, field, field.flag);
  }
}

function addOption(command: Command, key: string, field: Field<unknown>, flag: string): void {
  const { kind, meaning } = field;
  const standard = defaultOf(key, field);
  const option = new Option(flag, standard === undefined ? meaning : `${meaning} (default: ${standard})`);
  if (option.isBoolean()) {
    command.addOption(option).addOption(new Option(flag.replace('--', '--no-'), 'the contrary'));
  } else command.addOption(option.argParser(value(text => kind.parse(text, '.'))));
}

/** The fields that were given. */
export function readFlags(options: Readonly<Record<string, unknown>>): Flags {
  const given = (fields: Readonly<Record<string, Field<unknown>>>) =>
    Object.entries(fields).flatMap(([key, { flag }]) => {
      const value = flag === undefined ? undefined : options[new Option(flag).attributeName()];
      return value === undefined ? [] : [[key, value]];
    });
  return {
    scenario: Object.fromEntries(given(TABLES.scenario)),
    group: Object.fromEntries(given(TABLES.group)),
  };
}
