import { describe, expect, it } from 'vitest';
import { fromHex, fromUtf8, utf8 } from '../../src/engine/bytes.js';
import { safePath } from '../../src/engine/protocol/safe-path.js';
import { readVectors } from '../lib/vectors.js';

interface Case {
  why?: string;
  elements: string[];
  path: string;
}

const { path_sanitize: data, escape_path_anacrolix: escapes } = readVectors<{
  path_sanitize: {
    elements: Case[];
    force: Case[];
    bytes: { why: string; hex: string; path: string }[];
    truncate: { limit: number };
  };
  escape_path_anacrolix: { cases: { elements: string[] }[] };
}>('path-sanitize.json');

/** libtorrent has two modes: what is left empty is dropped, or becomes `_`. We drop dots and keep a `_` for the rest. */
const OURS: Record<string, string> = {
  '//\\': '_',
};

describe('path sanitising vectors', () => {
  it.each(data.elements)('$why', ({ elements, path }) => {
    expect(safePath(elements).join('/')).toBe(OURS[elements.join()] ?? path);
  });

  // The decoder may see several faults in what the rows take for one broken sequence; each becomes a `_`.
  it.each(data.bytes)('$why', ({ hex, path }) => {
    const [name, ...rest] = safePath([fromHex(hex)]);
    expect(rest).toEqual([]);
    expect(name.replace(/_+/g, '_')).toBe(path);
    expect(fromUtf8(utf8(name))).toBe(name);
  });

  it('long names are cut to 240 bytes before the extension, never inside a character', () => {
    const [name] = safePath([`${'\u4e16'.repeat(200)}.txt`]);
    expect(name).toBe(`${'\u4e16'.repeat(data.truncate.limit / 3)}.txt`);
    expect(safePath([`x${'\u4e16'.repeat(200)}.txt`])).toEqual([`x${'\u4e16'.repeat(79)}.txt`]);
  });

  it.each(escapes.cases)('$elements stays inside', ({ elements }) => {
    for (const name of safePath(elements)) expect(name).not.toMatch(/[/\\]|^\.\.?$/);
  });
});
