import { type Kind, type Place, readFields } from '../../values/kinds.js';

/** Groups of options in the help, in this order. */
export const SECTIONS = ['What is shared', 'Seeds', 'Downloaders', 'Rules', 'Run'] as const;

/** A field of a scenario: what a file says under its name, and a flag of the command line. */
export interface Field<T> {
  readonly section: (typeof SECTIONS)[number];
  readonly kind: Kind<T>;
  readonly meaning: string;
  /** `--name <value>`, or `--name` for yes and `--no-name` for no. None for what only a file can say. */
  readonly flag?: string;
  /** A scenario must say it. */
  readonly needed?: boolean;
}

/** No field of T is missing, and none is there that T has not. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: Field<NonNullable<T[K]>> };

/** Reads an object of exactly such fields. @throws RangeError that says which is unknown, wrong or missing */
export function readByFields<T>(value: unknown, place: Place, fields: FieldsOf<T>): T {
  const rows = Object.entries<Field<unknown>>(fields);
  const read = readFields(value, place, Object.fromEntries(rows.map(([key, { kind }]) => [key, kind])));
  for (const [key, { needed }] of rows)
    if (needed && read[key] === undefined) throw new RangeError(`"${key}" is missing`);
  return read as T;
}
