import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { missingProgram } from '../interop/clients/installed.js';
import { skipReason } from '../interop/clients/required.js';
import { it } from '../interop/stage-test.js';
import type { Stage } from '../lib/stage.js';
import { answerOf, portOf, runExample, startServer } from './programs.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('counterparts.py', import.meta.url));
const python = { name: 'Python', missing: () => missingProgram(PYTHON, ['--version'], 'python3') };

function runPython(stage: Stage, role: string, ...args: readonly number[]) {
  // UTF-8 whatever the locale of whoever runs the tests.
  return stage.run(PYTHON, [SCRIPT, role, ...args.map(String)], { env: { PYTHONUTF8: '1' } });
}

/** `ΐ` has 2 bytes in UTF-8, its capital 6. */
const GROWS = 'ΐ'.repeat(1024);
const GROWN = '\u0399\u0308\u0301'.repeat(341);

describe.skipIf(skipReason([python]) !== undefined)('the programs of the lecture', () => {
  for (const kind of ['udp', 'tcp'] as const) {
    it(`a ${kind} client in Python, our server`, async ({ stage }) => {
      const { port } = await startServer(stage, kind);
      const ask = (line: string) => answerOf(runPython(stage, `${kind}-client`, port), line);
      expect(await ask('a mill race')).toBe('A MILL RACE');
      expect(await ask('straße, ŉ, ﬁ')).toBe('STRASSE, ʼN, FI');
      // One receive of 2048 bytes must get whole characters, or their decode() raises.
      expect(await ask(`a${GROWS}`)).toBe(`A${GROWN}`);
    });

    it(`our ${kind} client, a server in Python`, async ({ stage }) => {
      const server = runPython(stage, `${kind}-server`);
      const port = portOf(await server.line(/^port \d+$/));
      const ask = (line: string) => answerOf(runExample(stage, `${kind}-client`, '127.0.0.1', port), line);
      expect(await ask('a mill race')).toBe('A MILL RACE');
      expect(await ask('')).toBe('');
      expect(await ask('straße, ŉ, ﬁ')).toBe('STRASSE, ʼN, FI');
      // Longer than their buffer: half a character would end their server.
      expect(await ask(`a${'é'.repeat(2000)}`)).toMatch(/^note: .*\nAÉ{1023}$/);
      expect(await ask('still there')).toBe('STILL THERE');
    });
  }

  it('a udp client in Python gets an answer to nothing', async ({ stage }) => {
    const { port } = await startServer(stage, 'udp');
    expect(await answerOf(runPython(stage, 'udp-client', port), '')).toBe('');
  });

  it('a udp client in Python that sends more than the buffer', async ({ stage }) => {
    const { port } = await startServer(stage, 'udp');
    const answer = await answerOf(runPython(stage, 'udp-client', port), `a${'é'.repeat(2000)}`);
    expect(answer).toBe(`A${'É'.repeat(1023)}`);
  });
});
