import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { benchSetup } from '../../../src/cli/commands/bench.js';

import { loadBench } from './load.js';

const { ENGINES, OWN_PARTS, PARTS, parseOptions } = await loadBench('lib/options.mjs');

describe('command line of the suite', () => {
  it('runs all parts with five samples by default', () => {
    expect(parseOptions([], 'results')).toEqual({
      parts: PARTS,
      quick: false,
      samples: 5,
      engines: ENGINES,
      out: 'results',
      dir: undefined,
      json: false,
      help: false,
    });
  });

  it('takes parts in any order and runs them in its own', () => {
    const options = parseOptions(['wire', '--quick', 'kernels', '--out', 'x', '--dir', '/d'], 'results');
    expect(options).toMatchObject({
      parts: ['kernels', 'wire'],
      quick: true,
      samples: 3,
      out: 'x',
      dir: '/d',
    });
    expect(parseOptions(['--no-report', '--samples', '7'], 'results')).toMatchObject({
      out: undefined,
      samples: 7,
    });
    expect(parseOptions(['--engines', 'Aria2, libtorrent'], 'r').engines).toEqual(['libtorrent', 'aria2']);
  });

  it.each([
    [['kernel'], /no part 'kernel'/],
    [['--samples', '0'], /samples is 0/],
    [['--samples', 'many'], /samples is many/],
    [['--engines', 'vuze'], /no engine 'vuze'/],
    [['--fast'], /--fast/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseOptions(argv, 'r')).toThrow(message);
  });
});

describe('millrace bench', () => {
  it('knows the same parts', () => {
    const sub = new Command().command(benchSetup.usage);
    benchSetup.options(sub);
    expect(sub.registeredArguments[0].argChoices).toEqual([...OWN_PARTS, 'peers']);
  });
});
