import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/**
 * The parts of src and what each may import besides itself: a layer imports only lower ones, and those of one layer
 * never each other (docs/architecture.md).
 */
const L0 = ['errors', 'bytes', 'bits', 'ids'];
const L1 = ['kernels', 'protocol'];
const L2 = ['policy'];
const L3 = ['swarm', 'dht'];
const L4 = ['net', 'storage', 'discovery', 'workers'];
const L5 = ['session'];
const CORE = [...L0, ...L1, ...L2, ...L3];

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ...allow(L0, L0),
  // An info-hash is a SHA-1: protocol may use the kernels, never the other way round.
  protocol: [...L0, 'kernels'],
  kernels: L0,
  ...allow(L2, [...L0, ...L1]),
  ...allow(L3, [...L0, ...L1, ...L2]),
  ...allow(L4, [...L0, ...L1, ...L2, 'swarm/ports', 'dht/ports']),
  ...allow(L5, [...CORE, ...L4]),
  sim: CORE,
  tracker: [...L0, ...L1],
  values: ['ids'],
  daemon: ['index', 'files', 'values', 'bits', 'storage', 'policy', 'discovery'],
  cli: ['index', 'files', 'tracker', 'sim', 'values', 'daemon'],
  index: [...CORE, ...L4, ...L5, 'files'],
  files: [...CORE, ...L4, ...L5],
  // The package's entry `millrace/protocol`.
  'protocol.ts': [...L0, ...L1],
};

/** Clocks, dice, timers and everything of Node: arguments and ports bring what the pure layers need of them. */
const IMPURE =
  /\b(Date\.now|Math\.random|new Date|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|process\.|Buffer\b)|['"]node:/;

const TOP_LEVEL = ['.ci', 'assembly', 'bench', 'bin', 'docs', 'examples', 'src', 'test'];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map(path => path.replaceAll('\\', '/'))
  .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .sort();
const code = new Map(files.map(path => [path, withoutComments(readFileSync(join(SRC, path), 'utf8'))]));
const imports = files.flatMap(importsOf);

describe('layers', () => {
  it('has a rule for every part of src', () => {
    expect([...new Set(files.map(partOf))].filter(part => MAY_IMPORT[part] === undefined)).toEqual([]);
  });

  it('imports only lower layers', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [user, used] = [partOf(from), partOf(to)];
      const allowed = MAY_IMPORT[user] ?? [];
      if (user === used || allowed.includes(used)) return false;
      return !(to === `engine/${used}/ports.ts` && allowed.includes(`${used}/ports`));
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('enters tracker and simulator of the command line through their index', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        partOf(from) === 'cli' && ['tracker', 'sim'].includes(partOf(to)) && !to.endsWith('/index.ts'),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle(imports)).toEqual([]);
  });

  it('keeps clocks, dice, timers and Node out of the pure layers and the simulator', () => {
    const pure = files.filter(path => [...CORE, 'sim'].includes(partOf(path)));
    const wrong = pure.flatMap(path =>
      code
        .get(path)!
        .split('\n')
        .flatMap((line, i) => (IMPURE.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the command line', () => {
  /** What is loaded with the module, before it asks for more: files of src and packages. */
  function loadedWith(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen;
    seen.add(path);
    const statements = code
      .get(path)!
      .matchAll(/^(?:import|export) (?!type\b)(?:(?:[\w$*{][^;='"]*)?\bfrom )?'([^']+)'/gm);
    for (const [, specifier] of statements) {
      if (specifier.startsWith('.')) loadedWith(resolveFrom(path, specifier), seen);
      else if (!specifier.startsWith('node:')) seen.add(specifier);
    }
    return seen;
  }

  it('draws with a package that no command loads before it draws', () => {
    const commands = files.filter(path => path.startsWith('cli/commands/'));
    const drawing = commands.filter(path => [...loadedWith(path)].some(name => name.startsWith('echarts')));
    expect(drawing).toEqual([]);
    expect([...loadedWith('cli/charts/index.ts')].some(name => name.startsWith('echarts'))).toBe(true);
  });

  it.each(['main', 'commands/create', 'commands/verify', 'commands/info', 'commands/bound'])(
    'loads with %s no session, and no package but commander',
    command => {
      const loaded = loadedWith(`cli/${command}.ts`);
      expect(loaded).toContain('engine/session/create.ts');
      expect(loaded).not.toContain('engine/session/session.ts');
      expect([...loaded].filter(name => !name.endsWith('.ts') && name !== 'commander')).toEqual([]);
    },
  );
});

it('has the folders of the design at the top level and no others', () => {
  const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== '.git' && !ignored.includes(`${entry.name}/`))
    .map(entry => entry.name);
  expect(folders.filter(name => !TOP_LEVEL.includes(name))).toEqual([]);
});

function allow(parts: readonly string[], targets: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(parts.map(part => [part, targets]));
}

/** `engine/policy/rng.ts` is of `policy`, `engine/errors.ts` of `errors`, `cli/main.ts` of `cli`. */
function partOf(path: string): string {
  if (path === 'protocol.ts') return path;
  const names = path.split('/');
  return (names[0] === 'engine' ? names[1] : names[0]).replace(/\.ts$/, '');
}

function importsOf(from: string): Import[] {
  const text = code.get(from)!;
  const statements = text.matchAll(/\b(?:import|export)\b(?:[^'";]*\bfrom)?\s*\(?\s*['"](\.[^'"]+)['"]/g);
  return [...statements].map(([, specifier]) => ({
    from,
    to: resolveFrom(from, specifier),
  }));
}

function resolveFrom(from: string, specifier: string): string {
  return relative(SRC, join(SRC, dirname(from), specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts');
}

/** Block and line comments blanked, line numbers kept. A `//` inside a string starts no comment. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|[\s;{}(),])\/\/.*$/gm, (comment, before = '') =>
    comment.startsWith('/*') ? comment.replace(/[^\n]/g, '') : before,
  );
}

/** Paths of one cycle, the first again at the end; empty when there is none. */
function findCycle(edges: readonly Import[]): string[] {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const { to } of edges.filter(edge => edge.from === path)) {
      const cycle = visit(to, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const path of files) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function describeImport({ from, to }: Import): string {
  return `${from} -> ${to}`;
}
