import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { parse, TomlError } from 'smol-toml';

/** A configuration file: what each key is set to, in its order. Keys in tables are joined by dots: `labels.films.dir`. */
export interface Document {
  readonly values: ReadonlyMap<string, unknown>;
  /** From 1. */
  lineOf(key: string): number;
}

/** A file that cannot be read as what its name says it is. */
export class SyntaxMistake extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** JSON (comments and trailing commas are fine) by the name `.json`, else TOML. @throws SyntaxMistake */
export function readDocument(text: string, name: string): Document {
  return name.endsWith('.json') ? readJson(text) : readToml(text);
}

function readToml(text: string): Document {
  try {
    return { values: flatten(parse(text)), lineOf: key => tomlLines(text).get(key) ?? 1 };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // the first line of the message; the others quote the file
    throw new SyntaxMistake(error.message.split('\n')[0], error.line);
  }
}

/**
 * Where each key begins. The parser does not tell, but it tells of any beginning of the file what it sets: a key is set by
 * the lines after the longest beginning without it. Only files with mistakes are read so.
 */
function tomlLines(text: string): Map<string, number> {
  const lines = text.split('\n');
  const found = new Map<string, number>();
  for (let start = 0, end = 1; end <= lines.length; end++) {
    const values = tryToml(lines.slice(0, end).join('\n'));
    if (values === undefined) continue; // in the middle of a value
    while (start < end - 1 && /^\s*(#.*)?$/.test(lines[start])) start++;
    for (const key of values.keys()) if (!found.has(key)) found.set(key, start + 1);
    start = end;
  }
  return found;
}

function tryToml(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    return flatten(parse(text));
  } catch {
    return undefined;
  }
}

function flatten(table: object, prefix = '', into = new Map<string, unknown>()): Map<string, unknown> {
  for (const [name, value] of Object.entries(table)) {
    if (Object.getPrototypeOf(value) === null || value?.constructor === Object)
      flatten(value, `${prefix}${name}.`, into);
    else into.set(prefix + name, value);
  }
  return into;
}

function readJson(text: string): Document {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  if (errors.length > 0)
    throw new SyntaxMistake(printParseErrorCode(errors[0].error), lineAt(errors[0].offset));
  if (root?.type !== 'object') throw new SyntaxMistake('the file is not an object', 1);
  const values = new Map<string, unknown>();
  const offsets = new Map<string, number>();
  const visit = (object: Node, prefix: string): void => {
    for (const { children = [], offset } of object.children ?? []) {
      const [name, value] = children;
      const key = prefix + name.value;
      if (value.type === 'object') visit(value, `${key}.`);
      else {
        values.set(key, jsonValue(value));
        offsets.set(key, offset);
      }
    }
  };
  visit(root, '');
  return { values, lineOf: key => lineAt(offsets.get(key) ?? 0) };
}

function jsonValue(node: Node): unknown {
  return node.type === 'array' ? (node.children ?? []).map(jsonValue) : node.value;
}
