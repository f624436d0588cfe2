import { describe, expect, it } from 'vitest';
import { readDocument, SyntaxMistake } from '../../../../src/daemon/config/document.js';

const TOML = `# rates
up = "1MB/s"
roots = [
  "/a", # one
  "/b",
]

[labels.films]
dir = "/films"
`;
const JSONC = `{
  // rates
  "up": "1MB/s",
  "roots": [
    "/a",
    "/b",
  ],

  "labels": { "films": {
    "dir": "/films" } }
}`;

it('TOML and JSON say the same, with the line of each key', () => {
  const expected = [
    ['up', '1MB/s'],
    ['roots', ['/a', '/b']],
    ['labels.films.dir', '/films'],
  ] as const;
  for (const [text, name, lines] of [
    [TOML, 'a.toml', [2, 3, 9]],
    [JSONC, 'a.json', [3, 4, 10]],
  ] as const) {
    const document = readDocument(text, name);
    expect([...document.values]).toEqual(expected);
    expect(expected.map(([key]) => document.lineOf(key))).toEqual(lines);
  }
});

it('a key after a value of several lines, and one after a comment, are found where they begin', () => {
  const text = ['note = """', 'up = 1', '"""', '', '# down = 2', 'down = 3', 'a.b = {c = 1}'].join('\n');
  const { values, lineOf } = readDocument(text, 'a.toml');
  expect([...values.keys()].map(key => [key, lineOf(key)])).toEqual([
    ['note', 1],
    ['down', 6],
    ['a.b.c', 7],
  ]);
});

describe('a file that is none', () => {
  it.each([
    ['a.toml', 'up = 1\ndown = = 2', 2],
    ['a.toml', 'up = 1\nup = 2', 2],
    ['a.json', '{\n"up": 1\n"down": 2 }', 3],
    ['a.json', '{ "up": 1', 1],
    ['a.json', '[1]', 1],
    ['a.json', '', 1],
  ])('%s: %j', (name, text, line) => {
    expect(() => readDocument(text, name)).toThrow(SyntaxMistake);
    try {
      readDocument(text, name);
    } catch (error) {
      expect((error as SyntaxMistake).line).toBe(line);
    }
  });
});

it('an empty TOML file says nothing', () => {
  expect(readDocument('', 'a.toml').values.size).toBe(0);
});
