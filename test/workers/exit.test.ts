import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

const url = (file: string) => JSON.stringify(new URL(`../../dist/workers/${file}`, import.meta.url).href);

const SCRIPT = `
  import { createArena } from ${url('arena.js')};
  import { createPool } from ${url('pool.js')};
  const arena = createArena({ threads: 2, tablesBytes: 65536, budgetBytes: 1 << 20 });
  const pool = createPool({ arena, workers: 2 });
  const at = arena.slots.allocate(16);
  const answers = await Promise.all([1, 2, 3].map(() => pool.verifyWrite({ at, length: 16, digest: new Uint8Array(20) })));
  console.log(answers.join(), pool.threads.length);
`;

/** Output and exit code of a program that must end by itself; the test's own timeout is the judge. */
async function run(script: string): Promise<{ output: string; code: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let output = '';
  child.stdout.on('data', chunk => (output += chunk));
  child.stderr.on('data', chunk => (output += chunk));
  const [code] = await once(child, 'close');
  return { output, code };
}

describe('a process with a pool', () => {
  it('exits by itself after close', async () => {
    const script = `${SCRIPT}; await pool.close(); console.log('closed', pool.threads.length);`;
    expect(await run(script)).toEqual({ output: 'false,false,false 2\nclosed 0\n', code: 0 });
  });

  it('is not kept alive by idle workers', async () => {
    expect(await run(SCRIPT)).toEqual({ output: 'false,false,false 2\n', code: 0 });
  });

  it('starts threads ahead of the first job when told so, and ends with them', async () => {
    const script = SCRIPT.replace(/const answers.*\n/, 'const answers = []; pool.start(); pool.start();\n');
    expect(await run(`${script}; await pool.close(); console.log('closed', pool.threads.length);`)).toEqual({
      output: ' 0\nclosed 0\n',
      code: 0,
    });
    expect(await run(script)).toEqual({ output: ' 0\n', code: 0 });
  });

  it('starts no thread before the first job', async () => {
    const script = SCRIPT.replace(/const answers.*\n/, 'const answers = [];\n');
    expect(await run(script)).toEqual({ output: ' 0\n', code: 0 });
  });
});
