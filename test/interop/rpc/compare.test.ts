import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Stage } from '../../lib/stage.js';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import meant from './differences.json' with { type: 'json' };
import { type DaemonKind, ours, reference } from './lib/daemons.js';
import { differences } from './lib/differences.js';
import { runScript } from './lib/run-script.js';
import { script } from './lib/script.js';
import { sample } from './lib/torrents.js';

async function answersOf(stage: Stage, kind: DaemonKind, name: string): Promise<Map<string, unknown>> {
  const [album, single] = [await sample(stage, 'album'), await sample(stage, 'single')];
  const other = await sample(stage, 'album', 2);
  const daemon = await kind.start(stage, { name });
  const dir = stage.path(`${name}-dir`);
  await mkdir(dir);
  return runScript(daemon, script({ album, single, other, dir }), dir);
}

/** `step: difference`, for all steps. */
async function compared(stage: Stage, kind: DaemonKind): Promise<readonly string[]> {
  const wanted = await answersOf(stage, reference, 'first');
  const found = await answersOf(stage, kind, 'second');
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  return [...wanted].flatMap(([step, answer]) =>
    differences(answer, found.get(step)).map(difference => `${step}: ${difference}`),
  );
}

/** `*: ` begins what is so in the answer to any step. */
function covers(listed: string, difference: string): boolean {
  return listed === difference || (listed.startsWith('*: ') && difference.endsWith(listed.slice(1)));
}

describe.skipIf(skipReason([reference]) !== undefined)('answers to a script of requests', () => {
  it('transmission-daemon answers as another transmission-daemon', async ({ stage }) => {
    expect(await compared(stage, reference)).toEqual([]);
  });

  it('millrace answers as transmission-daemon, but for what is meant', async ({ stage }) => {
    const found = await compared(stage, ours);
    const listed = Object.values<readonly string[]>(meant).flat();
    expect({
      unlisted: found.filter(difference => !listed.some(line => covers(line, difference))),
      gone: listed.filter(line => !found.some(difference => covers(line, difference))),
    }).toEqual({ unlisted: [], gone: [] });
  });
});
