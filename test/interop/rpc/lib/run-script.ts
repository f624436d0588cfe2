import { until } from '../../../lib/until.js';
import type { Daemon } from './daemons.js';
import type { RawAnswer } from './rpc-client.js';
import { isRaw, type Step } from './script.js';
import { STATUS } from './torrents.js';

/** Answers by the names of the steps. Paths of the daemon read the same for all. */
export async function runScript(
  daemon: Daemon,
  steps: readonly Step[],
  dir: string,
): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>();
  const ask = async (request: Step[1]) => {
    const answer = isRaw(request) ? facts(await daemon.rpc.raw(request)) : await daemon.rpc.send(request);
    return JSON.stringify(answer).replaceAll(daemon.downloads, '/downloads').replaceAll(dir, '/dir');
  };
  for (const [name, request, awaited = ''] of steps) {
    const text = await until(`${name}: ${awaited}`, async () => {
      const answer = await ask(request);
      return answer.includes(awaited) && answer;
    });
    answers.set(name, JSON.parse(text));
    await calm(daemon);
  }
  return answers;
}

/** What of an answer counts that is no JSON. */
function facts({ status, headers }: RawAnswer): object {
  const type = headers['content-type']?.split(';')[0];
  return { status, type, hasId: headers['x-transmission-session-id'] !== undefined };
}

/** What a step began is done when the next one is asked: nothing is checked, or on its way to a stop. */
async function calm({ rpc, program }: Daemon): Promise<void> {
  const isCalm = async () => {
    const args = { fields: ['status'] };
    const { torrents } = await rpc.call<{ torrents: { status: number }[] }>('torrent-get', args);
    return torrents.every(({ status }) => status === STATUS.stopped);
  };
  await until('calm', isCalm, { explain: () => program.tail() });
}
